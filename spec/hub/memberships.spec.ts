import { expect } from 'chai';
import { Memberships } from '../../src/hub/memberships.ts';
import { DEFAULT_ROOM } from '../../src/protocol/message.ts';

describe('Memberships', () => {
  let rooms: Memberships;

  beforeEach(() => {
    rooms = new Memberships();
    rooms.hear('a', 10);
    rooms.unhear('a', 20);
    rooms.hear('a', 30);
  });

  for (const [first, last, hears] of [
    [10, 10, false],
    [11, 20, true],
    [10, 20, false],
    [11, 21, false],
    [15, 35, false],
    [25, 25, false],
    [31, 1000, true],
  ] as const) {
    it(`${hears ? 'hear' : 'do not hear'} all from ${first} to ${last} of a room that was left in between`, () => {
      expect(rooms.hearsAll('a', first, last)).to.equal(hears);
    });
  }

  it('hear of the default room what comes after the place at which they came', () => {
    expect(rooms.hearsAll(DEFAULT_ROOM, 11, 12)).to.equal(false);
    rooms.hear(DEFAULT_ROOM, 10);
    expect(rooms.hearsAll(DEFAULT_ROOM, 10, 12)).to.equal(false);
    expect(rooms.hearsAll(DEFAULT_ROOM, 11, 12)).to.equal(true);
  });

  it('hear nothing of a room that they were never in', () => {
    expect(rooms.hearsAll('b', 1, 2)).to.equal(false);
  });
});
