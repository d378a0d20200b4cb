import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { expect } from 'chai';
import type WebSocket from 'ws';
import type { End, Newcomer, Reception, Request, Transport } from '../../src/hub/ports.ts';
import { Session } from '../../src/hub/session.ts';
import { type Body, type Message, stamp } from '../../src/protocol/message.ts';
import {
  type Client,
  closeAll,
  connect,
  type Door,
  type Options,
  RawClient,
  type SdkClient,
} from '../support/client.ts';
import { RECEIPT_INTERVAL } from '../support/doors.ts';
import { HandClock } from '../support/hand-clock.ts';
import { ENDLESS, silentInbox } from '../support/sessions.ts';

export interface TransportBench {
  transport: Transport;
  url: string;
  close(): Promise<void>;
}

/** A hub that only writes down what its doors tell it. */
export class StubReception implements Reception {
  readonly sessions: Session[] = [];
  readonly requests: { session: Session; request: Request }[] = [];
  readonly events: string[] = [];
  readonly flushes: number[] = [];
  /** What the hub does when a session is blocked. */
  onBlocked: (session: Session) => void = () => {};
  readonly #waiting: (() => void)[] = [];
  #n = 0;

  checkPlace(): void {}

  connect(transport: Transport, { user, address }: Newcomer): Session {
    const session = new Session({ id: user.id, user, transport, address, budget: ENDLESS, inbox: silentInbox() });
    this.sessions.push(session);
    // The first message of every connection, as the test clients await it.
    const body: Body = { type: 'user_list', content: '', from: 'system', data: [{ id: user.id }] };
    queueMicrotask(() => transport.send(this.stamped(session, body), session));
    return session;
  }

  receive(session: Session, request: Request): void {
    this.requests.push({ session, request });
    this.#tell('receive');
  }

  expel(session: Session, why: Parameters<Transport['close']>[1]): void {
    this.#tell(`expel ${why}`);
    session.transport.close(session, why);
  }

  disconnect(session: Session, { fault }: End): void {
    session.gone = true;
    this.#tell(`disconnect ${session.id}${fault ? ` (${fault})` : ''}`);
  }

  blocked(session: Session): void {
    session.blocked = true;
    this.onBlocked(session);
    this.#tell(`blocked ${session.id}`);
  }

  drained(session: Session): void {
    session.blocked = false;
    this.#tell(`drained ${session.id}`);
  }

  /** The position of whoever has been written everything: how many messages were stamped. */
  written(session: Session): number {
    session.writtenAt = this.#n;
    return this.#n;
  }

  received(session: Session, position: number): void {
    session.receivedAt = position;
    this.#tell(`received ${session.id} ${position}`);
  }

  flushed(messages: number): void {
    this.flushes.push(messages);
  }

  /** How many messages were stamped. */
  get stamps(): number {
    return this.#n;
  }

  stamped(_session: Session, body: Body): Message {
    this.#n += 1;
    return stamp(body, `20231107132000-${this.#n}`, 1_699_363_200);
  }

