import { expect } from 'chai';
import { HandClock } from './hand-clock.ts';

describe('HandClock', () => {
  it('stands still until it is moved', () => {
    const clock = new HandClock(5000);
    expect(clock.now()).to.equal(5000);
    clock.advance(250);
    expect(clock.now()).to.equal(5250);
  });

  it('runs timers in the order they are due, each at its own time', () => {
    const clock = new HandClock(0);
    const ran: string[] = [];
    const note = (name: string) => () => void ran.push(`${name}@${clock.now()}`);
    clock.after(30, note('c'));
    clock.after(10, note('a'));
    clock.every(10, note('tick'));
    clock.after(20, note('b'));
    clock.advance(30);
    expect(ran).to.deep.equal(['a@10', 'tick@10', 'b@20', 'tick@20', 'c@30', 'tick@30']);
  });

  it('runs what a timer sets within the time moved over', () => {
    const clock = new HandClock(0);
    const ran: number[] = [];
    clock.after(10, () => clock.after(10, () => ran.push(clock.now())));
    clock.advance(19);
    expect(ran).to.deep.equal([]);
    clock.advance(1);
    expect(ran).to.deep.equal([20]);
  });

  it('cancels a timer, also from within its own task and from within another', () => {
    const clock = new HandClock(0);
    const ran: string[] = [];
    const stop = clock.every(10, () => {
      ran.push('once');
      stop();
    });
    const never = clock.after(20, () => ran.push('never'));
    clock.after(15, never);
    clock.advance(100);
    expect(ran).to.deep.equal(['once']);
    expect(clock.pending).to.equal(0);
  });

  it('is set like a clock on a wall: timers keep the time they have left', () => {
    const clock = new HandClock(100_000);
    let ran = 0;
    clock.after(1000, () => {
      ran += 1;
    });
    clock.set(50_000);
    expect([clock.now(), ran]).to.deep.equal([50_000, 0]);
    clock.advance(999);
    expect(ran).to.equal(0);
    clock.advance(1);
    expect(ran).to.equal(1);
  });
});
