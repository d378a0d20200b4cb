import { expect } from 'chai';
import type { Draft, Entry, Log } from '../../src/hub/ports.ts';
import { Refusal } from '../../src/protocol/errors.ts';

export interface LogBench {
  log: Log;
  /** Keeps this many messages per room at least, and a bounded number in all. */
  kept: number;
}

/** What every log promises, whatever it is made of. */
export function logContract(name: string, create: () => Promise<LogBench>): void {
  describe(`${name}, as a log`, () => {
    let log: Log;
    let kept: number;
    let first: number;
    let delivered: Entry[];

    beforeEach(async () => {
      ({ log, kept } = await create());
      delivered = [];
      first = await log.start((entries) => delivered.push(...entries));
    });

    afterEach(() => log.close());

    const numbers = () => delivered.map(({ n }) => n);

    it('gives N from one sequence over all rooms and classes', async () => {
      const receipts = await Promise.all([
        log.publish(chat('1', ['a'])),
        log.publish(chat('2', ['b'])),
        log.publish(presence('a')),
        log.publish(chat('3', ['a'])),
      ]);
      expect(receipts.map(({ n }) => n)).to.deep.equal([1, 2, 3, 4].map((i) => first + i));
    });

    it('hands out in the order of N, everything once', async () => {
      await Promise.all(Array.from({ length: 100 }, (_, i) => log.publish(chat(String(i), [`room${i % 7}`]))));
      expect(numbers()).to.deep.equal(Array.from({ length: 100 }, (_, i) => first + 1 + i));
      expect(delivered.map(({ message }) => message.content)).to.deep.equal(
        Array.from({ length: 100 }, (_, i) => `${i}`),
      );
    });

    it('does not deliver before publish has returned', () => {
      const pending = log.publish(chat('later', ['a']));
      expect(delivered).to.be.empty;
      return pending;
    });

    it('resolves when the message has been handed out', async () => {
      const { n } = await log.publish(chat('now', ['a']));
      expect(numbers()).to.include(n);
    });

    it('stamps the id that its receipt names', async () => {
      const receipt = await log.publish(chat('x', ['a']));
      const { message } = delivered[0]!;
      expect(message.id)
        .to.equal(receipt.id)
        .and.to.match(new RegExp(`^\\d{14}-${receipt.n}$`));
      expect(message.timestamp).to.equal(receipt.timestamp);
      expect(Object.keys(message)).to.deep.equal(['type', 'content', 'from', 'timestamp', 'id', 'data']);
    });

    it('publishes a clientMsgId of a user once, and answers again with the first receipt', async () => {
      const draft = { ...chat('once', ['a']), clientMsgId: { user: 'ana', id: 'm1' } };
      const one = await log.publish(draft);
      const two = await log.publish(draft);
      expect(two).to.deep.equal({ ...one, duplicate: true });
      expect(numbers()).to.deep.equal([one.n]);
    });

    it('knows a duplicate within one batch', async () => {
      const draft = { ...chat('once', ['a']), clientMsgId: { user: 'ana', id: 'm1' } };
      const [one, two] = await Promise.all([log.publish(draft), log.publish(draft)]);
      expect(two).to.deep.equal({ ...one, duplicate: true });
      expect(delivered).to.have.length(1);
    });

    it('keeps clientMsgIds of different users apart', async () => {
      const by = (user: string) => log.publish({ ...chat('x', ['a']), clientMsgId: { user, id: 'm1' } });
      const receipts = await Promise.all([by('ana'), by('bo')]);
      expect(receipts.map(({ duplicate }) => duplicate)).to.deep.equal([undefined, undefined]);
    });

    it('reads durable messages of several rooms in the order of N, each once', async () => {
      await publishAll([chat('1', ['a']), chat('2', ['b']), chat('3', ['a', 'b']), chat('4', ['c'])]);
      expect(await contents(['a', 'b'], first)).to.deep.equal(['1', '2', '3']);
    });

    it('does not keep presence', async () => {
      await publishAll([presence('a'), chat('1', ['a']), presence('a')]);
      expect(await contents(['a'], first)).to.deep.equal(['1']);
    });

    it('reads after one position, up to another, within a limit', async () => {
      await publishAll(['1', '2', '3', '4', '5'].map((content) => chat(content, ['a'])));
      const read = (after: number, upTo: number, limit: number) =>
        log.read({ rooms: new Map([['a', 0]]), after: first + after, upTo: first + upTo, limit });
      expect(words(await read(1, 4, 10))).to.deep.equal(['2', '3', '4']);
      expect(words(await read(0, 5, 2))).to.deep.equal(['1', '2']);
      expect(words(await read(5, 5, 2))).to.deep.equal([]);
    });

    it('gives nothing of a room from before the reader belonged to it', async () => {
      await publishAll([chat('1', ['a']), chat('2', ['b']), chat('3', ['a'])]);
      const rooms = new Map([
        ['a', first + 2],
        ['b', 0],
      ]);
      const page = await log.read({ rooms, after: first, upTo: first + 3, limit: 10 });
      expect(words(page)).to.deep.equal(['2', '3']);
    });

    it('says so where something in the range is no longer kept, and gives nothing then', async () => {
      await publishAll(Array.from({ length: kept * 2 }, (_, i) => chat(`${i}`, ['a'])));
      const page = await log.read({ rooms: new Map([['a', 0]]), after: first, upTo: first + kept * 2, limit: 10 });
      expect(page).to.deep.equal({ entries: [], complete: false });
    });

    it('still has the last of a room that was trimmed', async () => {
      await publishAll(Array.from({ length: kept * 2 }, (_, i) => chat(`${i}`, ['a'])));
      const after = first + kept * 2 - 10;
      const page = await log.read({ rooms: new Map([['a', 0]]), after, upTo: first + kept * 2, limit: 100 });
      expect(page.complete).to.equal(true);
      expect(page.entries).to.have.length(10);
    });

    it('is complete for a room that never held anything', async () => {
      await publishAll([chat('1', ['a'])]);
      const page = await log.read({ rooms: new Map([['quiet', 0]]), after: first, upTo: first + 1, limit: 10 });
      expect(page).to.deep.equal({ entries: [], complete: true });
    });

    it('is ready until it is closed, then refuses', async () => {
      expect(log.ready()).to.be.empty;
      await log.close();
      expect(log.ready()).not.to.be.empty;
      const error = await log.publish(chat('late', ['a'])).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(Refusal).with.property('code', 'unavailable');
    });

    const publishAll = (drafts: Draft[]) => Promise.all(drafts.map((draft) => log.publish(draft)));

    async function contents(rooms: string[], after: number): Promise<string[]> {
      const page = await log.read({
        rooms: new Map(rooms.map((room) => [room, 0])),
        after,
        upTo: first + 1000,
        limit: 100,
      });
      expect(page.complete).to.equal(true);
      return words(page);
    }
  });
}

/** A durable draft. */
export function chat(content: string, rooms: string[]): Draft {
  return { class: 'durable', body: { type: 'chat', content, from: 'Ana', data: null }, rooms };
}

function presence(room: string): Draft {
  const user = { id: 'ana', name: 'Ana' };
  const body = { type: 'user_joined', content: 'Ana', from: 'system', data: null };
  return { class: 'presence', body, rooms: [room], presence: { room, user, session: 's1' } };
}

function words({ entries }: { entries: Entry[] }): string[] {
  return entries.map(({ message }) => message.content);
}
