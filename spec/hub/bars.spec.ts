import { expect } from 'chai';
import { Bars } from '../../src/hub/bars.ts';
import { HandClock } from '../support/hand-clock.ts';
import { expectRefusal, refusalOf } from '../support/refusals.ts';

describe('Bars', () => {
  let clock: HandClock;
  let bars: Bars;

  beforeEach(() => {
    clock = new HandClock();
    bars = new Bars(clock);
  });

  it('hold for their time, and the newest word counts', () => {
    const start = clock.now();
    expect(bars.set('ana', 60)).to.equal(start + 60_000);
    clock.advance(30_000);
    expect(bars.set('ana', 60)).to.equal(start + 90_000);
    clock.advance(59_999);
    expect(bars.has('ana')).to.equal(true);
    clock.advance(1);
    expect(bars.has('ana')).to.equal(false);
    expect(bars.lift('ana')).to.equal(false);
  });

  it('can be lifted, and concern nobody else', () => {
    bars.set('ana', 60);
    expect([bars.has('bo'), bars.lift('bo')]).to.deep.equal([false, false]);
    expect([bars.lift('ana'), bars.has('ana'), bars.lift('ana')]).to.deep.equal([true, false, false]);
  });

  it('are bounded: those whose time is up make room, and nobody is let in for want of it', () => {
    for (let i = 0; i < 10_000; i += 1) bars.set(`user-${i}`, i === 0 ? 1 : 60);
    expectRefusal(
      refusalOf(() => bars.set('ana', 60)),
      'over_capacity',
      'bars',
    );
    bars.set('user-1', 120);
    clock.advance(1000);
    bars.set('ana', 60);
    expect([bars.has('ana'), bars.has('user-0'), bars.has('user-9999')]).to.deep.equal([true, false, true]);
    expectRefusal(
      refusalOf(() => bars.set('bo', 60)),
      'over_capacity',
      'bars',
    );
  });
});
