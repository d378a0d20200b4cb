import { expect } from 'chai';
import { Window } from '../../src/hub/window.ts';
import { HandClock } from '../support/hand-clock.ts';
import { settled } from '../support/hub-bench.ts';

const LENGTH = 50;
const ALLOWANCE = 10;

describe('Window', () => {
  let clock: HandClock;
  let window: Window<number>;
  let released: number[][];

  const open = (length: number) => {
    clock = new HandClock();
    released = [];
    const release = (items: number[]) => void released.push(items);
    // An item is what it costs.
    window = new Window({ clock, length, allowance: ALLOWANCE, costOf: (item) => item, release });
  };

  beforeEach(() => open(LENGTH));

  /** Pushes items, each in a turn of its own. */
  const pass = async (...items: number[]) => {
    for (const item of items) {
      window.push(item);
      await settled();
    }
  };

  it('releases at once while the allowance lasts, without a timer', async () => {
    await pass(4, 4, 1);
    expect(released).to.deep.equal([[4], [4], [1]]);
    expect(clock.pending).to.equal(0);
  });

  it('releases nothing within the push', () => {
    window.push(1);
    expect(released).to.be.empty;
  });

  it('releases together what comes in the same turn', async () => {
    for (const item of [3, 1, 2]) window.push(item);
    await settled();
    expect(released).to.deep.equal([[3, 1, 2]]);
  });

  it('gathers once the allowance is used up, until the window is over, and keeps the order', async () => {
    await pass(4, 6, 2, 1, 3);
    expect(released).to.deep.equal([[4], [6]]);
    expect(clock.pending).to.equal(1);
    clock.advance(LENGTH - 1);
    expect(released).to.have.length(2);
    clock.advance(1);
    expect(released).to.deep.equal([[4], [6], [2, 1, 3]]);
    expect(clock.pending).to.equal(0);
  });

  it('counts what it releases together: much of it leaves nothing of the next allowance', async () => {
    await pass(10, 5, 5);
    clock.advance(LENGTH);
    await pass(1);
    expect(released).to.deep.equal([[10], [5, 5]]);
    clock.advance(LENGTH);
    expect(released).to.deep.equal([[10], [5, 5], [1]]);
  });

  it('is free again in the next window', async () => {
    await pass(10);
    clock.advance(LENGTH);
    await pass(9, 1, 1);
    expect(released).to.deep.equal([[10], [9], [1]]);
  });

  it('opens with the first release, not at a beat', async () => {
    clock.advance(LENGTH - 1);
    await pass(10);
    clock.advance(LENGTH - 1);
    await pass(1);
    expect(released).to.deep.equal([[10]]);
    clock.advance(1);
    expect(released).to.deep.equal([[10], [1]]);
  });

  it('waits only for what is left of the window', async () => {
    await pass(10);
    clock.advance(LENGTH - 10);
    await pass(1);
    clock.advance(9);
    expect(released).to.have.length(1);
    clock.advance(1);
    expect(released).to.have.length(2);
  });

  it('lets one that is dear through at once, and then gathers', async () => {
    await pass(1000, 1);
    expect(released).to.deep.equal([[1000]]);
  });

  it('takes what costs nothing at once, as long as there is an allowance', async () => {
    await pass(0, 0, 10, 0);
    expect(released).to.deep.equal([[0], [0], [10]]);
  });

  it('is flushed early where something else must come after it', async () => {
    await pass(10, 1, 2);
    window.flush();
    expect(released).to.deep.equal([[10], [1, 2]]);
    await pass(3);
    expect(released).to.have.length(2);
    clock.advance(LENGTH);
    expect(released).to.deep.equal([[10], [1, 2], [3]]);
    expect(clock.pending).to.equal(0);
  });

  it('releases nothing twice, and nothing where there is nothing', async () => {
    window.flush();
    window.push(1);
    window.flush();
    await settled();
    window.flush();
    expect(released).to.deep.equal([[1]]);
  });

  it('keeps what is pushed in the midst of a release for the next one', async () => {
    const later = new Window<number>({
      clock,
      length: LENGTH,
      allowance: ALLOWANCE,
      costOf: () => 1,
      release: (items) => {
        released.push(items);
        if (released.length === 1) later.push(2);
      },
    });
    later.push(1);
    await settled();
    expect(released).to.deep.equal([[1], [2]]);
  });

  it('gathers nothing where its length is 0', async () => {
    open(0);
    await pass(1000, 1000, 1);
    expect(released).to.deep.equal([[1000], [1000], [1]]);
    expect(clock.pending).to.equal(0);
  });

  it('makes nobody wait longer than its length when the clock is set back', async () => {
    await pass(10);
    clock.set(clock.now() - 3_600_000);
    await pass(1);
    clock.advance(LENGTH);
    expect(released).to.deep.equal([[10], [1]]);
    await pass(2);
    expect(released).to.deep.equal([[10], [1], [2]]);
  });

  it('goes on when the clock is set back by less than its length', async () => {
    await pass(10);
    clock.set(clock.now() - LENGTH / 2);
    await pass(1);
    clock.advance(LENGTH);
    expect(released).to.deep.equal([[10], [1]]);
    clock.advance(LENGTH);
    await pass(2, 3);
    expect(released).to.deep.equal([[10], [1], [2], [3]]);
  });

  it('is free when the clock is set forward', async () => {
    await pass(10);
    clock.set(clock.now() + 3_600_000);
    await pass(1);
    expect(released).to.deep.equal([[10], [1]]);
  });
});
