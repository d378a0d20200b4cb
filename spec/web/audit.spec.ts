import { expect } from 'chai';
import type { Message, Outgoing } from '../support/messages.ts';

interface Tally {
  lost: number;
  enter(room: string, id: string): void;
  take(message: Message): void;
}

interface Audit {
  compared: number;
  run(): Promise<boolean>;
  interrupt(): void;
  take(message: Message): boolean;
}

const { Tally } = (await import(new URL('../../web/pane/tally.js', import.meta.url).href)) as {
  Tally: new () => Tally;
};
const { Audit } = (await import(new URL('../../web/pane/audit.js', import.meta.url).href)) as {
  Audit: new (connection: object, tally: Tally) => Audit;
};

const realFetch = globalThis.fetch;

describe('the audit of the test client', () => {
  let tally: Tally;
  let audit: Audit;
  /** What the server has stored: the N of each message. */
  let stored: number[];
  /** What was asked for, beside the newest. */
  let pages: string[];
  let beats: Outgoing[];
  /** Resolves with the next heartbeat. */
  let beat: () => Promise<void>;

  beforeEach(() => {
    let beaten = () => {};
    [stored, pages, beats] = [[], [], []];
    beat = () =>
      new Promise((resolve) => {
        beaten = resolve;
      });
    const send = (request: Outgoing) => {
      beats.push(request);
      beaten();
    };
    tally = new Tally();
    tally.enter('general', idOf(100));
    audit = new Audit({ username: 'Ana', userId: 'ana', send }, tally);
    globalThis.fetch = async (url) => Response.json(history(new URL(String(url), 'http://x').searchParams));
  });

  afterEach(() => {
    globalThis.fetch = realFetch;
  });

  it('finds nothing missing where all has come, and says how much it has compared', async () => {
    stored = [101, 102, 105];
    for (const n of stored) tally.take(chat(n));
    const done = audit.run();
    await answered(105);
    expect(await done).to.equal(true);
    expect([tally.lost, audit.compared]).to.deep.equal([0, 3]);
  });

  it('finds what is missing', async () => {
    stored = [101, 102, 105];
    tally.take(chat(101));
    const done = audit.run();
    await answered(105);
    await done;
    expect([tally.lost, audit.compared]).to.deep.equal([2, 3]);
  });

  it('waits for one that is behind until it has all that the server had', async () => {
    stored = [101, 102, 103];
    const done = audit.run();
    await answered(101);
    for (const n of stored) tally.take(chat(n));
    stored.push(104);
    await answered(103);
    expect(await done).to.equal(true);
    expect([tally.lost, audit.compared]).to.deep.equal([0, 3]);
  });

  it('reads page by page, each time from where it was before', async () => {
    stored = Array.from({ length: 120 }, (_, i) => 101 + i);
    for (const n of stored) tally.take(chat(n));
    const first = audit.run();
    await answered(220);
    await first;
    stored.push(221);
    const second = audit.run();
    await answered(221);
    await second;
    expect(pages).to.deep.equal([100, 150, 200, 220].map(idOf));
    expect([tally.lost, audit.compared]).to.deep.equal([1, 121]);
  });

  it('is interrupted by another one, and by the end of the connection', async () => {
    const first = audit.run();
    await beat();
    const second = audit.run();
    expect(await first).to.equal(false);
    await beat();
    audit.interrupt();
    expect(await second).to.equal(false);
    expect(pages).to.deep.equal([]);
  });

  it('has no eyes for the heartbeats of others', async () => {
    const done = audit.run();
    await beat();
    const other = { ...chat(101), type: 'heartbeat', data: { pulse: 'other' } };
    expect(audit.take(other)).to.equal(false);
    expect(audit.take({ ...other, data: null })).to.equal(false);
    audit.interrupt();
    await done;
  });

  it('fails with the words of the server', async () => {
    globalThis.fetch = async () => Response.json({ error: { code: 'forbidden', message: 'Aquí no' } }, { status: 403 });
    const failure = await audit.run().catch((error: Error) => error.message);
    expect(failure).to.equal('Aquí no');
  });

  /** Answers the next heartbeat from this position. */
  async function answered(n: number): Promise<void> {
    await beat();
    expect(audit.take({ ...chat(n), type: 'heartbeat', data: beats.at(-1)!['data'] })).to.equal(true);
  }

  function history(query: URLSearchParams): { messages: Message[]; more: boolean } {
    expect(query.get('userId')).to.equal('ana');
    const after = query.get('after');
    const limit = Number(query.get('limit'));
    if (after === null) return { messages: stored.slice(-limit).map(chat), more: stored.length > limit };
    pages.push(after);
    const rest = stored.filter((n) => n > orderOf(after));
    return { messages: rest.slice(0, limit).map(chat), more: rest.length > limit };
  }
});

function idOf(n: number): string {
  return `20231107132000-${n}`;
}

function orderOf(id: string): number {
  return Number(id.split('-')[1]);
}

function chat(n: number): Message {
  return { type: 'chat', content: 'Hola', from: 'Bo', timestamp: 1699363200, id: idOf(n), data: null };
}
