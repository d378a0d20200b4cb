import { expect } from 'chai';
import { type PageRequest, Pages } from '../../src/hub/pages.ts';
import type { Log, Page, ReadRequest } from '../../src/hub/ports.ts';
import { Ring } from '../../src/hub/ring.ts';
import { MemoryLog } from '../../src/log/memory.ts';
import { Deferred } from '../support/deferred.ts';
import { HandClock } from '../support/hand-clock.ts';
import { settled } from '../support/hub-bench.ts';

/** Counts what is read, and may be held up. */
class CountedLog extends MemoryLog implements Log {
  readonly reads: string[] = [];
  gate: Deferred<void> | undefined;
  failing = false;

  override async read(request: ReadRequest): Promise<Page> {
    this.reads.push([...request.rooms.keys()].join());
    await this.gate?.promise;
    if (this.failing) throw new Error('the disk is on fire');
    return super.read(request);
  }

  /** How often the page of these rooms was read. */
  count(rooms: string): number {
    return this.reads.filter((read) => read === rooms).length;
  }
}

describe('Pages', () => {
  let clock: HandClock;
  let log: CountedLog;
  let pages: Pages;
  let start: number;
  let head: number;
  let ring: Ring;
  /** What is published goes to the ring as well. */
  let ringing: boolean;

  beforeEach(async () => {
    clock = new HandClock();
    log = new CountedLog({ clock, messages: 100, age: 3_600_000, bytes: 1e9 });
    ring = new Ring(5, 1_000_000);
    pages = new Pages({ log, clock, ring });
    head = start = await log.start((entries) => {
      head = entries.at(-1)!.n;
      if (ringing) for (const entry of entries) ring.push(entry);
    });
    ringing = false;
    ring.start(Number.POSITIVE_INFINITY);
  });

  const say = async (content: string, ...rooms: string[]) => {
    await log.publish({ class: 'durable', body: { type: 'chat', content, from: 'x', data: null }, rooms });
  };

  const read = (own: string, more: Partial<PageRequest> = {}) => {
    const rooms = new Map(['general', 'x', own].map((room) => [room, 0]));
    return pages.read({ rooms, own, after: start, upTo: head, atLeast: head, limit: 10, ...more });
  };

  const contentsOf = ({ entries }: Page) => entries.map(({ message }) => message.content);

  it('are read once for all who ask for the same, with what each has of its own in its place', async () => {
    await say('1', 'general');
    await say('to ana', '~ana', '~bo');
    await say('2', 'x');
    await say('to bo', '~bo', '~ana');
    await say('to eva', '~eva');
    const got = await Promise.all(['~ana', '~bo', '~eva', '~new'].map((own) => read(own)));
    expect(got.map(contentsOf)).to.deep.equal([
      ['1', 'to ana', '2', 'to bo'],
      ['1', 'to ana', '2', 'to bo'],
      ['1', '2', 'to eva'],
      ['1', '2'],
    ]);
    expect(log.count('general,x')).to.equal(1);
    expect(got[0]!.entries[0]).to.equal(got[3]!.entries[0]);
  });

  it('take one’s own from what was delivered last, where that reaches back so far', async () => {
    ring.start(start);
    ringing = true;
    await say('1', 'general');
    await say('to ana', '~ana', '~bo');
    await say('2', 'x');
    expect(contentsOf(await read('~ana'))).to.deep.equal(['1', 'to ana', '2']);
    expect(contentsOf(await read('~eva'))).to.deep.equal(['1', '2']);
    expect(contentsOf(await read('~bo', { limit: 2 }))).to.deep.equal(['1', 'to ana']);
    expect(log.reads).to.deep.equal(['general,x', 'general,x']);
    for (let i = 0; i < 10; i += 1) await say(`${i}`, '~bo');
    expect(contentsOf(await read('~ana'))).to.deep.equal(['1', 'to ana', '2']);
    // Once to see whether there is anything, once for all of it.
    expect(log.count('~ana')).to.equal(2);
    await read('~new');
    expect(log.count('~new')).to.equal(1);
  });

  it('are kept for a while, and read anew behind it', async () => {
    await say('1', 'general');
    await read('~ana');
    clock.advance(999);
    await read('~bo');
    expect(log.count('general,x')).to.equal(1);
    clock.advance(1);
    await read('~eva');
    expect(log.count('general,x')).to.equal(2);
    clock.advance(1000);
    expect(clock.pending).to.equal(0);
  });

  it('may have been read less far, for whoever can do with it', async () => {
    await say('1', 'general');
    const before = head;
    await read('~ana');
    await say('2', 'general');
    const old = await read('~bo', { atLeast: before });
    expect(old).to.include({ upTo: before, complete: true });
    expect(contentsOf(old)).to.deep.equal(['1']);
    const fresh = await read('~eva');
    expect(fresh.upTo).to.equal(head);
    expect(contentsOf(fresh)).to.deep.equal(['1', '2']);
    expect(log.count('general,x')).to.equal(2);
  });

  it('are the same for those who joined before them, and another for one who joined in their midst', async () => {
    await say('1', 'general');
    const joined = head;
    await say('2', 'general');
    const at = (n: number) =>
      read('~ana', {
        rooms: new Map([
          ['general', n],
          ['~ana', 0],
        ]),
      });
    expect(contentsOf(await at(0))).to.deep.equal(['1', '2']);
    expect(contentsOf(await at(start))).to.deep.equal(['1', '2']);
    expect(log.count('general')).to.equal(1);
    expect(contentsOf(await at(joined))).to.deep.equal(['2']);
    expect(log.count('general')).to.equal(2);
  });

  it('are full where one of the parts is, and hold then nothing from behind its end', async () => {
    for (const i of [1, 2, 3, 4]) {
      await say(`${i}`, 'general');
      await say(`own ${i}`, '~ana');
    }
    for (let limit = 1; limit <= 9; limit += 1) {
      const all = ['1', 'own 1', '2', 'own 2', '3', 'own 3', '4', 'own 4'];
      expect(contentsOf(await read('~ana', { limit }))).to.deep.equal(all.slice(0, limit));
      expect(contentsOf(await read('~new', { limit }))).to.deep.equal(['1', '2', '3', '4'].slice(0, limit));
    }
    for (let i = 5; i < 9; i += 1) await say(`own ${i}`, '~ana');
    expect(contentsOf(await read('~ana', { limit: 6, after: start }))).to.have.length(6);
  });

  it('say that something is no longer there, in the shared part or in one’s own', async () => {
    for (let i = 0; i < 130; i += 1) await say(`${i}`, '~ana');
    await say('1', 'general');
    expect(await read('~ana', { limit: 1000 })).to.deep.include({ complete: false, entries: [] });
    expect(await read('~bo', { limit: 1000 })).to.include({ complete: true });
    for (let i = 0; i < 100; i += 1) await say(`${i}`, 'x');
    expect(await read('~bo', { limit: 1000 })).to.deep.include({ complete: true });
    for (let i = 0; i < 30; i += 1) await say(`${i}`, 'x');
    expect(await read('~bo', { limit: 1000 })).to.deep.include({ complete: false, entries: [] });
  });

  it('that could not be read are read anew by the next one', async () => {
    await say('1', 'general');
    log.failing = true;
    const errors = await Promise.allSettled([read('~ana'), read('~bo')]);
    expect(errors.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    log.failing = false;
    expect(contentsOf(await read('~ana'))).to.deep.equal(['1']);
  });

  it('are read a few at a time', async () => {
    for (let i = 0; i < 20; i += 1) await say(`${i}`, 'general');
    log.gate = new Deferred();
    const reads = Array.from({ length: 12 }, (_, i) => read('~ana', { after: start + i }));
    await settled();
    expect(log.reads).to.have.length(4);
    log.gate.resolve();
    const got = await Promise.all(reads);
    expect(got.map(contentsOf).map(([first]) => first)).to.deep.equal(reads.map((_, i) => `${i}`));
  });

  it('are not kept where they are large, nor more than a few', async () => {
    for (let i = 0; i < 5; i += 1) await say('x'.repeat(1_000_000), 'general');
    for (const own of ['~ana', '~bo']) await read(own);
    expect(log.count('general,x')).to.equal(2);
    await say('end', 'x');
    for (let i = 0; i < 20; i += 1) await read('~ana', { after: head - 1, limit: 100 + i });
    expect(clock.pending).to.equal(20);
    await read('~bo', { after: head - 1, limit: 119 });
    await read('~bo', { after: head - 1, limit: 100 });
    expect(log.count('general,x')).to.equal(23);
  });
});