  /** Resolves when an event that begins like this has come. */
  async until(event: string): Promise<string> {
    for (;;) {
      const found = this.events.find((name) => name.startsWith(event));
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #tell(event: string): void {
    this.events.push(event);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** Members that are enough for a room to be treated as one. */
const CROWD = 6;

/** What every door promises, whatever it speaks and to whatever clients. `sendBuffer` of the bench is 64 KiB by itself. */
export function transportContract(
  name: string,
  door: Door,
  create: (reception: Reception, sendBuffer?: number, receipts?: HandClock) => Promise<TransportBench>,
  options: Options = {},
): void {
  describe(`${name}, as a transport`, () => {
    let reception: StubReception;
    let bench: TransportBench;

    beforeEach(async () => {
      reception = new StubReception();
      bench = await create(reception);
    });

    afterEach(async () => {
      await closeAll();
      await bench.close();
    });

    const message = (content: string) =>
      reception.stamped(reception.sessions[0]!, { type: 'chat', content, from: 'Ana', data: null });

    const enter = async (userId: string): Promise<{ client: Client; session: Session }> => {
      const client = await connect(door, bench.url, { userId, ...options });
      return { client, session: reception.sessions.find(({ id }) => id === userId)! };
    };

    const enterMany = (count: number) => Promise.all(Array.from({ length: count }, (_, i) => enter(`u${i}`)));

    const toAll = (content: string, room: ReadonlySet<Session>) => bench.transport.send(message(content), room);

    const toOne = (content: string, session: Session) => bench.transport.send(message(content), session);

    const join = (session: Session, room: Set<Session>) => {
      bench.transport.settle(session);
      room.add(session);
    };

    const leave = (session: Session, room: Set<Session>) => {
      bench.transport.settle(session);
      room.delete(session);
    };

    /** Resolves when all have got what was sent to them until now. */
    const arrived = async (users: { client: Client; session: Session }[]) => {
      const end = `end ${reception.stamps}`;
      for (const { session } of users) toOne(end, session);
      await Promise.all(users.map(({ client }) => client.next({ content: end }, 5000)));
    };

    const contents = (client: Client) =>
      client.messages
        .filter(({ type, content }) => type === 'chat' && !content.startsWith('end '))
        .map(({ content }) => content);

    it('connects a client with what it says of itself', async () => {
      const { session } = await enter('ana');
      expect(session.user.id).to.equal('ana');
      expect(session.transport).to.equal(bench.transport);
      expect(session.address).to.include('127.0.0.1');
    });

    it('sends to each client in the order of the calls, to one and to many', async () => {
      const [ana, bo] = [await enter('ana'), await enter('bo')];
      const room = new Set([ana.session, bo.session]);
      for (let i = 0; i < 50; i++) {
        bench.transport.send(message(`room ${i}`), room);
        bench.transport.send(message(`ana ${i}`), ana.session);
      }
      await Promise.all([ana.client.next({ content: 'ana 49' }), bo.client.next({ content: 'room 49' })]);
      const rooms = Array.from({ length: 50 }, (_, i) => `room ${i}`);
      expect(contents(bo.client)).to.deep.equal(rooms);
      expect(contents(ana.client)).to.deep.equal(rooms.flatMap((word, i) => [word, `ana ${i}`]));
    });

    it('replays a message to one after another, each time the same text, in the order of the calls', async () => {
      const [ana, bo] = [await enter('ana'), await enter('bo')];
      const stored = message('stored \u{1F600}');
      for (const { session } of [ana, bo]) {
        toOne('before', session);
        bench.transport.replay([stored], session);
        toOne('after', session);
      }
      await arrived([ana, bo]);
      for (const { client } of [ana, bo]) expect(contents(client)).to.deep.equal(['before', stored.content, 'after']);
      expect(ana.client.messages.find(({ content }) => content === stored.content)).to.deep.equal(stored);
      expect(ana.client.texts.filter((text) => text.includes('stored'))).to.deep.equal(
        bo.client.texts.filter((text) => text.includes('stored')),
      );
    });

    it('replays several in their order, as a piece that others are sent too', async () => {
      const [ana, bo] = [await enter('ana'), await enter('bo')];
      const stored = ['1', '2 \u{1F600}', '3'].map((content) => message(content));
      for (const { session } of [ana, bo]) {
        toOne('before', session);
        bench.transport.replay(stored, session);
        toOne('after', session);
      }
      await arrived([ana, bo]);
      const expected = ['before', ...stored.map(({ content }) => content), 'after'];
      for (const { client } of [ana, bo]) {
        expect(contents(client)).to.deep.equal(expected);
        expect(client.messages.filter(({ content }) => /^\d/.test(content))).to.deep.equal(stored);
      }
    });

    it('gives a member added after the call nothing of it, and one removed all up to its removal', async () => {
      const [ana, bo] = [await enter('ana'), await enter('bo')];
      const room = new Set([ana.session]);
      bench.transport.send(message('1'), room);
      room.add(bo.session);
      bench.transport.send(message('2'), room);
      room.delete(ana.session);
      bench.transport.send(message('3'), room);
      for (const { session } of [ana, bo]) bench.transport.send(message('end'), session);
      await Promise.all([ana.client.next({ content: 'end' }), bo.client.next({ content: 'end' })]);
      expect(contents(ana.client)).to.deep.equal(['1', '2', 'end']);
      expect(contents(bo.client)).to.deep.equal(['2', '3', 'end']);
    });

    it('gives everybody the same text', async () => {
      const [ana, bo] = [await enter('ana'), await enter('bo')];
      bench.transport.send(message('ñ "quoted" \u{1F600} \u2028'), new Set([ana.session, bo.session]));
      await Promise.all([ana.client.next('chat'), bo.client.next('chat')]);
      expect(ana.client.texts.at(-1)).to.equal(bo.client.texts.at(-1));
      expect(ana.client.messages.at(-1)?.content).to.equal('ñ "quoted" \u{1F600} \u2028');
    });

    it('hands up requests in order, with their size, undecoded', async () => {
      const { client } = await enter('ana');
      for (const content of ['1', '2', '3']) client.send({ type: 'chat', content });
      while (reception.requests.length < 3) await new Promise<void>((resolve) => setImmediate(resolve));
      const decoded = reception.requests.map(({ request }) => request.decode().content);
      expect(decoded).to.deep.equal(['1', '2', '3']);
      for (const { request } of reception.requests) expect(request.bytes).to.be.within(10, 60);
    });

    it('tells the end of a connection once', async () => {
      const { client } = await enter('ana');
      await client.close();
      await reception.until('disconnect ana');
      expect(reception.events).to.deep.equal(['disconnect ana']);
    });

    it('closes a session, and tells its end', async () => {
      const { client, session } = await enter('ana');
      bench.transport.close(session, 'going_away');
      await client.closed;
      expect(await reception.until('disconnect')).to.equal('disconnect ana');
    });

    it('delivers what was sent before a close', async () => {
      const { client, session } = await enter('ana');
      for (let i = 0; i < 20; i++) bench.transport.send(message(String(i)), session);
      bench.transport.close(session, 'going_away');
      await client.closed;
      expect(contents(client)).to.deep.equal(Array.from({ length: 20 }, (_, i) => String(i)));
    });

    it('does not mind messages and closes for a session that has gone', async () => {
      const { client, session } = await enter('ana');
      await client.close();
      await reception.until('disconnect ana');
      bench.transport.send(message('x'), session);
      bench.transport.send(message('x'), new Set([session]));
      bench.transport.close(session, 'going_away');
      expect((await enter('bo')).session.user.id).to.equal('bo');
    });

    it('reports a full socket, having written the message at hand, and when it has drained', async () => {
      const { client, session } = await enter('ana');
      client.pause();
      const word = noise(10_000);
      let sent = 0;
      while (!session.blocked) {
        bench.transport.send(message(`${sent} ${word}`), session);
        sent += 1;
        // A kernel takes some megabytes before a socket is full.
        if (sent % 100 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
      }
      expect(reception.events).to.deep.equal(['blocked ana']);
      client.resume();
      await reception.until('drained ana');
      bench.transport.send(message('end'), session);
      await client.next({ content: 'end' }, 5000);
      expect(contents(client)).to.have.length(sent + 1);
    });

    it('closes one that takes nothing but goes on being answered', async () => {
      const { client, session } = await enter('ana');
      client.pause();
      const word = noise(60_000);
      while (!reception.events.includes('expel slow_consumer')) {
        bench.transport.send(message(word), session);
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      await reception.until('disconnect ana');
    });

    // --- paused for the hub ---

    /** What has been read of a client, in order, once so much of it has. */
    const readOf = async (session: Session, count: number) => {
      const own = () => reception.requests.filter((received) => received.session === session);
      while (own().length < count) await nextTurn();
      return own().map(({ request }) => request.decode().content);
    };

    /** Resolves when what was sent to the server before would have been read. */
    const passed = async (other: { client: Client; session: Session }) => {
      const { length } = reception.requests.filter(({ session }) => session === other.session);
      other.client.send({ type: 'chat', content: 'x' });
      await readOf(other.session, length + 1);
    };

    it('reads nothing more of one that is paused, goes on sending to it, and reads on afterwards', async () => {
      const [ana, bo] = [await enter('ana'), await enter('bo')];
      expect(bench.transport.pause(ana.session)).to.equal(true);
      expect(bench.transport.pause(ana.session)).to.equal(true);
      for (const content of ['1', '2', '3']) ana.client.send({ type: 'chat', content });
      await passed(bo);
      toOne('heard', ana.session);
      await ana.client.next({ content: 'heard' });
      expect(await readOf(ana.session, 0)).to.deep.equal([]);
      bench.transport.resume(ana.session);
      expect(await readOf(ana.session, 3)).to.deep.equal(['1', '2', '3']);
    });

    it('reads nothing of one that is paused because its socket takes bytes again, nor the other way round', async () => {
      const [ana, bo] = [await enter('ana'), await enter('bo')];
      const fill = async () => {
        ana.client.pause();
        while (!ana.session.blocked) {
          for (let i = 0; i < 20; i += 1) if (!ana.session.blocked) toOne(noise(50_000), ana.session);
          await nextTurn();
        }
      };
      await fill();
      expect(bench.transport.pause(ana.session)).to.equal(true);
      ana.client.send({ type: 'chat', content: '1' });
      ana.client.resume();
      await reception.until('drained ana');
      await passed(bo);
      expect(await readOf(ana.session, 0)).to.deep.equal([]);
      await fill();
      bench.transport.resume(ana.session);
      if (door === 'ws') {
        await passed(bo);
        expect(await readOf(ana.session, 0)).to.deep.equal([]);
      }
      ana.client.resume();
      expect(await readOf(ana.session, 1)).to.deep.equal(['1']);
    });

    it('closes one that is paused as any other', async () => {
      const { client, session } = await enter('ana');
      bench.transport.pause(session);
      client.send({ type: 'chat', content: '1' });
      bench.transport.close(session, 'flood');
      const { code } = await client.closed;
      if (door === 'ws') expect(code).to.equal(4029);
      expect(await reception.until('disconnect')).to.equal('disconnect ana');
      expect(bench.transport.pause(session)).to.equal(false);
    });

    it('cannot pause, nor mind, one that has gone', async () => {
      const { client, session } = await enter('ana');
      await client.close();
      await reception.until('disconnect ana');
      expect(bench.transport.pause(session)).to.equal(false);
      bench.transport.resume(session);
    });

    // --- one write per client and turn ---

    it('keeps the order over all rooms, and what is one’s own in its place', async () => {
      const users = await enterMany(CROWD + 3);
      const lists = new Map(users.map(({ session }) => [session, [] as string[]]));
      const rooms = [users.slice(0, CROWD), users.slice(2), users.slice(1, 4), users].map(
        (members) => new Set(members.map(({ session }) => session)),
      );
      const send = (content: string, receivers: ReadonlySet<Session> | Session) => {
        for (const session of receivers instanceof Session ? [receivers] : receivers) lists.get(session)!.push(content);
        bench.transport.send(message(content), receivers);
      };
      for (let turn = 0; turn < 5; turn += 1) {
        for (let i = 0; i < 40; i += 1) {
          const { session } = users[i % users.length]!;
          for (const [r, room] of rooms.entries()) if ((turn + i) % (r + 1) === 0) send(`${turn}.${i} to ${r}`, room);
          send(`${turn}.${i} to ${session.id}`, session);
        }
        await nextTurn();
      }
      await arrived(users);
      for (const { client, session } of users) expect(contents(client)).to.deep.equal(lists.get(session));
    });

    it('writes to a client once, whatever it is sent in a turn', async () => {
      const users = await enterMany(CROWD);
      const room = new Set(users.map(({ session }) => session));
      const [odd] = users;
      await arrived(users);
      const { writes } = await watchingWrites(async () => {
        for (let i = 0; i < 20; i += 1) {
          toAll(`room ${i}`, room);
          if (i % 5 === 0) toOne(`odd ${i}`, odd!.session);
        }
        await Promise.all(users.map(({ client }) => client.next({ content: 'room 19' })));
      });
      // What is compressed is written message by message.
      if (!options.compression) expect(writes).to.equal(CROWD);
    });

    it('tells how many messages were written together, however many got each', async () => {
      const users = await enterMany(CROWD);
      const sessions = users.map(({ session }) => session);
      await arrived(users);
      reception.flushes.length = 0;
      toAll('one', new Set(sessions));
      await users[0]!.client.next({ content: 'one' });
      toAll('two', new Set(sessions));
      toAll('three', new Set(sessions.slice(0, 3)));
      toOne('four', sessions[0]!);
      await arrived(users.slice(0, 1));
      expect(reception.flushes).to.deep.equal([1, 4]);
    });

    it('gives one that joins or leaves a large room in the midst of a turn what is meant for it', async () => {
      const users = await enterMany(CROWD + 1);
      const [comer, leaver, passer, stayer] = users.map(({ session }) => session) as [
        Session,
        Session,
        Session,
        Session,
      ];
      const room = new Set(users.slice(1).map(({ session }) => session));
      room.delete(passer);
      for (let turn = 0; turn < 2; turn += 1) {
        toAll('1', room);
        toOne('own', leaver);
        join(comer, room);
        join(passer, room);
        toAll('2', room);
        leave(passer, room);
        toOne('own', comer);
        leave(leaver, room);
        toAll('3', room);
        join(leaver, room);
        toAll('4', room);
        leave(comer, room);
        toAll('5', room);
        await nextTurn();
      }
      await arrived(users);
      const expected = { comer: '2 own 3 4', leaver: '1 own 2 4 5', passer: '2', stayer: '1 2 3 4 5' };
      for (const [name, session] of Object.entries({ comer, leaver, passer, stayer })) {
        const { client } = users.find((user) => user.session === session)!;
        const turns = Array(2)
          .fill(expected[name as keyof typeof expected])
          .join(' ');
        expect(contents(client).join(' '), name).to.equal(turns);
      }
    });

    it('closes one in the midst of a turn after what was sent to it, and disturbs no other', async () => {
      const users = await enterMany(CROWD);
      const [closed, ...others] = users;
      const room = new Set(users.map(({ session }) => session));
      for (let i = 0; i < 20; i += 1) toAll(String(i), room);
      bench.transport.close(closed!.session, 'going_away');
      for (let i = 20; i < 40; i += 1) toAll(String(i), room);
      await closed!.client.closed;
      await arrived(others);
      expect(contents(closed!.client)).to.deep.equal(numbers(20));
      for (const { client } of others) expect(contents(client)).to.deep.equal(numbers(40));
    });

    it('is not disturbed by those who go in the midst of traffic', async () => {
      const users = await enterMany(CROWD + 4);
      const [dropped, polite, ...others] = users;
      const room = new Set(users.map(({ session }) => session));
      for (let i = 0; i < 100; i += 1) {
        toAll(String(i), room);
        if (i === 30) dropped!.client.drop();
        if (i === 60) void polite!.client.close();
        if (i % 3 === 0) await nextTurn();
      }
      await arrived(others);
      for (const { client } of others) expect(contents(client)).to.deep.equal(numbers(100));
      for (const gone of [dropped!, polite!]) {
        await reception.until(`disconnect ${gone.session.id}`);
        const got = contents(gone.client);
        expect(got).to.deep.equal(numbers(got.length));
      }
    });

    it('carries messages of any size, to many and to one', async () => {
      const users = await enterMany(CROWD);
      const room = new Set(users.map(({ session }) => session));
      const sent: string[] = [];
      const send = async (content: string) => {
        sent.push(content);
        toAll(content, room);
        for (const session of room) toOne(content, session);
        await arrived(users);
      };
      const around = door === 'ws' ? 0 : '42["chat",]'.length;
      for (const limit of [125, 65_535]) {
        const rest = limit - around - Buffer.byteLength(JSON.stringify(message('')));
        for (const size of [rest - 1, rest, rest + 1, rest + 2, rest + 3]) await send('x'.repeat(Math.max(0, size)));
        for (const letter of ['ñ', '€', '\u{1F600}']) await send(letter.repeat(rest / Buffer.byteLength(letter)));
      }
      const expected = sent.flatMap((content) => [content, content]);
      for (const { client } of users) expect(contents(client)).to.deep.equal(expected);
    });

    describe('asked how far it has received', () => {
      let clock: HandClock;
      // Engine.IO holds back what is still being compressed: it is asked when that has passed.
      const late = door === 'socketio' && options.compression;

      beforeEach(async () => {
        await bench.close();
        clock = new HandClock();
        bench = await create(reception, undefined, clock);
      });

      it('answers behind what it was written, by itself', async () => {
        const { client, session } = await enter('ana');
        const wire = tapped(client);
        clock.advance(RECEIPT_INTERVAL);
        await reception.until(`received ana ${reception.stamps}`);
        clock.advance(RECEIPT_INTERVAL);
        for (const content of ['1', '2', '3']) toOne(content, session);
        await client.next({ content: '3' });
        if (late) clock.advance(RECEIPT_INTERVAL);
        await reception.until(`received ana ${reception.stamps}`);
        expect(wire).to.deep.equal(['ping 1', 'chat', 'chat', 'chat', 'ping 4']);
        expect(reception.events).to.deep.equal(['received ana 1', 'received ana 4']);
      });

      it('is asked once in that time, whatever it is sent, and then for all of it', async () => {
        const users = await enterMany(CROWD);
        const { client } = users[0]!;
        const room = new Set(users.map(({ session }) => session));
        clock.advance(RECEIPT_INTERVAL);
        await reception.until('received u0');
        const wire = tapped(client);
        clock.advance(RECEIPT_INTERVAL);
        for (const content of ['1', '2', '3']) {
          toAll(content, room);
          await client.next({ content });
        }
        if (!late) expect(wire).to.deep.equal(['chat', `ping ${CROWD + 1}`, 'chat', 'chat']);
        clock.advance(RECEIPT_INTERVAL);
        await reception.until(`received u0 ${CROWD + 3}`);
        clock.advance(5 * RECEIPT_INTERVAL);
        await arrived(users);
        // TLS brings the question by itself, behind the message.
        if (!late) await reception.until(`received u0 ${CROWD + 3 + CROWD}`);
        const asked = [...(late ? [] : [CROWD + 1]), CROWD + 3, ...(late ? [] : [CROWD + 3 + CROWD])];
        expect(wire.filter((line) => line.startsWith('ping'))).to.deep.equal(asked.map((n) => `ping ${n}`));
      });

      it('may say what it likes unasked: it is no answer', async () => {
        const { client, session } = await enter('ana');
        clock.advance(RECEIPT_INTERVAL);
        await reception.until('received ana');
        for (const pong of ['', '-1', '1e3', '1.5', 'ñ', ' 7', '0x10', '9'.repeat(17), 'x'.repeat(125)])
          wireOf(client).pong(pong);
        client.send({ type: 'heartbeat' });
        await reception.until('receive');
        expect(reception.events.filter((event) => event.startsWith('received'))).to.deep.equal(['received ana 1']);
        expect(session.receivedAt).to.equal(1);
      });
    });

    it(options.compression ? 'compresses what is large' : 'compresses nothing', async () => {
      const users = await enterMany(CROWD);
      await arrived(users);
      const word = 'x'.repeat(60_000);
      const { bytes } = await watchingWrites(async () => {
        toAll(word, new Set(users.map(({ session }) => session)));
        await Promise.all(users.map(({ client }) => client.next({ content: word })));
      });
      if (options.compression) expect(bytes).to.be.below(CROWD * 2000);
      else expect(bytes).to.be.within(CROWD * 60_000, CROWD * 60_200);
    });

    it('writes what is much before the turn ends, and takes nobody for slow who reads', async () => {
      const users = await enterMany(CROWD);
      const room = new Set(users.map(({ session }) => session));
      const word = 'x'.repeat(60_000);
      const { writes } = await watchingWrites(async () => {
        for (let i = 0; i < 5; i += 1) toAll(`${i} ${word}`, room);
      });
      expect(writes).to.be.at.least(options.compression ? 0 : CROWD);
      await arrived(users);
      for (const { client } of users) expect(contents(client)).to.have.length(5);
    });

    // Compressed, it would take seconds to fill what a kernel buffers.
    if (options.compression) return;

    it('does not let one that is slow disturb others, and gives it all that was sent until it was reported', async () => {
      const users = await enterMany(CROWD);
      const [slow, ...others] = users;
      const room = new Set(users.map(({ session }) => session));
      const [word, sent] = [noise(10_000), [] as string[]];
      let due = 0;
      reception.onBlocked = (session) => {
        due = sent.length;
        leave(session, room);
      };
      slow!.client.pause();
      for (let more = 3; more > 0; more -= due > 0 ? 1 : 0) {
        // Less than the send buffer: who reads is never behind.
        for (let i = 0; i < 5; i += 1) {
          sent.push(`${sent.length} ${word}`);
          toAll(sent.at(-1)!, room);
        }
        await Promise.all(others.map(({ client }) => client.next({ content: sent.at(-1)! })));
      }
      expect(reception.events[0]).to.equal(`blocked ${slow!.session.id}`);
      slow!.client.resume();
      await reception.until('drained');
      await arrived([slow!]);
      expect(due).to.be.within(1, sent.length - 1);
      expect(contents(slow!.client)).to.have.length(due).and.to.deep.equal(sent.slice(0, due));
      for (const { client } of others) expect(contents(client)).to.deep.equal(sent);
      const [texts, ...copies] = others.map(({ client }) => client.texts.slice(1).join());
      for (const copy of copies) expect(copy === texts).to.equal(true);
    }).timeout(10_000);

    it('tells that a socket has drained also where little may wait', async () => {
      await bench.close();
      bench = await create(reception, 8192);
      const { client, session } = await enter('ana');
      const sent: string[] = [];
      client.pause();
      while (!session.blocked) {
        sent.push(`${sent.length} ${noise(3000)}`);
        toOne(sent.at(-1)!, session);
        await nextTurn();
      }
      client.resume();
      await reception.until('drained ana');
      await arrived([{ client, session }]);
      expect(contents(client)).to.deep.equal(sent);
    });

    it('reports one that takes nothing before it would close it, however much a turn brings', async () => {
      const users = await enterMany(CROWD);
      const [slow, ...others] = users;
      const room = new Set(users.map(({ session }) => session));
      slow!.client.pause();
      let waiting = 0;
      while (waiting === 0) {
        const seen = await watchingWrites(async () => {
          toOne(noise(4000), slow!.session);
          await nextTurn();
        });
        waiting = seen.waiting;
      }
      for (let i = 0; i < 5; i += 1) toAll(`${i} ${noise(60_000)}`, room);
      await Promise.all(others.map(({ client }) => client.next(({ content }) => content.startsWith('4 '))));
      expect(reception.events[0]).to.equal(`blocked ${slow!.session.id}`);
      slow!.client.resume();
      await reception.until('drained');
      await arrived([slow!]);
    });

    it('leaves alone what a slow client has not taken yet, while it writes to others', async () => {
      const users = await enterMany(3);
      const [slow, ...others] = users;
      const lists = new Map(users.map(({ session }) => [session, [] as string[]]));
      const send = ({ session }: { session: Session }) => {
        const list = lists.get(session)!;
        list.push(`${session.id} ${list.length} ${noise(12_000)}`);
        toOne(list.at(-1)!, session);
      };
      slow!.client.pause();
      for (let more = 10; more > 0; more -= slow!.session.blocked ? 1 : 0) {
        for (const user of users) send(user);
        await Promise.all(others.map(({ client, session }) => client.next({ content: lists.get(session)!.at(-1)! })));
      }
      slow!.client.resume();
      await arrived(users);
      for (const { client, session } of users) expect(contents(client)).to.deep.equal(lists.get(session));
    }).timeout(10_000);
  });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i));
}

/** A text that compression does not make small. */
function noise(length: number): string {
  return randomBytes(length / 2).toString('hex');
}

/** What this process writes to connections that it has accepted: the clients in it have accepted none. */
async function watchingWrites(run: () => Promise<void>) {
  const seen = { writes: 0, bytes: 0, waiting: 0 };
  const prototype: { write?: Socket['write'] } = Socket.prototype;
  const write = Socket.prototype.write;
  prototype.write = function (this: Socket & { server?: unknown }, ...args: unknown[]) {
    const result = Reflect.apply(write, this, args) as boolean;
    if (!this.server) return result;
    seen.writes += 1;
    seen.bytes += (args[0] as Buffer).length;
    seen.waiting = Math.max(seen.waiting, this.writableLength);
    return result;
  } as Socket['write'];
  try {
    await run();
  } finally {
    // It was inherited before.
    delete prototype.write;
  }
  return seen;
}

/** The WebSocket underneath a client, of either protocol. */
function wireOf(client: Client): WebSocket {
  if (client instanceof RawClient) return client.ws;
  return (client as SdkClient).socket.io.engine.transport.ws as WebSocket;
}

/** What comes by it, in order: pings with what they carry, and messages that are chats. */
function tapped(client: Client): string[] {
  const lines: string[] = [];
  const wire = wireOf(client);
  wire.on('ping', (payload) => lines.push(`ping ${payload}`));
  wire.on('message', (data) => lines.push(...(String(data).includes('"type":"chat"') ? ['chat'] : [])));
  return lines;
}
