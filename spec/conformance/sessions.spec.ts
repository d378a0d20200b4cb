import { expect } from 'chai';
import {
  type Client,
  connect,
  type Door,
  type Options,
  type RawClient,
  refusal,
  type SdkClient,
} from '../support/client.ts';
import { json, request } from '../support/http.ts';
import { dataKey, idsOf, unique } from '../support/messages.ts';
import { TcpProxy } from '../support/proxy.ts';
import { rawUrl } from '../support/raw.ts';
import { drop, lastIdOf, returning } from '../support/returning.ts';
import type { Running } from '../support/server.ts';
import { accepted, eventually, expectNone, refused } from './answers.ts';
import { byDoor, conformance, target, withSettings } from './target.ts';

const POLLING: Options = { transports: ['polling'] };

/** Who comes, and by which road. */
const ROADS: [road: string, door: Door, options: Options][] = [
  ['ws', 'ws', {}],
  ['socketio, websocket', 'socketio', {}],
  ['socketio, polling', 'socketio', POLLING],
];

conformance('11.2 Sessions', () => {
  byDoor((door) => {
    it(`11.2 each connection that asks is given a session of its own, of the characters it may have (${door})`, async () => {
      const userId = unique('ana');
      const clients = await Promise.all([1, 2, 3].map(() => connect(door, target(), { userId, session: '' })));
      const sessions = clients.map(({ welcome }) => welcome.session);
      for (const session of sessions) expect(session).to.match(/^[\w-]{22,64}$/);
      expect(new Set(sessions).size).to.equal(3);
      for (const client of clients) await client.barrier();
    });

    it(`11.2 it stays the same over any number of reconnects, recovered or not (${door})`, async () => {
      const ana = await connect(door, target(), { userId: unique('ana'), session: '' });
      const { userId, session } = returning(ana);
      let former = ana;
      for (const lastId of [undefined, 'nonsense', '', undefined, 'last', 'last']) {
        await drop(former);
        const position = lastId === 'last' ? lastIdOf(former) : lastId;
        former = await connect(door, target(), {
          userId,
          session,
          ...(position !== undefined && { lastId: position }),
        });
        expect(former.welcome.session).to.equal(session);
      }
    });

    it(`11.2 given back it restores the rooms, those named in the handshake first; also without a lastId (${door})`, async () => {
      const [first, second, left, named] = [unique('first'), unique('second'), unique('left'), unique('named')];
      const ana = await connect(door, target(), { userId: unique('ana'), session: '', rooms: [first, left] });
      await accepted(ana, { type: 'leave', room: left });
      await accepted(ana, { type: 'join', room: second });
      await drop(ana);
      const { userId, session } = returning(ana);
      const back = await connect(door, target(), { userId, session, rooms: [named, second] });
      await back.barrier();
      const lists = back.messages.filter(({ type }) => type === 'user_list').map(({ room }) => room);
      expect(lists).to.deep.equal([undefined, named, second, first]);
      expect(back.welcome).to.include({ session }).and.not.have.property('recovered');
      for (const room of [first, second, named]) await accepted(back, { type: 'chat', content: 'x', room });
      expect((await refused(back, { type: 'chat', content: 'x', room: left })).code).to.equal('not_in_room');
    });

    const WRONG: [what: string, session: unknown][] = [
      ['65 characters', 'x'.repeat(65)],
      ['very many characters', 'x'.repeat(4000)],
      ['a space', 'a b'],
      ['a dot', 'a.b'],
      ['a plus', 'a+b'],
      ['an equals sign', 'ab=='],
      ['another letter', 'ñ'],
      ['a full-width letter', 'ａ'],
      ['a line feed behind', 'abc\n'],
      ['a NUL', 'a\0b'],
      ['SQL', "' OR 1=1 --"],
      ['a path', '../../x'],
      ...(door === 'socketio'
        ? ([
            ['a number', 5],
            ['true', true],
            ['an array', ['abc']],
            ['an object', { id: 'abc' }],
          ] as [string, unknown][])
        : []),
    ];
    it(`11.2 invalid_session: more than 64 characters, or others than A-Z a-z 0-9 _ - (${door})`, async () => {
      for (const [what, session] of WRONG) {
        const { code, status, data } = await refusal(door, target(), { session });
        expect(code, what).to.equal('invalid_session');
        if (door === 'socketio') expect(data, what).to.include({ code, retryable: false });
        if (door === 'socketio') continue;
        expect(status, what).to.equal(400);
        const answer = await request(rawUrl(target(), { session }).replace(/^ws/, 'http'));
        expect(answer.status, what).to.equal(400);
        expect(json(answer), what).to.have.nested.property('error.code', 'invalid_session');
      }
    });

    it(`11.2 given by another user it is worth nothing, and its owner is undisturbed; nor is a guessed one (${door})`, async () => {
      const { room, ana, bo } = await company(door);
      const { session } = returning(ana);
      const mallory = unique('mallory');
      const chat = (await accepted(bo, { type: 'chat', content: 'secret', to: ana.userId })).id;
      await ana.next({ id: chat });
      const guesses = [session, ...guessesOf(session)];
      for (const guess of guesses) {
        for (const lastId of guess === session ? [undefined, lastIdOf(ana), 'nonsense'] : [lastIdOf(ana)]) {
          const thief = await connect(door, target(), { userId: mallory, session: guess, ...(lastId && { lastId }) });
          const { welcome } = thief;
          expect({ recovered: welcome.recovered, reason: welcome.reason }, guess).to.deep.equal({
            recovered: false,
            reason: 'session',
          });
          expect(welcome.session, guess)
            .to.match(/^[\w-]{22,64}$/)
            .and.not.equal(guess);
          expect((await refused(thief, { type: 'user_list', room })).code, guess).to.equal('not_in_room');
          expectNone(thief, (m) => m.type === 'chat' || m.room === room, 'what is not its own');
          await thief.close();
        }
      }
      // The owner is here, in its rooms, and nobody has heard that it went.
      const after = (await accepted(bo, { type: 'chat', content: 'x', room })).id;
      await ana.next({ id: after });
      await ana.barrier();
      await expectOneComing(bo, ana.userId);
      await drop(ana);
      const missed = (await accepted(bo, { type: 'chat', content: 'x', room })).id;
      const thief = await connect(door, target(), { userId: mallory, session });
      expect(thief.welcome.reason).to.equal('session');
      const back = await connect(door, target(), returning(ana));
      await back.next({ id: missed });
      expect(back.welcome).to.include({ recovered: true, session });
      await expectOneComing(bo, ana.userId);
    });

    it(`11.2 one that is not known is worth nothing to anybody; the new one is good (${door})`, async () => {
      const userId = unique('ana');
      const asked = unique('session');
      const client = await connect(door, target(), { userId, session: asked });
      expect(client.welcome).to.include({ recovered: false, reason: 'session' });
      await drop(client);
      const back = await connect(door, target(), returning(client));
      expect(back.welcome).to.include({ recovered: true, session: client.welcome.session });
      const again = await connect(door, target(), { userId, session: asked });
      expect(again.welcome).to.include({ recovered: false, reason: 'session' });
    });
  });

  for (const [there, newDoor, newOptions] of ROADS) {
    for (const [here, oldDoor, oldOptions] of ROADS) {
      it(`11.2 the newcomer takes over, and the one before is closed with 4504 replaced, without a user_left (${here}, then ${there})`, async () => {
        const { room, ana, bo } = await company(oldDoor, oldOptions);
        const back = await connect(newDoor, target(), { ...newOptions, ...returning(ana) });
        await expectReplaced(ana);
        const live = (await accepted(bo, { type: 'chat', content: 'x', room })).id;
        await back.next({ id: live });
        expect(back.welcome).to.include({ recovered: true, session: ana.welcome.session });
        await expectOneComing(bo, ana.userId);
      });
    }

    it(`11.2 the one before may be half-open: what it was sent is not lost, nobody hears of it (${there})`, async () => {
      const { room, userId, bo } = await people();
      const proxy = await TcpProxy.before(target());
      try {
        const old = await connect(newDoor, proxy.url, { ...newOptions, userId, rooms: [room], session: '' });
        await old.next({ type: 'user_list', room });
        await hearOf(bo, room, userId);
        proxy.blackHole();
        const missed = (await accepted(bo, { type: 'chat', content: 'x', room })).id;
        const back = await connect(newDoor, target(), { ...newOptions, ...returning(old) });
        await back.next({ id: missed });
        proxy.heal();
        await expectReplaced(old);
        await back.barrier();
        await expectOneComing(bo, userId);
        await old.close();
      } finally {
        await proxy.close();
      }
    });
  }

  withSettings('11.2 with MAX_ROOMS=3', { maxRooms: 3 }, (server) => {
    byDoor((door) => {
      it(`11.2 as many of its rooms as fit behind those named in the handshake (${door})`, async () => {
        const rooms = [unique('a'), unique('b'), unique('c')];
        const [d, e] = [unique('d'), unique('e')];
        const ana = await connect(door, server().url, { userId: unique('ana'), session: '', rooms });
        await ana.next({ type: 'user_list', room: rooms[2]! });
        await drop(ana);
        const back = await connect(door, server().url, { ...returning(ana), rooms: [d, e] });
        await back.barrier();
        const lists = back.messages.filter(({ type }) => type === 'user_list').map(({ room }) => room);
        expect(lists.slice(0, 3)).to.deep.equal([undefined, d, e]);
        expect(lists).to.have.lengthOf(4);
        expect(rooms).to.include(lists[3]);
        expect((await refused(back, { type: 'join', room: unique('f') })).code).to.equal('room_limit');
      });
    });
  });

  // Of their own, for what the statistics say.
  withSettings('11.2 presence, with the grace of the document', {}, (server) => {
    const VANISHED: [how: string, door: Door, options: Options, end: (client: Client) => void][] = [
      ['an end of TCP', 'ws', {}, (client) => client.drop()],
      ['a close 1001', 'ws', {}, (client) => (client as RawClient).ws.close(1001)],
      ['a close 4000', 'ws', {}, (client) => (client as RawClient).ws.close(4000)],
      ['an end of TCP', 'socketio', {}, (client) => client.drop()],
      ['an end of its transport', 'socketio', POLLING, (client) => (client as SdkClient).socket.io.engine.close()],
    ];
    for (const [how, door, options, end] of VANISHED) {
      it(`11.2 one that vanishes keeps its presence, and nobody hears of one that is back in time: ${how} (${door})`, async () => {
        const { room, ana, bo } = await company(door, options, server());
        const stats = await statsOf(server());
        end(ana);
        await ana.closed;
        await eventually('the connection has ended', async () => {
          return (await statsOf(server())).current_connections < stats.current_connections;
        });
        // 9.4: those who are expected back are active users.
        expect((await statsOf(server())).active_users).to.equal(stats.active_users);
        for (const of of [room, undefined]) {
          bo.send({ type: 'user_list', ...(of && { room: of }) });
          const list = await bo.next((m) => m.type === 'user_list' && m.room === of);
          expect(idsOf(list)).to.include(ana.userId);
        }
        const back = await connect(door, server().url, returning(ana));
        await expectOneComing(bo, ana.userId);
        await back.close();
        await hearGone(bo, room, ana.userId);
      });
    }

    const GOODBYES: [how: string, door: Door, options: Options, end: (client: Client) => void][] = [
      ['a raw close 1000', 'ws', {}, (client) => (client as RawClient).ws.close(1000)],
      ['a raw close without a code', 'ws', {}, (client) => (client as RawClient).ws.close()],
      ['a disconnect', 'socketio', {}, (client) => (client as SdkClient).socket.disconnect()],
      ['a disconnect by polling', 'socketio', POLLING, (client) => (client as SdkClient).socket.disconnect()],
    ];
    for (const [how, door, options, end] of GOODBYES) {
      it(`11.2 one that says goodbye does not; its session is still good: ${how} (${door})`, async () => {
        const { room, ana, bo } = await company(door, options, server());
        end(ana);
        await hearGone(bo, room, ana.userId);
        const missed = (await accepted(bo, { type: 'chat', content: 'x', room })).id;
        const back = await connect(door, server().url, returning(ana));
        await back.next({ id: missed });
        expect(back.welcome).to.include({ recovered: true, session: ana.welcome.session });
        await hearOf(bo, room, ana.userId);
      });
    }

    byDoor((door) => {
      it(`5.5 one that vanishes and has no session is gone at once (${door})`, async () => {
        const { room, userId, bo } = await people(server());
        const ana = await connect(door, server().url, { userId, rooms: [room] });
        await hearOf(bo, room, userId);
        await drop(ana);
        await hearGone(bo, room, userId);
      });
    });
  });

  withSettings('11.2 with PRESENCE_GRACE=150', { presenceGrace: 150 }, (server) => {
    byDoor((door) => {
      it(`11.2 once the grace is over the others hear that it has left; its session is still good (${door})`, async () => {
        const { room, ana, bo } = await company(door, {}, server());
        await drop(ana);
        await hearGone(bo, room, ana.userId);
        const missed = (await accepted(bo, { type: 'chat', content: 'x', room })).id;
        const back = await connect(door, server().url, returning(ana));
        await back.next({ id: missed });
        expect(back.welcome).to.include({ recovered: true, session: ana.welcome.session });
        await hearOf(bo, room, ana.userId);
      });
    });
  });
});

