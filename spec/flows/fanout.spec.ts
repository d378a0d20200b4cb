import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { type Client, closeAll, connect, type Options } from '../support/client.ts';
import { type Message, nOf, type Outgoing } from '../support/messages.ts';
import { type Running, startServer } from '../support/server.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_231_107);
const EACH = 20;
const MESSAGES = 2000;
const BURST = 50;
const ROOMS = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5'];
/** Here slow clients are, and what is said is large: it fills what the kernel buffers. */
const LARGE = 'large';
const LARGE_MESSAGES = 200;
const PATIENCE = 15_000;

/** A number below a bound, the same ones for the same seed. */
function lottery(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** What the server took, with the place that it told the sender. */
interface Said {
  id: string;
  /** Keys of where it went: rooms, the default one '', users with @ before. */
  to: string[];
}

/** From which place on somebody hears something, and up to which; without the first, not yet. */
interface Stay {
  key: string;
  from?: bigint;
  to?: bigint;
}

/** A client, and where it is by what the server has told it. */
class Guest {
  readonly client: Client;
  readonly userId: string;
  readonly rooms: Set<string>;
  readonly stays: Stay[];
  gone = false;

  constructor(client: Client, rooms: readonly string[]) {
    this.client = client;
    this.userId = client.userId;
    this.rooms = new Set(rooms);
    this.stays = ['', `@${this.userId}`, ...rooms].map((key) => ({ key, from: 0n }));
  }

  hears({ id, to }: Said): boolean {
    const n = nOf(id);
    return this.stays.some(({ key, from = n, to: end = n + 1n }) => to.includes(key) && n > from && n < end);
  }

  async join(room: string): Promise<void> {
    const stay: Stay = { key: room };
    this.rooms.add(room);
    this.stays.push(stay);
    stay.from = nOf(await accepted(this.client, { type: 'join', room }));
  }

  async leave(room: string): Promise<void> {
    const stay = this.stays.findLast(({ key }) => key === room)!;
    this.rooms.delete(room);
    stay.to = nOf(await accepted(this.client, { type: 'leave', room }));
  }
}

async function accepted(client: Client, message: Outgoing): Promise<string> {
  const receipt = await client.request(message);
  if (!receipt.ok) throw new Error(JSON.stringify(receipt.error));
  return receipt.id;
}

describe('the fan-out', () => {
  let server: Running;

  before(async () => {
    const settings = {
      sendBuffer: '128KiB',
      pingInterval: '30ms',
      pingTimeout: '20s',
      rateBurst: 10_000,
      closeTimeout: '200ms',
    };
    server = await startServer(settings);
  });

  afterEach(closeAll);

  after(() => server.close());

  it(`gives every client exactly what the order says, over ${MESSAGES} messages in overlapping rooms`, async () => {
    const draw = lottery(SEED);
    const pick = <T>(list: readonly T[]): T => list[draw(list.length)]!;
    const said: Said[] = [];

    const come = async (i: number, rooms: string[]): Promise<Guest> => {
      // Some are second tabs, by the other door; some poll; some change to WebSocket in the midst of it.
      const options: Options = { userId: `u${i % 35}`, rooms };
      if (i % 2 === 0) return new Guest(await connect('ws', server.url, options), rooms);
      if (i % 8 === 1) options.transports = ['polling'];
      if (i % 8 === 3) options.transports = ['polling', 'websocket'];
      return new Guest(await connect('socketio', server.url, options), rooms);
    };
    const guests = await Promise.all(
      Array.from({ length: 2 * EACH }, (_, i) => come(i, [...new Set([pick(ROOMS), pick(ROOMS), pick(ROOMS)])])),
    );
    const slow = await Promise.all([
      ...['ws', 'ws'].map(async (_, i) => new Guest(await connect('ws', server.url, slowOptions(i)), [LARGE, 'r0'])),
      ...['io', 'io'].map(
        async (_, i) => new Guest(await connect('socketio', server.url, slowOptions(2 + i)), [LARGE, 'r0']),
      ),
    ]);
    const readers = guests.slice(0, 4);
    await Promise.all(readers.map((guest) => guest.join(LARGE)));

    const say = async ({ client, userId }: Guest, to: { room?: string; to?: string }, content: string) => {
      const receipt = await client.request({ type: 'chat', content, ...to });
      // One to whom it went may have left.
      if (!receipt.ok) return expect(receipt.error.code).to.equal('user_not_found');
      const keys = to.to === undefined ? [to.room ?? ''] : [`@${to.to}`, `@${userId}`];
      return said.push({ id: receipt.id, to: keys });
    };

    const sayAnything = (guest: Guest, i: number) => {
      const chance = draw(100);
      if (chance < 20) return say(guest, { to: pick(guests).userId }, `direct ${i}`);
      const room = pick([...guest.rooms]);
      if (chance < 30 || room === undefined || room === LARGE) return say(guest, {}, `to all ${i} ñ€\u{1F600}`);
      return say(guest, { room }, `${room} ${i} ${'.'.repeat(draw(300))}`);
    };

    const move = (guest: Guest) => {
      const room = pick(ROOMS);
      return guest.rooms.has(room) ? guest.leave(room) : guest.join(room);
    };

    const leavers = [guests[10], guests[11], guests[13], guests[16], guests[17]] as Guest[];
    for (const { client } of slow) client.pause();
    for (let count = 0; count < MESSAGES; count += BURST) {
      const turn = count / BURST;
      const leaver = turn % 7 === 3 ? leavers.shift() : undefined;
      const here = guests.filter((guest) => !guest.gone && guest !== leaver);
      const answers: Promise<unknown>[] = [];
      for (let i = 0; i < BURST; i += 1) {
        answers.push(sayAnything(pick(here), count + i));
        if (i % 10 === 0) answers.push(move(pick(here)));
        if (i === BURST / 2 && leaver) leave(leaver, turn % 2 === 0);
      }
      for (let i = 0; i < (LARGE_MESSAGES * BURST) / MESSAGES; i += 1) {
        answers.push(say(pick(readers), { room: LARGE }, `${i} ${randomBytes(25_000).toString('hex')}`));
      }
      await Promise.all(answers);
      if (turn === 30) for (const { client } of slow) client.resume();
    }

    said.sort((a, b) => Number(nOf(a.id) - nOf(b.id)));
    const texts = new Map<string, string>();
    for (const guest of [...guests, ...slow]) {
      const due = said.filter((message) => guest.hears(message)).map(({ id }) => id);
      if (!guest.gone) await guest.client.next({ id: due.at(-1)! }, PATIENCE);
      const { messages } = guest.client;
      const context = `${guest.client.door} ${guest.userId}`;
      const got = messages.filter(({ type }) => type === 'chat').map(({ id }) => id);
      expect(got, context).to.deep.equal(guest.gone ? due.slice(0, got.length) : due);
      expectAscending(
        messages.filter(({ id }) => !id.includes('.')),
        context,
      );
      for (const text of guest.client.texts) expectSame(texts, text);
    }
    expect(texts.size).to.be.greaterThan(MESSAGES);
    // They were behind: they have been given the list anew.
    const lists = slow.map(({ client }) =>
      client.messages.filter(({ type, room }) => type === 'user_list' && room === LARGE),
    );
    expect(Math.max(...lists.map(({ length }) => length))).to.be.greaterThan(1);
  }).timeout(30_000);
});

function slowOptions(i: number): Options {
  return { userId: `slow${i}`, rooms: [LARGE, 'r0'] };
}

function leave(guest: Guest, politely: boolean): void {
  guest.gone = true;
  if (politely || guest.client.door === 'socketio') void guest.client.close();
  else guest.client.drop();
}

function expectAscending(messages: Message[], context: string): void {
  for (const [i, { id, type, room }] of messages.entries()) {
    const before = messages[i - 1];
    if (before && nOf(id) <= nOf(before.id))
      expect.fail(`${context}: ${type} ${id} in ${room} behind ${before.type} ${before.id}`);
  }
}

/** Whoever gets a message gets the same text, by whichever door. */
function expectSame(texts: Map<string, string>, text: string): void {
  const id = /"id":"(\d{14}-\d+)","data"/.exec(text)?.[1];
  if (id === undefined) return;
  const known = texts.get(id);
  if (known !== undefined && known !== text) expect.fail(`${known.slice(0, 300)}\n${text.slice(0, 300)}`);
  texts.set(id, text);
}
