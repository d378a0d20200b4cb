import { expect } from 'chai';
import type { Message } from '../support/messages.ts';

/** As much of the pages' counter as the cases use: the pages are JavaScript. */
interface Tally {
  received: number;
  replayed: number;
  duplicated: number;
  lost: number;
  outOfOrder: number;
  rooms: [string, string][];
  take(message: Message): void;
  enter(room: string, id: string): void;
  leave(room: string): void;
  welcome(list: { recovered?: boolean; replayed?: number; reason?: string }): void;
  compare(room: string, stored: Message[], position: string): void;
}

const { Tally } = (await import(new URL('../../web/pane/tally.js', import.meta.url).href)) as {
  Tally: { new (): Tally; from(saved: unknown): Tally };
};

const START = 100;

describe('the tally of the test client', () => {
  let tally: Tally;

  beforeEach(() => {
    tally = new Tally();
    tally.enter('general', `${idOf(START)}.1`);
  });

  describe('of messages that their sender numbers', () => {
    it('counts what comes in order as received, and nothing else', () => {
      hear([1, 2, 3, 4]);
      expect(counts()).to.deep.equal({ received: 4, replayed: 0, duplicated: 0, lost: 0, outOfOrder: 0 });
    });

    it('counts each number of a gap as lost', () => {
      hear([1, 2, 6]);
      expect(counts()).to.include({ received: 3, lost: 3, duplicated: 0, outOfOrder: 0 });
    });

    it('counts a repeated number as duplicated, be it under another id', () => {
      hear([1, 2]);
      tally.take(numbered(2, START + 3));
      expect(counts()).to.include({ received: 3, lost: 0, duplicated: 1, outOfOrder: 0 });
    });

    it('counts one that comes behind a later one as out of order, and as lost only until then', () => {
      hear([1, 3]);
      expect(counts()).to.include({ lost: 1, outOfOrder: 0 });
      tally.take(numbered(2, START + 9));
      expect(counts()).to.include({ received: 3, lost: 0, duplicated: 0, outOfOrder: 1 });
      tally.take(numbered(4, START + 10));
      expect(counts()).to.include({ received: 4, lost: 0, duplicated: 0, outOfOrder: 1 });
    });

    it('keeps the senders apart', () => {
      hear([1, 2], 'a');
      tally.take(numbered(1, START + 3, 'b'));
      tally.take(numbered(3, START + 4, 'a'));
      tally.take(numbered(3, START + 5, 'b'));
      expect(counts()).to.include({ received: 5, lost: 1, duplicated: 0, outOfOrder: 0 });
    });

    it('of a series that it comes into it misses nothing from before, until the server says so', () => {
      hear([4, 5]);
      expect(tally.lost).to.equal(0);
      tally.compare('general', [numbered(3, START + 3), numbered(4, START + 4)], idOf(START + 5));
      expect(tally.lost).to.equal(1);
    });

    it('of a room that was left and joined again it does not miss what was said in between', () => {
      tally.take({ ...numbered(1, START + 1), room: 'tea' });
      tally.leave('tea');
      tally.take({ ...numbered(9, START + 9), room: 'tea' });
      expect(tally.lost).to.equal(0);
    });

    it('takes other data for what it is', () => {
      const odd = [null, 7, 'run', [1], { run: 'r' }, { run: 'r', n: 0, of: 3 }, { run: 'r', n: 4, of: 3 }];
      const odder = [
        { run: 1, n: 1, of: 1 },
        { run: 'r', n: 1.5, of: 3 },
        { run: 'r', n: 1e15, of: 1e15 },
      ];
      for (const [i, data] of [...odd, ...odder].entries()) tally.take({ ...chat(START + 1 + i), data });
      expect(counts()).to.include({ received: 10, duplicated: 0, lost: 0, outOfOrder: 0 });
    });
  });

  describe('of any messages', () => {
    it('counts an id that comes again as duplicated', () => {
      for (const n of [1, 2, 1]) tally.take(chat(START + n));
      expect(counts()).to.include({ received: 3, duplicated: 1, outOfOrder: 0 });
    });

    it('counts an id with a lower number as out of order', () => {
      for (const n of [2, 1, 3]) tally.take(chat(START + n));
      expect(counts()).to.include({ received: 3, duplicated: 0, outOfOrder: 1 });
    });

    it('compares numbers, not texts', () => {
      for (const n of [9, 10, 99, 100]) tally.take(chat(n));
      expect(tally.outOfOrder).to.equal(0);
    });

    it('leaves out what may be missed', () => {
      for (const type of ['user_joined', 'user_left', 'user_list', 'ack', 'error', 'heartbeat', 'move'])
        tally.take({ ...chat(START + 1), type });
      expect(tally.received).to.equal(0);
    });
  });

  describe('compared with what the server has stored', () => {
    it('counts as lost what is stored and has not come', () => {
      for (const n of [1, 3]) tally.take(chat(START + n));
      tally.compare('general', [1, 2, 3].map(stored), idOf(START + 3));
      expect(tally.lost).to.equal(1);
    });

    it('counts what comes after all as late instead', () => {
      tally.take(chat(START + 2));
      tally.compare('general', [1, 2].map(stored), idOf(START + 2));
      tally.take(chat(START + 1));
      expect(counts()).to.include({ received: 2, lost: 0, outOfOrder: 1 });
    });

    it('counts what both witnesses miss once', () => {
      hear([1, 3]);
      tally.compare(
        'general',
        [1, 2, 3].map((n) => numbered(n, START + n)),
        idOf(START + 3),
      );
      expect(tally.lost).to.equal(1);
    });

    it('does not miss what is still on its way', () => {
      tally.take(chat(START + 1));
      tally.compare('general', [1, 2].map(stored), `${idOf(START + 1)}.7`);
      expect(tally.lost).to.equal(0);
    });

    it('goes on from where it was compared last', () => {
      tally.take(chat(START + 1));
      tally.compare('general', [1, 2].map(stored), idOf(START + 1));
      expect(tally.rooms).to.deep.equal([['general', idOf(START + 1)]]);
    });

    it('begins where the room was entered, and a list that comes again changes nothing', () => {
      tally.enter('tea', `${idOf(START + 5)}.1`);
      tally.enter('tea', `${idOf(START + 9)}.1`);
      expect(tally.rooms.find(([room]) => room === 'tea')).to.deep.equal(['tea', `${idOf(START + 5)}.1`]);
    });

    it('begins again with a server whose numbers are lower', () => {
      tally.enter('general', `${idOf(3)}.1`);
      expect(tally.rooms).to.deep.equal([['general', `${idOf(3)}.1`]]);
    });
  });

  describe('of one that comes back', () => {
    it('counts what the server has replayed', () => {
      tally.welcome({ recovered: true, replayed: 3 });
      tally.welcome({ recovered: true, replayed: 2 });
      tally.welcome({});
      expect(tally.replayed).to.equal(5);
    });

    it('takes what comes after a gap that was declared as a new order', () => {
      tally.take(chat(START));
      tally.welcome({ recovered: false, reason: 'unknown' });
      for (const n of [1, 2]) tally.take(chat(n));
      expect(counts()).to.include({ replayed: 0, outOfOrder: 0 });
    });

    it('goes on in the next page with all that it knows', () => {
      hear([1, 2, 4]);
      tally.take(chat(START + 5));
      tally.welcome({ recovered: true, replayed: 2 });
      const before = counts();
      tally = Tally.from(JSON.parse(JSON.stringify(tally)));
      expect(counts()).to.deep.equal(before);
      expect(tally.rooms).to.deep.equal([['general', `${idOf(START)}.1`]]);
      tally.take(chat(START + 5));
      tally.take(numbered(2, START + 6));
      tally.take(numbered(3, START + 7));
      tally.take(numbered(6, START + 8));
      expect(counts()).to.deep.equal({ received: 8, replayed: 2, duplicated: 2, lost: 1, outOfOrder: 1 });
    });
  });

  it('remembers no more than it may, and does not miss what it has forgotten', () => {
    for (let n = 1; n <= 25_000; n += 1) tally.take(chat(START + n));
    tally.compare('general', [1, 2, 24_999].map(stored), idOf(START + 25_000));
    expect(tally.lost).to.equal(0);
    const saved = JSON.parse(JSON.stringify(tally)) as { seen: unknown[] };
    expect(saved.seen.length).to.equal(2000);
    tally = Tally.from(saved);
    tally.compare('general', [20_000, 24_999].map(stored), idOf(START + 25_000));
    expect(tally.lost).to.equal(0);
  });

  function hear(numbers: number[], run = 'a'): void {
    for (const n of numbers) tally.take(numbered(n, START + n, run));
  }

  function counts(): Record<string, number> {
    const { received, replayed, duplicated, lost, outOfOrder } = tally;
    return { received, replayed, duplicated, lost, outOfOrder };
  }
});

function idOf(n: number): string {
  return `20231107132000-${n}`;
}

function chat(n: number): Message {
  return { type: 'chat', content: 'Hola', from: 'Ana', timestamp: 1699363200, id: idOf(n), data: null };
}

function stored(n: number): Message {
  return chat(START + n);
}

function numbered(number: number, n: number, run = 'a'): Message {
  return { ...chat(n), data: { run, n: number, of: 100 } };
}
