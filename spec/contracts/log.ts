import { expect } from 'chai';
import type { Draft, Entry, HistoryRequest, Log, Receipt, SessionRecord } from '../../src/hub/ports.ts';
import { Refusal } from '../../src/protocol/errors.ts';
import type { MessageId } from '../../src/protocol/id.ts';
import type { HandClock } from '../support/hand-clock.ts';
import { parseId } from '../support/ids.ts';

export interface LogBench {
  log: Log;
  clock: HandClock;
  /** Keeps this many messages per room at least, and a bounded number in all. */
  kept: number;
  /** Milliseconds that messages and closed sessions are kept. */
  age: number;
}

const DAY = 24 * 3600 * 1000;

/** What every log promises, whatever it is made of. */
export function logContract(name: string, create: () => Promise<LogBench>): void {
  describe(`${name}, as a log`, () => {
    let log: Log;
    let clock: HandClock;
    let kept: number;
    let age: number;
    let delivered: Entry[];
    /** The last N that was given before a test. */
    let first: number;
    let round = 0;

    // One log for all, as in life: each test has rooms and users of its own.
    before(async () => {
      ({ log, clock, kept, age } = await create());
      await log.start((entries) => delivered.push(...entries));
    });

    beforeEach(async () => {
      round += 1;
      delivered = [];
      ({ n: first } = await log.publish(chat('the test begins', ['elsewhere'])));
      delivered = [];
    });

    after(() => log.close());

    /** The room, or the user, of this name in this test. */
    const own = (name: string) => `${name}-${round}`;
    const chatIn = (content: string, ...rooms: string[]) => chat(content, rooms.map(own));
    const publishAll = (drafts: Draft[]) => Promise.all(drafts.map((draft) => log.publish(draft)));
    const fill = (room: string, count: number) =>
      publishAll(Array.from({ length: count }, (_, i) => chatIn(`${i + 1}`, room)));
    const numbers = () => delivered.map(({ n }) => n - first);
    const contents = () => words(delivered);

    /** Reads rooms from a place on; places count from the beginning of the test. */
    const read = (rooms: string[], { after = 0, upTo = 100_000, limit = 1000 } = {}) =>
      log.read({
        rooms: new Map(rooms.map((room) => [own(room), 0])),
        after: first + after,
        upTo: first + upTo,
        limit,
      });

    describe('publish', () => {
      it('gives N from one sequence over all rooms and classes', async () => {
        const drafts = [chatIn('1', 'a'), chatIn('2', 'b'), presence(own('a')), state('k', '3', own('a'))];
        const receipts = await publishAll(drafts);
        expect(receipts.map(({ n }) => n - first)).to.deep.equal([1, 2, 3, 4]);
      });

      it('hands out in the order of N, everything once', async () => {
        await publishAll(Array.from({ length: 2500 }, (_, i) => chatIn(`${i + 1}`, `room${i % 7}`)));
        const expected = Array.from({ length: 2500 }, (_, i) => i + 1);
        expect(numbers()).to.deep.equal(expected);
        expect(contents()).to.deep.equal(expected.map(String));
      });

      it('does not deliver before it has returned', async () => {
        const pending = log.publish(chatIn('later', 'a'));
        expect(delivered).to.be.empty;
        await pending;
      });

      it('resolves when the message has been handed out', async () => {
        const { n } = await log.publish(chatIn('now', 'a'));
        expect(delivered.map((entry) => entry.n)).to.deep.equal([n]);
      });

      it('stamps the id that its receipt names', async () => {
        const receipt = await log.publish(chatIn('x', 'a'));
        const { message } = delivered[0]!;
        expect(message.id)
          .to.equal(receipt.id)
          .and.to.match(new RegExp(`^\\d{14}-${receipt.n}$`));
        expect(message.timestamp).to.equal(receipt.timestamp);
        expect(Object.keys(message)).to.deep.equal(['type', 'content', 'from', 'timestamp', 'id', 'data']);
      });

      it('says where a message went, and who came or went', async () => {
        const coming = presence(own('a'));
        await publishAll([chatIn('1', 'a', 'b'), coming]);
        expect(delivered.map(({ rooms }) => rooms)).to.deep.equal([[own('a'), own('b')], [own('a')]]);
        expect(delivered.map((entry) => entry.presence)).to.deep.equal([undefined, coming.presence]);
      });

      it('refuses what can’t be written as JSON, and that alone', async () => {
        const odd = chatIn('odd', 'a');
        Object.assign(odd.body, { data: { big: 1n } });
        const results = await Promise.allSettled([chatIn('1', 'a'), odd, chatIn('2', 'a')].map((d) => log.publish(d)));
        expect(results.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
        expect(contents()).to.deep.equal(['1', '2']);
      });
    });

    describe('the date of an id', () => {
      it('is the clock’s', async () => {
        clock.advance(5000);
        const { timestamp } = await log.publish(chatIn('x', 'a'));
        expect(timestamp).to.equal(Math.floor(clock.now() / 1000));
      });

      it('does not go back when the clock does', async () => {
        const now = clock.now();
        const one = await log.publish(chatIn('1', 'a'));
        clock.set(now - 3_600_000);
        const two = await log.publish(chatIn('2', 'a'));
        clock.set(now);
        expect(two.timestamp).to.equal(one.timestamp);
        expect(two.id.slice(0, 14)).to.equal(one.id.slice(0, 14));
      });

      it('is not below what the draft asks for, nor are those after it', async () => {
        const now = Math.floor(clock.now() / 1000);
        const drafts = [chatIn('1', 'a'), { ...chatIn('2', 'a'), notBefore: now + 7 }, chatIn('3', 'a')];
        const receipts = await publishAll([...drafts, { ...chatIn('4', 'a'), notBefore: now + 1 }]);
        expect(receipts.map(({ timestamp }) => timestamp - now)).to.deep.equal([0, 7, 7, 7]);
        clock.advance(7000);
      });
    });

    describe('ephemeral messages', () => {
      it('are handed out in their turn, and take no place', async () => {
        const receipts = await publishAll([
          ephemeral('1', own('a')),
          chatIn('2', 'a'),
          ephemeral('3', own('a')),
          chatIn('4', 'a'),
        ]);
        expect(contents()).to.deep.equal(['1', '2', '3', '4']);
        expect(numbers()).to.deep.equal([0, 1, 1, 2]);
        expect(receipts.map(({ n }) => n - first)).to.deep.equal([0, 1, 1, 2]);
      });

      it('have ids of their own, whose suffix is even', async () => {
        await publishAll(Array.from({ length: 20 }, (_, i) => (i % 3 ? ephemeral('x', own('a')) : chatIn('x', 'a'))));
        await publishAll(Array.from({ length: 20 }, () => ephemeral('x', own('a'))));
        const ids = delivered.map(({ message }) => message.id);
        expect(new Set(ids).size).to.equal(40);
        const suffixes = ids.map((id) => parseId(id).k).filter((k) => k !== undefined);
        expect(suffixes.every((k) => k > 0 && k % 2 === 0)).to.equal(true);
      });

      it('are not kept', async () => {
        await publishAll([ephemeral('1', own('a')), chatIn('2', 'a')]);
        expect(words((await read(['a'])).entries)).to.deep.equal(['2']);
      });
    });

    describe('a clientMsgId', () => {
      const draft = (id: string, content = 'once') => ({
        ...chatIn(content, 'a'),
        clientMsgId: { user: own('ana'), id },
      });

      it('is published once, and answered again with the first receipt', async () => {
        const one = await log.publish(draft('m1'));
        clock.advance(1000);
        await log.publish(chatIn('between', 'a'));
        const two = await log.publish(draft('m1', 'again'));
        expect(two).to.deep.equal({ ...one, duplicate: true });
        expect(contents()).to.deep.equal(['once', 'between']);
      });

      it('is known within one batch', async () => {
        const [one, two, three] = await publishAll([draft('m1'), draft('m1'), draft('m2')]);
        expect(two).to.deep.equal({ ...one, duplicate: true });
        expect(three!.n).to.equal(one!.n + 1);
        expect(delivered).to.have.length(2);
      });

      it('is the user’s own', async () => {
        const by = (user: string) => log.publish({ ...chatIn('x', 'a'), clientMsgId: { user: own(user), id: 'm1' } });
        const receipts = await Promise.all([by('ana'), by('bo')]);
        expect(receipts.map(({ duplicate }) => duplicate)).to.deep.equal([undefined, undefined]);
      });

      it('counts for ephemeral messages, too', async () => {
        const move = { ...ephemeral('move', own('a')), clientMsgId: { user: own('ana'), id: 'm1' } };
        const one = await log.publish(move);
        expect(await log.publish(move)).to.deep.equal({ ...one, duplicate: true });
      });

      it('is found, with its first receipt, by whoever asks for it', async () => {
        const [one] = await publishAll([draft('m1'), draft('m1')]);
        expect(await log.receipt({ user: own('ana'), id: 'm1' })).to.deep.equal(one);
        const soon = log.publish(draft('m2'));
        expect(await log.receipt({ user: own('ana'), id: 'm2' })).to.deep.equal(await soon);
        const beside = await log.publish({
          ...ephemeral('move', own('a')),
          clientMsgId: { user: own('ana'), id: 'm3' },
        });
        expect(await log.receipt({ user: own('ana'), id: 'm3' })).to.deep.equal(beside);
        expect(await log.receipt({ user: own('bo'), id: 'm1' })).to.equal(undefined);
        expect(await log.receipt({ user: own('ana'), id: 'm4' })).to.equal(undefined);
        clock.advance(DAY + 1001);
        expect(await log.receipt({ user: own('ana'), id: 'm1' })).to.equal(undefined);
      });

      it('is forgotten after a day, and not before', async () => {
        const one = await log.publish(draft('m1'));
        clock.advance(DAY - 1000);
        expect(await log.publish(draft('m1'))).to.deep.equal({ ...one, duplicate: true });
        clock.advance(2001);
        const two = await log.publish(draft('m1'));
        expect(two.duplicate).to.equal(undefined);
        expect(two.n).to.be.greaterThan(one.n);
      });
    });

    describe('read', () => {
      it('gives what was handed out', async () => {
        const rich = chatIn('ñ "€" 😀 \0 \u2028', 'a', 'b');
        Object.assign(rich.body, {
          data: { deep: [1, { x: null }], text: 'x'.repeat(65_536) },
          to: 'bo',
          fromId: 'ana',
        });
        await publishAll([chatIn('1', 'a'), rich, { ...chatIn('3', 'a'), rooms: [own('~\0odd'), own('a')] }]);
        const { entries } = await read(['a']);
        expect(entries).to.deep.equal(delivered);
        expect(Object.keys(entries[1]!.message)).to.deep.equal(Object.keys(delivered[1]!.message));
      });

      it('gives the durable messages of several rooms in the order of N, each once', async () => {
        await publishAll([
          chatIn('1', 'a'),
          chatIn('2', 'b'),
          chatIn('3', 'a', 'b'),
          chatIn('4', 'c'),
          chatIn('5', 'a'),
        ]);
        expect(words((await read(['b', 'a'])).entries)).to.deep.equal(['1', '2', '3', '5']);
      });

      it('knows nothing of presence', async () => {
        await publishAll([presence(own('a')), chatIn('1', 'a'), presence(own('a'))]);
        expect(words((await read(['a'])).entries)).to.deep.equal(['1']);
      });

      it('begins after one position, ends at another, within a limit', async () => {
        await fill('a', 5);
        const page = async (after: number, upTo: number, limit: number) =>
          words((await read(['a'], { after, upTo, limit })).entries);
        expect(await page(1, 4, 10)).to.deep.equal(['2', '3', '4']);
        expect(await page(0, 5, 2)).to.deep.equal(['1', '2']);
        expect(await page(5, 5, 2)).to.deep.equal([]);
      });

      it('pages over many rooms', async () => {
        const rooms = Array.from({ length: 20 }, (_, i) => `room${(i * 7) % 20}`);
        await publishAll(Array.from({ length: 100 }, (_, i) => chatIn(`${i + 1}`, `room${i % 20}`)));
        const found: string[] = [];
        for (let after = 0; after < 100; after += 30) {
          const page = await read(rooms, { after, limit: 30 });
          expect(page.complete).to.equal(true);
          found.push(...words(page.entries));
        }
        expect(found).to.deep.equal(Array.from({ length: 100 }, (_, i) => `${i + 1}`));
      });

      it('gives nothing of a room from before the reader belonged to it', async () => {
        await publishAll([chatIn('1', 'a'), chatIn('2', 'b'), chatIn('3', 'a')]);
        const rooms = new Map([
          [own('a'), first + 2],
          [own('b'), 0],
        ]);
        const page = await log.read({ rooms, after: first, upTo: first + 3, limit: 10 });
        expect(words(page.entries)).to.deep.equal(['2', '3']);
      });

      it('says so where something in the range is no longer kept, and gives nothing then', async () => {
        await fill('a', kept * 2);
        await log.publish(chatIn('quiet', 'b'));
        expect(await read(['b', 'a'], { limit: 10 })).to.deep.equal({ entries: [], complete: false });
      });

      it('still has the last of a room that was trimmed', async () => {
        await fill('a', kept * 2);
        const page = await read(['a'], { after: kept });
        expect(page.complete).to.equal(true);
        expect(page.entries).to.have.length(kept);
      });

      it('is complete for a room that never held anything', async () => {
        await log.publish(chatIn('1', 'a'));
        expect(await read(['quiet'])).to.deep.equal({ entries: [], complete: true });
      });

      it('knows of messages that have grown too old', async () => {
        await publishAll([chatIn('1', 'a'), chatIn('2', 'b')]);
        clock.advance(age + 2000);
        await log.publish(chatIn('3', 'a'));
        expect((await read(['a'])).complete).to.equal(false);
        expect((await read(['b'])).complete).to.equal(false);
        expect(words((await read(['a', 'b'], { after: 2 })).entries)).to.deep.equal(['3']);
      });
    });

    describe('history', () => {
      const history = async (request: Omit<HistoryRequest, 'room'>, room = 'a') => {
        const { entries, more } = await log.history({ ...request, room: own(room) });
        return [...words(entries), more];
      };

      beforeEach(async () => {
        await publishAll([
          chatIn('1', 'a'),
          chatIn('2', 'a', 'b'),
          presence(own('a')),
          chatIn('4', 'a'),
          chatIn('5', 'a'),
        ]);
      });

      it('gives the newest page, in the order of N', async () => {
        expect(await history({ limit: 2 })).to.deep.equal(['4', '5', true]);
        expect(await history({ limit: 4 })).to.deep.equal(['1', '2', '4', '5', false]);
      });

      it('gives the newest page before an N', async () => {
        expect(await history({ before: first + 4, limit: 1 })).to.deep.equal(['2', true]);
        expect(await history({ before: first + 4, limit: 5 })).to.deep.equal(['1', '2', false]);
        expect(await history({ before: first + 1, limit: 5 })).to.deep.equal([false]);
      });

      it('gives the oldest page after an N', async () => {
        expect(await history({ after: first + 1, limit: 2 })).to.deep.equal(['2', '4', true]);
        expect(await history({ after: first + 3, limit: 2 })).to.deep.equal(['4', '5', false]);
        expect(await history({ after: first + 5, limit: 2 })).to.deep.equal([false]);
      });

      it('gives what lies between two', async () => {
        expect(await history({ after: first + 1, before: first + 5, limit: 5 })).to.deep.equal(['2', '4', false]);
      });

      it('gives entries as they were handed out', async () => {
        const { entries } = await log.history({ room: own('b'), limit: 10 });
        expect(entries).to.deep.equal([delivered[1]]);
      });

      it('is empty for a room that holds nothing', async () => {
        expect(await history({ limit: 5 }, 'quiet')).to.deep.equal([false]);
      });

      it('goes on where older ones are gone', async () => {
        await fill('full', kept * 2);
        const { entries, more } = await log.history({ room: own('full'), after: first, limit: 10_000 });
        expect(entries.length).to.be.within(kept, kept * 2 - 1);
        expect(entries.at(-1)?.message.content).to.equal(`${kept * 2}`);
        expect(more).to.equal(false);
      });
    });

    describe('states', () => {
      it('are the latest of each key, in the order of N', async () => {
        await publishAll([state('x', '1', own('a')), state('y', '2', own('a')), state('x', '3', own('a'))]);
        expect(await log.states(own('a'))).to.deep.equal(delivered.slice(1));
      });

      it('belong to their room', async () => {
        await publishAll([state('x', '1', own('a')), state('x', '2', own('b')), chatIn('3', 'a')]);
        expect(words(await log.states(own('a')))).to.deep.equal(['1']);
        expect(words(await log.states(own('b')))).to.deep.equal(['2']);
        expect(await log.states(own('c'))).to.deep.equal([]);
      });

      it('are not among the messages', async () => {
        await publishAll([state('x', '1', own('a')), chatIn('2', 'a')]);
        expect(words((await read(['a'])).entries)).to.deep.equal(['2']);
      });

      it('are a thousand in a room at most: what was not set for the longest time goes', async () => {
        const keys = Array.from({ length: 1000 }, (_, i) => state(`k${i}`, `${i}`, own('a')));
        await publishAll([...keys, state('k0', 'again', own('a')), state('new', 'new', own('a'))]);
        const found = words(await log.states(own('a')));
        expect(found).to.have.length(1000);
        expect(found[0]).to.equal('2');
        expect(found.slice(-2)).to.deep.equal(['again', 'new']);
      });

      it('tell odd keys apart', async () => {
        await publishAll(['', '\0', '\0b', 'a\0', 'a'].map((key, i) => state(key, `${i}`, own('a'))));
        expect(words(await log.states(own('a')))).to.deep.equal(['0', '1', '2', '3', '4']);
      });
    });

    describe('check', () => {
      const idOf = ({ n, timestamp }: Receipt): MessageId => ({ n, timestamp });
      let one: Receipt;
      let two: Receipt;

      beforeEach(async () => {
        one = await log.publish(chatIn('1', 'a'));
        clock.advance(10_000);
        two = await log.publish(chatIn('2', 'a'));
      });

      it('knows the ids that were given, and no others', async () => {
        expect(await log.check(idOf(one))).to.equal('known');
        expect(await log.check(idOf(two))).to.equal('known');
        expect(await log.check({ ...idOf(one), timestamp: one.timestamp + 1 })).to.equal('unknown');
        expect(await log.check({ ...idOf(one), timestamp: two.timestamp })).to.equal('unknown');
        expect(await log.check({ ...idOf(two), timestamp: one.timestamp })).to.equal('unknown');
        expect(await log.check({ ...idOf(two), n: two.n + 1 })).to.equal('unknown');
      });

      it('knows the ids of what is not kept', async () => {
        const [coming, move] = await publishAll([presence(own('a')), ephemeral('x', own('a'))]);
        expect(await log.check(idOf(coming!))).to.equal('known');
        expect(await log.check(parseId(move!.id))).to.equal('known');
      });

      it('takes ids with a suffix from the second of their N on: one that is behind gets them late', async () => {
        for (const { n, timestamp } of [one, two]) {
          const at = (second: number) => log.check({ n, timestamp: second, k: 1 });
          expect(await at(timestamp - 1)).to.equal('unknown');
          expect(await at(timestamp)).to.equal('known');
          expect(await at(timestamp + 3600)).to.equal('known');
        }
      });

      it('knows nothing of numbers that are none', async () => {
        const { timestamp } = two;
        for (const n of [0, -1, two.n + 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
          expect(await log.check({ n, timestamp }), `${n}`).to.equal('unknown');
        }
        expect(await log.check({ n: two.n, timestamp: Number.NaN })).to.equal('unknown');
      });

      it('can’t tell of what is older than everything that is kept', async () => {
        clock.advance(age + DAY + 1000);
        const three = await log.publish(chatIn('3', 'a'));
        expect(await log.check(idOf(one))).to.equal('trimmed');
        expect(await log.check({ n: three.n + 1, timestamp: one.timestamp })).to.equal('unknown');
        expect(await log.check(idOf(three))).to.equal('known');
      });

      it('still knows the last id after a long silence', async () => {
        clock.advance(age + DAY + 1000);
        expect(await log.check(idOf(two))).to.equal('known');
      });
    });

    describe('sessions', () => {
      const record = (id: string, more: Partial<SessionRecord> = {}): SessionRecord => ({
        id: own(id),
        user: { id: own('ana'), name: 'Ana "ñ" 😀' },
        rooms: ['general', own('a')],
        open: true,
        ...more,
      });

      it('are what was saved last', async () => {
        await log.saveSession(record('s'));
        expect(await log.session(own('s'))).to.deep.equal(record('s'));
        await log.saveSession(record('s', { rooms: ['general'] }));
        expect(await log.session(own('s'))).to.deep.equal(record('s', { rooms: ['general'] }));
      });

      it('are seen by whoever asks behind the saving', async () => {
        void log.publish(chatIn('1', 'a'));
        void log.saveSession(record('s'));
        expect(await log.session(own('s'))).to.deep.equal(record('s'));
      });

      it('are kept apart, unknown ones are not there', async () => {
        await Promise.all([log.saveSession(record('s')), log.saveSession(record('t', { rooms: [] }))]);
        expect((await log.session(own('t')))?.rooms).to.deep.equal([]);
        expect(await log.session(own('u'))).to.equal(undefined);
        expect(await log.session('')).to.equal(undefined);
      });

      it('are still known when they have been closed', async () => {
        await log.saveSession(record('s'));
        await log.closeSession(own('s'));
        expect(await log.session(own('s'))).to.deep.equal(record('s', { open: false }));
      });

      it('let an unknown one be closed', async () => {
        await log.closeSession(own('nobody'));
        expect(await log.session(own('nobody'))).to.equal(undefined);
      });

      it('live as long as messages, from their last use', async () => {
        await log.saveSession(record('s', { open: false }));
        clock.advance(age - 1000);
        await log.saveSession(record('s', { open: false }));
        clock.advance(age - 1000);
        expect(await log.session(own('s'))).not.to.equal(undefined);
        clock.advance(2000);
        expect(await log.session(own('s'))).to.equal(undefined);
      });

      it('do not grow old while they are open', async () => {
        await log.saveSession(record('s'));
        clock.advance(3 * age);
        await log.publish(chatIn('1', 'a'));
        expect(await log.session(own('s'))).to.deep.equal(record('s'));
        await log.closeSession(own('s'));
        clock.advance(age + 1000);
        expect(await log.session(own('s'))).to.equal(undefined);
      });

      it('that are open now were not left open by anybody', async () => {
        await log.saveSession(record('s'));
        expect(await log.openSessions()).to.deep.equal([]);
      });
    });

    describe('sync', () => {
      it('resolves when everything published before has been handed out', async () => {
        for (let i = 1; i <= 3; i++) void log.publish(chatIn(`${i}`, 'a'));
        await log.sync();
        expect(contents()).to.deep.equal(['1', '2', '3']);
      });

      it('waits for nobody where nothing is under way', async () => {
        await log.sync();
        expect(delivered).to.be.empty;
      });
    });

    describe('close', () => {
      let other: Log;
      let heard: string[];

      beforeEach(async () => {
        ({ log: other } = await create());
        heard = [];
        await other.start((entries) => heard.push(...words(entries)));
      });

      afterEach(() => other.close());

      it('hands out what was published before', async () => {
        const receipts = [1, 2, 3].map((i) => other.publish(chat(`${i}`, ['a'])));
        await other.close();
        expect(heard).to.deep.equal(['1', '2', '3']);
        expect((await Promise.all(receipts)).length).to.equal(3);
      });

      it('makes it refuse, and say so', async () => {
        expect(other.ready()).to.be.empty;
        await other.close();
        expect(other.ready()).not.to.be.empty;
        const error = await other.publish(chat('late', ['a'])).catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(Refusal).with.property('code', 'unavailable');
      });
    });
  });
}

export interface SurvivingBench extends LogBench {
  /** The log of the same store, opened again after the first one has been closed. */
  reopen(): Promise<Log>;
}

/**
 * What a log promises besides where it outlives its process.
 * @param shared several nodes have it: the others know who was there when one of them ended
 */
export function survivingLogContract(name: string, create: () => Promise<SurvivingBench>, shared = false): void {
  describe(`${name}, as a log that outlives its process`, () => {
    let log: Log;
    let clock: HandClock;
    let receipts: Receipt[];
    let again: number;
    const before_: Entry[] = [];
    const after_: Entry[] = [];
    const SESSION = { user: { id: 'ana', name: 'Ana' }, rooms: ['general', 'a'] };
    const MESSAGE = { ...chat('once', ['a']), clientMsgId: { user: 'ana', id: 'm1' } };

    before(async () => {
      const bench = await create();
      ({ log, clock } = bench);
      await log.start((entries) => before_.push(...entries));
      const drafts = [MESSAGE, chat('2', ['a', 'b']), state('k', '3', 'a'), presence('a'), ephemeral('5', 'a')];
      receipts = await Promise.all(drafts.map((draft) => log.publish(draft)));
      for (const id of ['open', 'closed', 'comes back']) await log.saveSession({ id, ...SESSION, open: true });
      await log.closeSession('closed');
      await log.close();
      clock.set(clock.now() - 3_600_000);
      log = await bench.reopen();
      again = await log.start((entries) => after_.push(...entries));
    });

    after(() => log.close());

    it('goes on above the last N', async () => {
      const last = Math.max(...receipts.map(({ n }) => n));
      expect(again).to.be.at.least(last);
      const { n } = await log.publish(chat('next', ['c']));
      expect(n).to.be.greaterThan(last);
    });

    it('does not let the date go back, though the clock did', async () => {
      const { timestamp } = await log.publish(chat('next', ['c']));
      expect(timestamp).to.equal(receipts[0]!.timestamp);
    });

    it('gives no id again, also to what takes no place', async () => {
      const { id } = await log.publish(ephemeral('x', 'a'));
      expect(before_.map(({ message }) => message.id)).not.to.include(id);
    });

    it('has the messages and the states', async () => {
      const rooms = new Map([['a', 0]]);
      const page = await log.read({ rooms, after: receipts[0]!.n - 1, upTo: again, limit: 10 });
      expect(page).to.deep.equal({ entries: before_.slice(0, 2), complete: true });
      expect(await log.states('a')).to.deep.equal(before_.slice(2, 3));
    });

    it('knows a clientMsgId of before', async () => {
      expect(await log.publish(MESSAGE)).to.deep.equal({ ...receipts[0], duplicate: true });
    });

    it('knows the ids of before', async () => {
      for (const { id } of receipts) expect(await log.check(parseId(id)), id).to.equal('known');
    });

    it('keeps sessions', async () => {
      expect(await log.session('open')).to.deep.equal({ id: 'open', ...SESSION, open: true });
      expect(await log.session('closed')).to.deep.equal({ id: 'closed', ...SESSION, open: false });
    });

    if (shared) return;

    it('knows who was there when it ended', async () => {
      const ids = (await log.openSessions()).map(({ id }) => id);
      expect(ids).to.have.members(['open', 'comes back']);
    });

    it('no longer names who has come back, or will not', async () => {
      await log.saveSession({ id: 'comes back', ...SESSION, open: true });
      expect((await log.openSessions()).map(({ id }) => id)).to.deep.equal(['open']);
      await log.closeSession('open');
      expect(await log.openSessions()).to.deep.equal([]);
    });
  });
}

/** A durable draft. */
export function chat(content: string, rooms: string[]): Draft {
  return { class: 'durable', body: { type: 'chat', content, from: 'Ana', data: null }, rooms };
}

export function state(key: string, content: string, room: string): Draft {
  return { class: 'state', body: { type: 'score', content, from: 'Ana', data: null }, rooms: [room], key };
}

export function ephemeral(content: string, room: string): Draft {
  return { class: 'ephemeral', body: { type: 'move', content, from: 'Ana', data: null }, rooms: [room] };
}

export function presence(room: string): Draft {
  const user = { id: 'ana', name: 'Ana' };
  const body = { type: 'user_joined', content: 'Ana', from: 'system', data: null };
  return { class: 'presence', body, rooms: [room], presence: { room, user, session: 's1' } };
}

export function words(entries: readonly Entry[]): string[] {
  return entries.map(({ message }) => message.content);
}