type Where = Pick<Running, 'url'>;

/** A room with Bo in it, and a name for somebody else. */
async function people({ url }: Where = { url: target() }): Promise<{ room: string; userId: string; bo: Client }> {
  const room = unique('room');
  const bo = await connect('ws', url, { userId: unique('bo'), rooms: [room] });
  await bo.next({ type: 'user_list', room });
  return { room, userId: unique('ana'), bo };
}

/** With Ana, who has a session, and of whose coming Bo has heard. */
async function company(
  door: Door,
  options: Options = {},
  where: Where = { url: target() },
): Promise<{ room: string; ana: Client; bo: Client }> {
  const { room, userId, bo } = await people(where);
  const ana = await connect(door, where.url, { ...options, userId, rooms: [room], session: '' });
  await ana.next({ type: 'user_list', room });
  await hearOf(bo, room, userId);
  return { room, ana, bo };
}

/** A user's coming, in the room and in the default one. */
async function hearOf(client: Client, room: string, userId: string): Promise<void> {
  await hearBoth(client, 'user_joined', room, userId);
}

async function hearGone(client: Client, room: string, userId: string): Promise<void> {
  await hearBoth(client, 'user_left', room, userId);
}

async function hearBoth(client: Client, type: string, room: string, userId: string): Promise<void> {
  for (const of of [room, undefined]) {
    await client.next((m) => m.type === type && m.room === of && dataKey(m, 'userId') === userId);
  }
}

