import { expect } from 'chai';
import { type Gatherer, Pacer } from '../../src/transport/pacer.ts';
import { HandLoop } from '../support/hand-loop.ts';

describe('Pacer', () => {
  let loop: HandLoop;
  let pacer: Pacer;
  /** When who was flushed. */
  let flushes: string[];

  beforeEach(() => {
    loop = new HandLoop();
    pacer = new Pacer(loop);
    flushes = [];
  });

  /** A gatherer whose every flush finds so many messages and takes so many milliseconds. */
  const gatherer = (messages: number, cost = 0, name = 'a', meanwhile = () => {}): Gatherer => ({
    flush: () => {
      flushes.push(`${name} at ${loop.time}`);
      meanwhile();
      loop.time += cost;
      return messages;
    },
  });

  it('flushes when the turn ends, once, however often it was asked', () => {
    const a = gatherer(3);
    for (let i = 0; i < 3; i += 1) pacer.request(a);
    expect(flushes).to.be.empty;
    expect(loop.pending).to.equal(1);
    loop.endTurn();
    loop.endTurn();
    expect(flushes).to.deep.equal(['a at 1000']);
    expect(loop.pending).to.equal(0);
  });

  it('flushes nobody who has not asked again', () => {
    const [a, b] = [gatherer(1, 0, 'a'), gatherer(1, 0, 'b')];
    pacer.request(a);
    loop.endTurn();
    pacer.request(b);
    loop.endTurn();
    expect(flushes).to.deep.equal(['a at 1000', 'b at 1000']);
  });

  it('flushes all who have asked together, in the order of their first asking', () => {
    const [a, b] = [gatherer(5, 20, 'a'), gatherer(1, 20, 'b')];
    for (const next of [b, a, b]) pacer.request(next);
    loop.endTurn();
    expect(flushes).to.deep.equal(['b at 1000', 'a at 1020']);
  });

  it('goes on at once after a flush of one message, however long that took', () => {
    const a = gatherer(1, 500);
    for (let i = 0; i < 3; i += 1) {
      pacer.request(a);
      loop.endTurn();
    }
    expect(flushes).to.deep.equal(['a at 1000', 'a at 1500', 'a at 2000']);
  });

  it('takes the same message at both doors for one', () => {
    const [a, b] = [gatherer(1, 20, 'a'), gatherer(1, 20, 'b')];
    for (let i = 0; i < 2; i += 1) {
      for (const next of [a, b]) pacer.request(next);
      loop.endTurn();
    }
    expect(flushes).to.deep.equal(['a at 1000', 'b at 1020', 'a at 1040', 'b at 1060']);
  });

  it('rests as long as a flush of several messages took', () => {
    const a = gatherer(2, 20);
    pacer.request(a);
    loop.endTurn();
    loop.time += 5;
    pacer.request(a);
    loop.endTurn();
    loop.advance(14);
    expect(flushes).to.deep.equal(['a at 1000']);
    loop.advance(1);
    expect(flushes).to.deep.equal(['a at 1000', 'a at 1040']);
  });

  it('rests for all, after what all took together', () => {
    const [a, b] = [gatherer(2, 20, 'a'), gatherer(1, 10, 'b')];
    for (const next of [a, b]) pacer.request(next);
    loop.endTurn();
    pacer.request(b);
    loop.advance(29);
    expect(flushes).to.have.length(2);
    loop.advance(1);
    expect(flushes.at(-1)).to.equal('b at 1060');
  });

  it('gathers whoever asks during the rest for one flush', () => {
    const [a, b] = [gatherer(2, 20, 'a'), gatherer(2, 0, 'b')];
    pacer.request(a);
    loop.endTurn();
    for (const next of [b, a, b]) {
      pacer.request(next);
      loop.advance(5);
    }
    expect(loop.pending).to.equal(1);
    loop.advance(5);
    expect(flushes).to.deep.equal(['a at 1000', 'b at 1040', 'a at 1040']);
    expect(loop.pending).to.equal(0);
  });

  it('rests 50 ms at most', () => {
    const a = gatherer(1000, 3000);
    pacer.request(a);
    loop.endTurn();
    pacer.request(a);
    loop.advance(49);
    expect(flushes).to.have.length(1);
    loop.advance(1);
    expect(flushes.at(-1)).to.equal('a at 4050');
  });

  it('does not rest where the time is over already, or nearly', () => {
    const a = gatherer(2, 20);
    for (const idle of [20, 19.5, 1000]) {
      pacer.request(a);
      loop.endTurn();
      loop.time += idle;
    }
    expect(flushes).to.deep.equal(['a at 1000', 'a at 1040', 'a at 1079.5']);
  });

  it('forgets the load after a flush of one message', () => {
    const [busy, idle] = [gatherer(2, 20, 'busy'), gatherer(1, 5, 'idle')];
    pacer.request(busy);
    loop.endTurn();
    pacer.request(idle);
    loop.advance(20);
    pacer.request(idle);
    loop.endTurn();
    expect(flushes).to.deep.equal(['busy at 1000', 'idle at 1040', 'idle at 1045']);
  });

  it('does not take a flush that found nothing for load', () => {
    const a = gatherer(0, 20);
    for (let i = 0; i < 2; i += 1) {
      pacer.request(a);
      loop.endTurn();
    }
    expect(flushes).to.have.length(2);
  });

  it('keeps what is asked in the midst of a flush for the next one', () => {
    const b = gatherer(1, 0, 'b');
    const a = gatherer(1, 0, 'a', () => {
      if (flushes.length > 1) return;
      pacer.request(a);
      pacer.request(b);
    });
    pacer.request(a);
    pacer.request(b);
    loop.endTurn();
    expect(flushes).to.deep.equal(['a at 1000', 'b at 1000']);
    loop.endTurn();
    expect(flushes.slice(2)).to.deep.equal(['a at 1000', 'b at 1000']);
    expect(loop.pending).to.equal(0);
  });

  it('rests after a flush also for what is asked in its midst', () => {
    const b = gatherer(1, 0, 'b');
    const a = gatherer(2, 20, 'a', () => pacer.request(b));
    pacer.request(a);
    loop.endTurn();
    loop.endTurn();
    loop.advance(19);
    expect(flushes).to.deep.equal(['a at 1000']);
    loop.advance(1);
    expect(flushes.at(-1)).to.equal('b at 1040');
  });

  it('has turns of Node’s own where none are given', async () => {
    const real = new Pacer();
    const a = gatherer(1);
    real.request(a);
    await Promise.resolve();
    expect(flushes).to.be.empty;
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(flushes).to.have.length(1);
  });
});
