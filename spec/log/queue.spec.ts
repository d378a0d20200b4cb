import { expect } from 'chai';
import { Queue } from '../../src/log/queue.ts';

describe('Queue', () => {
  it('gives what came first, first, and nothing where it is empty', () => {
    const queue = new Queue<string>();
    expect(queue.first).to.equal(undefined);
    queue.push('a');
    queue.push('b');
    expect([queue.first, queue.first]).to.deep.equal(['a', 'a']);
    queue.shift();
    expect(queue.first).to.equal('b');
    queue.shift();
    expect(queue.first).to.equal(undefined);
  });

  it('keeps the order over any coming and going', () => {
    const queue = new Queue<number>();
    let [pushed, shifted] = [0, 0];
    for (let round = 0; round < 300; round += 1) {
      for (let i = 0; i < 25; i += 1) queue.push(pushed++);
      for (let i = 0; i < (round % 2 ? 40 : 10); i += 1) {
        expect(queue.first).to.equal(shifted);
        queue.shift();
        shifted += 1;
      }
    }
    expect(shifted).to.equal(pushed);
    expect(queue.first).to.equal(undefined);
  });
});