/** That it has heard of a user's first coming and of nothing else, up to now. */
async function expectOneComing(client: Client, userId: string): Promise<void> {
  await hearAll(client);
  const passages = client.messages.filter(({ type }) => type === 'user_joined' || type === 'user_left');
  const heard = passages.filter((message) => dataKey(message, 'userId') === userId);
  expect(heard.map(({ type }) => type)).to.deep.equal(['user_joined', 'user_joined']);
}

/** Resolves when it has heard all that was published before: what it says to itself comes behind that. */
async function hearAll(client: Client): Promise<void> {
  const { id } = await accepted(client, { type: 'chat', content: 'all', to: client.userId });
  await client.next({ id });
}

async function expectReplaced(client: Client): Promise<void> {
  const { code, reason } = await client.closed;
  if (client.door === 'ws') return void expect({ code, reason }).to.deep.equal({ code: 4504, reason: 'replaced' });
  expect(reason).to.equal('io server disconnect');
  const { type, data } = client.messages.at(-1)!;
  expect({ type, data }).to.deep.equal({ type: 'error', data: { code: 'replaced', retryable: false } });
}

/** What could be tried by one who has seen a session, or none. */
function guessesOf(session: string): string[] {
  const first = session.startsWith('A') ? 'B' : 'A';
  const changed = session === session.toUpperCase() ? session.toLowerCase() : session.toUpperCase();
  const words = ['__proto__', 'constructor', 'toString', 'null', 'undefined', 'true', '0', '-', '_', '-1', 'NaN'];
  return [
    first + session.slice(1),
    session.slice(0, -1),
    `${session}A`,
    `-${session}`,
    changed,
    'A'.repeat(22),
    ...words,
  ];
}

async function statsOf({ url }: Where): Promise<{ current_connections: number; active_users: number }> {
  return json(await request(`${url}/ws/stats`)) as { current_connections: number; active_users: number };
}
