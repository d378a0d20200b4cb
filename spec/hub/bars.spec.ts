import { expect } from 'chai';
import { Bars } from '../../src/hub/bars.ts';
import type { Draft } from '../../src/hub/ports.ts';
import { toEntry } from '../../src/log/entry.ts';
import { HandClock } from '../support/hand-clock.ts';
import { expectRefusal, refusalOf } from '../support/refusals.ts';

describe('Bars', () => {
  let clock: HandClock;
  let bars: Bars;

  beforeEach(() => {
    clock = new HandClock();
    bars = new Bars(clock);
  });

  const say = (draft: Draft) => {
    const entry = toEntry(draft, { n: 1, id: '20231107132000-1', timestamp: 1_699_363_200 });
    expect(Bars.areIn(entry)).to.equal(true);
    expect(Bars.rooms()).to.include(draft.rooms[0]);
    return bars.hear(entry);
  };
  const bar = (userId: string, seconds: number) => say(bars.draft(userId, clock.now() + seconds * 1000));

  it('hold for their time, and the newest word counts', () => {
    bar('ana', 60);
    clock.advance(30_000);
    bar('ana', 60);
    clock.advance(59_999);
    expect(bars.has('ana')).to.equal(true);
    clock.advance(1);
    expect(bars.has('ana')).to.equal(false);
  });

  it('can be lifted, and concern nobody else', () => {
    bar('ana', 60);
    expect(bars.has('bo')).to.equal(false);
    say(bars.pardon('bo'));
    expect(bars.has('ana')).to.equal(true);
    say(bars.pardon('ana'));
    expect(bars.has('ana')).to.equal(false);
  });

  it('hold only once they have their place in the order', () => {
    const draft = bars.draft('ana', clock.now() + 60_000);
    expect(bars.has('ana')).to.equal(false);
    say(draft);
    expect(bars.has('ana')).to.equal(true);
  });

  it('are the states of their users, in rooms that no user has and that hold few enough', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 10_000; i += 1) {
      const { key, rooms, class: kind } = bars.draft(`user-${i}`, 1);
      expect([key, kind, rooms.length]).to.deep.equal([`user-${i}`, 'state', 1]);
      counts.set(rooms[0]!, (counts.get(rooms[0]!) ?? 0) + 1);
    }
    expect(Math.max(...counts.values())).to.be.below(1000);
  });

  it('are bounded: those whose time is up make room, and nobody is let in for want of it', () => {
    for (let i = 0; i < 10_000; i += 1) bar(`user-${i}`, i === 0 ? 1 : 60);
    expectRefusal(
      refusalOf(() => bar('ana', 60)),
      'over_capacity',
      'bars',
    );
    bar('user-1', 120);
    clock.advance(1000);
    bar('ana', 60);
    expect([bars.has('ana'), bars.has('user-0'), bars.has('user-9999')]).to.deep.equal([true, false, true]);
    expectRefusal(
      refusalOf(() => bar('bo', 60)),
      'over_capacity',
      'bars',
    );
  });
});
