import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { accepted } from '../conformance/answers.ts';
import { type Client, closeAll, connect, DOORS, type Door, RawClient, refusal, SdkClient } from '../support/client.ts';
import { newFolder, removeFolders } from '../support/folder.ts';
import { json, request } from '../support/http.ts';
import { matcher, type Wanted } from '../support/inbox.ts';
import { idsOf, type Message, nOf, type Outgoing, unique } from '../support/messages.ts';
import { Person } from '../support/person.ts';
import { TcpProxy } from '../support/proxy.ts';
import { rawUrl } from '../support/raw.ts';
import {
  type Coming,
  come,
  drop,
  lastIdOf,
  leaveAll,
  open,
  optionsOf,
  PATIENCE,
  sessionOf,
  welcomeOf,
} from '../support/returning.ts';
import { type Running, startServer } from '../support/server.ts';
import { aboutUser, hearAll, isPresence, keptBy, presenceIn, said, talking } from '../support/talk.ts';

type Settings = Parameters<typeof startServer>[0];

const OTHER: Record<Door, Door> = { ws: 'socketio', socketio: 'ws' };

/** Where messages are kept: the same cases for each. */
const LOGS: [where: string, settings: () => Settings][] = [
  ['in memory', () => ({ log: 'memory' })],
  ['on a disk', () => ({ log: 'sqlite', dataDir: newFolder() })],
];

for (const [where, settings] of LOGS) {
  describe(`coming back, where messages are kept ${where}`, () => {
    const start = (more: Settings) => startServer({ ...settings(), ...more });
    comingBack(start);
    after(removeFolders);
  });
}

function comingBack(start: (settings: Settings) => Promise<Running>): void {
  let server: Running;
  let proxies: TcpProxy[];
  before(async () => {
    server = await start({ types: 'move:ephemeral,score:state,task:durable' });
  });
  beforeEach(() => {
    proxies = [];
  });
  afterEach(async () => {
    await Promise.all([closeAll(), leaveAll()]);
    await Promise.all(proxies.map((proxy) => proxy.close()));
  });
  after(() => server.close());

  for (const door of DOORS) {
    describe(`by ${door}`, () => {
      it('finds what it missed, though it had dropped before any message', async () => {
        const { room, userId, bo } = await company();
        const ana = await come(door, server, { userId, rooms: [room], session: '' });
        const lists = await ana.next({ type: 'user_list', room });
        await drop(ana);
        const missed = [
          await said(bo, { type: 'chat', room }),
          await said(bo, { type: 'notification' }),
          await said(bo, { type: 'chat', to: userId }),
          await said(bo, { type: 'task', room, data: { n: 1 } }),
        ];
        const back = await come(door, server, { userId, session: sessionOf(ana), lastId: lists.id });
        expect(welcomeOf(back)).to.include({ recovered: true, replayed: 4, session: sessionOf(ana) });
        const live = await said(bo, { type: 'chat', room });
        await back.next({ id: live });
        expect(typesOf(back)).to.deep.equal([
          'user_list',
          `user_list@${room}`,
          `chat@${room}`,
          'notification',
          'chat',
          `task@${room}`,
          `chat@${room}`,
        ]);
        expect(back.messages.slice(2).map(({ id }) => id)).to.deep.equal([...missed, live]);
        const ids = back.messages.slice(0, 2).map(({ id }) => nOf(id));
        expect(ids).to.deep.equal([nOf(lists.id), nOf(lists.id)]);
      });

      it('takes over from a half-open connection: nothing is lost, and nobody hears of it', async () => {
        const { room, userId, bo } = await company();
        const proxy = await proxyTo(server);
        const old = await come(door, { url: proxy.url }, { userId, rooms: [room], session: '' });
        await old.next({ type: 'user_list', room });
        await hearAll(bo);
        const heard = bo.messages.length;
        const lastId = lastIdOf(old);
        proxy.blackHole();
        const missed = [await said(bo, { type: 'chat', room }), await said(bo, { type: 'chat', to: userId })];
        const back = await come(door, server, { userId, session: sessionOf(old), lastId });
        const live = await said(bo, { type: 'chat', room });
        await back.next({ id: live });
        expect(keptBy(back)).to.deep.equal([...missed, live]);
        await hearAll(bo);
        expect(presenceIn(bo, heard, userId)).to.deep.equal([]);
        // The network is there again: the old connection hears what has become of it.
        proxy.heal();
        await expectReplaced(old);
        await said(bo, { type: 'chat', room });
        await hearAll(bo);
        expect(presenceIn(bo, heard, userId)).to.deep.equal([]);
        await back.barrier();
      });

      it('survives three drops in a row under traffic', async () => {
        const { room, userId, bo } = await company();
        const proxy = await proxyTo(server);
        const doors = [door, OTHER[door], door, OTHER[door]];
        const lives: Client[] = [await come(door, { url: proxy.url }, { userId, rooms: [room], session: '' })];
        const session = sessionOf(lives[0]!);
        await lives[0]!.next({ type: 'user_list', room });
        const talk = talking(bo, room, 400);
        for (const next of doors.slice(1)) {
          await lives.at(-1)!.next({ type: 'chat', room });
          proxy.cut();
          await lives.at(-1)!.closed;
          const lastId = lastIdOf(lives.at(-1)!);
          lives.push(await come(next, { url: proxy.url }, { userId, session, lastId }));
          expect(welcomeOf(lives.at(-1)!)).to.include({ recovered: true, session });
        }
        const ids = await talk;
        await lives.at(-1)!.next({ id: ids.at(-1)! }, PATIENCE);
        expect(lives.flatMap(keptBy)).to.deep.equal(ids);
      });

      it('goes on where a replay was cut off, as often as it is', async () => {
        const { room, userId, bo } = await company();
        const first = await come(door, server, { userId, rooms: [room], session: '' });
        await first.next({ type: 'user_list', room });
        await drop(first);
        const ids = await talking(bo, room, 300, 'x'.repeat(1000));
        const proxy = await proxyTo(server);
        const lives = [first];
        const session = sessionOf(first);
        for (const bytes of [40_000, 60_000, 90_000]) {
          proxy.cutAfter(bytes);
          const lastId = lastIdOf(lives.at(-1)!);
          const next = await come(door, { url: proxy.url }, { userId, session, lastId });
          expect(welcomeOf(next)).to.include({ recovered: true, session });
          lives.push(next);
          await next.closed;
          expect(keptBy(next).length).to.be.lessThan(ids.length);
        }
        const last = await come(door, server, { userId, session, lastId: lastIdOf(lives.at(-1)!) });
        await last.next({ id: ids.at(-1)! }, PATIENCE);
        lives.push(last);
        expect(lives.flatMap(keptBy)).to.deep.equal(ids);
        expect(lives.slice(2).every((life) => keptBy(life).length > 0)).to.equal(true);
      });

      it('gets the rest in order where its socket blocks in the middle of the replay', async () => {
        const { room, userId, bo } = await company();
        const first = await come(door, server, { userId, rooms: [room], session: '' });
        await first.next({ type: 'user_list', room });
        await drop(first);
        // More than all buffers on the way hold together.
        const ids = await talking(bo, room, 400, 'x'.repeat(60_000));
        const proxy = await proxyTo(server);
        proxy.stallAfter(100_000);
        const back = await come(
          door,
          { url: proxy.url },
          { userId, session: sessionOf(first), lastId: lastIdOf(first) },
        );
        expect(welcomeOf(back)).to.include({ recovered: true, replayed: 400 });
        ids.push(await said(bo, { type: 'notification', room }));
        proxy.heal();
        await back.next({ id: ids.at(-1)! }, PATIENCE);
        expect(keptBy(back)).to.deep.equal(ids);
        // It was behind: it gets fresh lists once it is level.
        await back.collect({ type: 'user_list', room }, 2);
        ids.push(await said(bo, { type: 'chat', room }));
        await back.next({ id: ids.at(-1)! });
        expect(keptBy(back)).to.deep.equal(ids);
      }).timeout(15_000);

      it('is told what can not be recovered, and starts afresh', async () => {
        const { room, userId, bo } = await company();
        const ana = await come(door, server, { userId, rooms: [room], session: '' });
        const { id: given } = await ana.next({ type: 'user_list', room });
        await drop(ana);
        const chat = await said(bo, { type: 'chat', room });
        const [date, n] = chat.split('-') as [string, string];
        const wrong: [what: string, id: unknown][] = [
          ['a word', 'hola'],
          ['a number', 5],
          ['an object', { id: chat }],
          ['an id of another server', '20231107132000-123'],
          ['an N that was never given', `${date}-${Number(n) + 1000}`],
          ['N of 0', `${date}-0`],
          ['the right N and a wrong second', `${later(date, 1)}-${n}`],
          ['the right N and an earlier second', `${later(date, -1)}-${n}`],
          ['the right N, a suffix and an earlier second', `${later(date, -1)}-${n}.1`],
          ['an N with a leading zero', `${date}-0${n}`],
          ['far too many figures', `${date}-${'9'.repeat(500)}`],
        ];
        for (const [what, lastId] of wrong) {
          if (door === 'ws' && typeof lastId !== 'string') continue;
          const back = await come(door, server, { userId, session: sessionOf(ana), lastId });
          expect(welcomeOf(back), what).to.include({ recovered: false, reason: 'unknown', session: sessionOf(ana) });
          expect(welcomeOf(back), what).not.to.have.property('replayed');
          await back.barrier();
          expect(keptBy(back), what).to.deep.equal([]);
          expect(typesOf(back), what).to.deep.equal(['user_list', `user_list@${room}`, 'heartbeat']);
          await drop(back);
        }
        const back = await come(door, server, { userId, session: sessionOf(ana), lastId: given });
        await back.next({ id: chat });
      });

      it("is not helped by another one's session, and does not disturb it", async () => {
        const { room, userId, bo } = await company();
        const owner = await come(door, server, { userId, rooms: [room], session: '' });
        await owner.next({ type: 'user_list', room });
        const mallory = unique('mallory');
        for (const [what, session] of [
          ['foreign', sessionOf(owner)],
          ['guessed', 'A'.repeat(22)],
        ] as const) {
          for (const lastId of [undefined, lastIdOf(owner)]) {
            const thief = await come(door, server, { userId: mallory, session, lastId });
            expect(welcomeOf(thief), what).to.include({ recovered: false, reason: 'session' });
            expect(sessionOf(thief), what)
              .to.match(/^[\w-]{22,}$/)
              .and.not.equal(session);
            await thief.barrier();
            expect(typesOf(thief), what).to.deep.equal(['user_list', 'heartbeat']);
            expect((await thief.request({ type: 'chat', content: 'x', room })).ok, what).to.equal(false);
            await thief.close();
          }
        }
        await owner.next({ id: await said(bo, { type: 'chat', room }) });
        await owner.next({ id: await said(bo, { type: 'chat', to: userId }) });
        await hearAll(bo);
        expect(presenceIn(bo, 0, userId)).not.to.include('user_left');
        expect(idsOf(await listFor(bo, room))).to.include(userId);
      });

      it('gets its rooms back by its session alone: those it joined since, and not those it left', async () => {
        const { room, userId, bo } = await company();
        const [later1, left] = [unique('later'), unique('left')];
        const ana = await come(door, server, { userId, rooms: [room, left], session: '' });
        await accepted(ana, { type: 'join', room: later1 });
        await accepted(ana, { type: 'leave', room: left });
        await drop(ana);
        const missed = await said(bo, { type: 'chat', room });
        const back = await come(door, server, { userId, session: sessionOf(ana) });
        expect(welcomeOf(back))
          .to.include({ session: sessionOf(ana) })
          .and.not.have.any.keys('recovered', 'replayed');
        await back.barrier();
        expect(typesOf(back)).to.deep.equal(['user_list', `user_list@${room}`, `user_list@${later1}`, 'heartbeat']);
        expect(keptBy(back)).to.not.include(missed);
        const live = await said(bo, { type: 'chat', room });
        await back.next({ id: live });
        await accepted(back, { type: 'chat', content: 'aquí', room: later1 });
        expect(await back.request({ type: 'chat', content: 'allí', room: left })).to.have.nested.property(
          'error.code',
          'not_in_room',
        );
      });

      it('keeps rooms over several drops, and adds those of the handshake behind its own first ones', async () => {
        const { room, userId } = await company();
        const another = unique('room');
        const ana = await come(door, server, { userId, rooms: [room], session: '' });
        await drop(ana);
        const second = await come(door, server, {
          userId,
          rooms: [another],
          session: sessionOf(ana),
          lastId: lastIdOf(ana),
        });
        await second.barrier();
        expect(typesOf(second).slice(0, 3)).to.have.members(['user_list', `user_list@${room}`, `user_list@${another}`]);
        await drop(second);
        const third = await come(OTHER[door], server, { userId, session: sessionOf(ana), lastId: lastIdOf(second) });
        await third.barrier();
        expect(typesOf(third).slice(0, 3)).to.have.members(['user_list', `user_list@${room}`, `user_list@${another}`]);
        expect(welcomeOf(third)).to.include({ recovered: true, replayed: 0 });
      });

      it('has a session issued by an empty one and by a lastId, and by nothing else', async () => {
        const plain = await connect(door, server.url);
        expect(plain.welcome).not.to.have.any.keys('session', 'recovered', 'reason', 'replayed');
        const asked = await come(door, server, { session: '' });
        expect(sessionOf(asked)).to.match(/^[\w-]{22,64}$/);
        expect(welcomeOf(asked)).not.to.have.any.keys('recovered', 'reason', 'replayed');
        const returned = await come(door, server, { userId: plain.userId, lastId: lastIdOf(plain) });
        expect(sessionOf(returned))
          .to.match(/^[\w-]{22,64}$/)
          .and.not.equal(sessionOf(asked));
        expect(welcomeOf(returned)).to.include({ recovered: true });
      });

      it('is refused where its session is none that could have been given', async () => {
        for (const session of [
          'x'.repeat(65),
          'a b',
          'ñ',
          'a.b',
          'a\n',
          ...(door === 'socketio' ? [5, {}, ['a']] : []),
        ]) {
          const refused = await refusal(door, server.url, optionsOf(door, { session }));
          expect(refused.code, JSON.stringify(session)).to.equal('invalid_session');
          if (door === 'ws') expect(refused.status).to.equal(400);
          if (door === 'ws') await expectRefusedByGet(rawUrl(server.url, optionsOf(door, { session })));
          else expect(refused.data).to.deep.include({ code: 'invalid_session', retryable: false });
        }
        await come(door, server, { session: 'x'.repeat(64) });
      });

      it('stays present while it is away, and may be written to', async () => {
        const { room, userId, bo } = await company();
        const ana = await come(door, server, { userId, rooms: [room], session: '' });
        await ana.next({ type: 'user_list', room });
        await hearAll(bo);
        const heard = bo.messages.length;
        await dropSeen(ana, server);
        const dm = await said(bo, { type: 'chat', to: userId });
        for (const of of [undefined, room]) expect(idsOf(await listFor(bo, of))).to.include(userId);
        const back = await come(door, server, { userId, session: sessionOf(ana), lastId: lastIdOf(ana) });
        await back.next({ id: dm });
        expect(welcomeOf(back)).to.include({ recovered: true, replayed: 1 });
        await hearAll(bo);
        expect(presenceIn(bo, heard, userId)).to.deep.equal([]);
      });

      it('is gone at once where it says goodbye, session or not', async () => {
        const { room, userId, bo } = await company();
        const ana = await come(door, server, { userId, rooms: [room], session: '' });
        await ana.next({ type: 'user_list', room });
        await ana.close();
        await bo.next((m) => m.type === 'user_left' && m.room === room && aboutUser(m) === userId);
        await bo.next((m) => m.type === 'user_left' && m.room === undefined && aboutUser(m) === userId);
        expect(await bo.request({ type: 'chat', content: 'x', to: userId })).to.have.nested.property(
          'error.code',
          'user_not_found',
        );
        const missed = await said(bo, { type: 'chat', room });
        const back = await come(door, server, { userId, session: sessionOf(ana), lastId: lastIdOf(ana) });
        await back.next({ id: missed });
        expect(welcomeOf(back)).to.include({ recovered: true, replayed: 1, session: sessionOf(ana) });
        await bo.next((m) => m.type === 'user_joined' && m.room === room && aboutUser(m) === userId);
      });

      it('may return with the id of whatever it received last', async () => {
        const { room, userId, bo } = await company();
        const [side, hall] = [unique('side'), unique('hall')];
        const ana = await come(door, server, { userId, rooms: [room, side, hall], session: '' });
        const session = sessionOf(ana);
        const lasts: [what: string, sender: 'ana' | 'bo', message: Outgoing, answer: Wanted][] = [
          ['a list', 'ana', { type: 'user_list', room }, { type: 'user_list' }],
          ['a heartbeat', 'ana', { type: 'heartbeat', content: 'x' }, { type: 'heartbeat' }],
          ['an error', 'ana', { type: 'chat', room: 'nowhere', content: 'x' }, { type: 'error' }],
          ['an ack', 'ana', { type: 'chat', content: 'x', clientMsgId: unique('m') }, { type: 'ack' }],
          ['its own chat', 'ana', { type: 'chat', content: 'own', room }, { content: 'own' }],
          ['an ephemeral message', 'bo', { type: 'move', room }, { type: 'move' }],
          ['a state', 'bo', { type: 'score', data: 1, room }, { type: 'score', data: 1 }],
          ['its own leaving', 'ana', { type: 'leave', room: side }, { type: 'user_left', room: side }],
          ["another's coming", 'bo', { type: 'join', room: hall }, { type: 'user_joined', room: hall }],
          ["another's leaving", 'bo', { type: 'leave', room: hall }, { type: 'user_left', room: hall }],
        ];
        let client = ana;
        for (const [what, sender, message, answer] of lasts) {
          // What is given with the lists is not waited for.
          await client.barrier();
          const seen = client.messages.length;
          (sender === 'ana' ? client : bo).send(message);
          const { id: lastId } = await client.next((m) => client.messages.indexOf(m) >= seen && matcher(answer)(m));
          await drop(client);
          const missed = [await said(bo, { type: 'chat', room }), await said(bo, { type: 'notification' })];
          client = await come(door, server, { userId, session, lastId });
          expect(welcomeOf(client), what).to.include({ recovered: true, replayed: 2, session });
          await client.next({ id: missed[1]! });
          expect(keptBy(client), what).to.deep.equal(missed);
        }
      });

      it('is given no comings and goings and nothing ephemeral, and a state once', async () => {
        const { room, userId, bo } = await company();
        const ana = await come(door, server, { userId, rooms: [room], session: '' });
        await ana.next({ type: 'user_list', room });
        await drop(ana);
        const cy = await connect('ws', server.url, { userId: unique('cy'), rooms: [room] });
        await cy.close();
        await accepted(bo, { type: 'move', room, data: 1 });
        await accepted(bo, { type: 'score', room, key: 'k', data: 1 });
        await accepted(bo, { type: 'score', room, key: 'k', data: 2 });
        await accepted(bo, { type: 'score', room, key: 'l', data: 3 });
        const task = await said(bo, { type: 'task', room, data: 4 });
        const back = await come(door, server, { userId, session: sessionOf(ana), lastId: lastIdOf(ana) });
        expect(welcomeOf(back)).to.include({ recovered: true, replayed: 1 });
        await back.collect({ type: 'score' }, 2);
        await back.barrier();
        expect(typesOf(back)).to.deep.equal([
          'user_list',
          `user_list@${room}`,
          `task@${room}`,
          `score@${room}`,
          `score@${room}`,
          'heartbeat',
        ]);
        expect(keptBy(back)).to.deep.equal([task]);
        expect(back.messages.filter(({ type }) => type === 'score').map(({ data }) => data)).to.deep.equal([2, 3]);
      });

      it('publishes once what it sends again by the other protocol', async () => {
        const { room, userId, bo } = await company();
        const ana = await come(door, server, { userId, rooms: [room], session: '' });
        await ana.next({ type: 'user_list', room });
        const clientMsgId = unique('m');
        const content = unique('content');
        const lastId = lastIdOf(ana);
        ana.send({ type: 'chat', content, room, clientMsgId });
        const { id } = await bo.next({ content });
        await drop(ana);
        const back = await come(OTHER[door], server, { userId, session: sessionOf(ana), lastId });
        const receipt = await back.request({ type: 'chat', content, room, clientMsgId });
        expect(receipt).to.include({ ok: true, id, duplicate: true });
        await Promise.all([hearAll(bo), back.barrier()]);
        expect(bo.messages.filter((m) => m.content === content)).to.have.length(1);
        expect(back.messages.filter((m) => m.content === content).map((m) => m.id)).to.deep.equal([id]);
      });

      it('is answered after its lists where it asks right at the beginning, and hears its own chat once', async () => {
        const { room, userId, bo } = await company();
        const ana = await come(door, server, { userId, rooms: [room], session: '' });
        await ana.next({ type: 'user_list', room });
        await drop(ana);
        const missed = await said(bo, { type: 'chat', room });
        const content = unique('content');
        const coming = { userId, session: sessionOf(ana), lastId: lastIdOf(ana) };
        const back = await eager(door, server, coming, [
          { type: 'chat', content, room, clientMsgId: 'early' },
          { type: 'heartbeat', content: 'early' },
        ]);
        await back.next({ type: 'heartbeat', content: 'early' });
        await back.next({ type: 'ack' });
        await back.barrier();
        const [first, second] = typesOf(back);
        expect([first, second]).to.deep.equal(['user_list', `user_list@${room}`]);
        expect(back.messages.filter((m) => m.content === content)).to.have.length(1);
        const places = [missed, back.messages.find((m) => m.content === content)!.id].map((id) =>
          back.messages.findIndex((m) => m.id === id),
        );
        expect(places[0]).to.be.lessThan(places[1]!);
        expect(back.messages.findIndex(({ type }) => type === 'ack')).to.be.greaterThan(places[1]!);
        expect(typesOf(back)).not.to.include('error');
        await back.close();
      });

      it('is one of two that come at once: the other one is closed for good, and nothing is lost', async () => {
        for (const others of [door, OTHER[door]]) {
          const { room, userId, bo } = await company();
          const ana = await come(door, server, { userId, rooms: [room], session: '' });
          await ana.next({ type: 'user_list', room });
          await hearAll(bo);
          const heard = bo.messages.length;
          await drop(ana);
          const missed = await said(bo, { type: 'chat', room });
          const coming = { userId, session: sessionOf(ana), lastId: lastIdOf(ana) };
          const both = [eager(door, server, coming), eager(others, server, coming)];
          const came = await Promise.allSettled(both);
          const clients = came.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
          expect(clients.length).to.be.greaterThan(0);
          for (const client of clients) expect(sessionOf(client)).to.equal(sessionOf(ana));
          const live = await said(bo, { type: 'chat', room });
          const winner = await Promise.any(clients.map((client) => client.next({ id: live }).then(() => client)));
          expect(keptBy(winner)).to.deep.equal([missed, live]);
          for (const loser of clients.filter((client) => client !== winner)) await expectReplaced(loser);
          await winner.barrier();
          await hearAll(bo);
          expect(presenceIn(bo, heard, userId)).to.deep.equal([]);
          await winner.close();
        }
      });
    });
  }

  it('goes from the raw protocol to Socket.IO, by WebSocket and by polling, and back', async () => {
    const { room, userId, bo } = await company();
    const roads: [Door, Coming][] = [
      ['ws', { session: '' }],
      ['socketio', {}],
      ['ws', {}],
      ['socketio', { transports: ['polling'] }],
      ['socketio', { transports: ['polling', 'websocket'] }],
      ['socketio', { sdk: 2 }],
      ['ws', {}],
    ];
    const lives: Client[] = [];
    let lastId: string | undefined;
    let missed: string[] = [];
    for (const [door, coming] of roads) {
      const back = { session: lives[0] && sessionOf(lives[0]), lastId };
      const client = await come(door, server, { userId, rooms: [room], ...back, ...coming });
      if (lives[0])
        expect(welcomeOf(client)).to.include({ recovered: true, replayed: 2, session: sessionOf(lives[0]) });
      lives.push(client);
      const live = await said(bo, { type: 'chat', room });
      await client.next({ id: live });
      expect(keptBy(client)).to.deep.equal([...missed, live]);
      lastId = lastIdOf(client);
      missed = [await said(bo, { type: 'chat', room }), await said(bo, { type: 'notification' })];
    }
    for (const old of lives.slice(0, -1)) await expectReplaced(old);
  });

  const ends: [how: string, door: Door, goodbye: boolean, end: (client: Client) => void][] = [
    ['close 1000', 'ws', true, (client) => rawOf(client).ws.close(1000)],
    ['a close without a code', 'ws', true, (client) => rawOf(client).ws.close()],
    ['close 1001, as a page that is loaded anew', 'ws', false, (client) => rawOf(client).ws.close(1001)],
    ['close 4000, to come again', 'ws', false, (client) => rawOf(client).ws.close(4000)],
    ['a binary frame', 'ws', false, (client) => rawOf(client).write(Buffer.from([1]))],
    ['an end of TCP', 'ws', false, (client) => client.drop()],
    ['disconnect()', 'socketio', true, (client) => sdkOf(client).socket.disconnect()],
    ['the close of its transport', 'socketio', false, (client) => sdkOf(client).socket.io.engine.close()],
    ['an end of TCP', 'socketio', false, (client) => client.drop()],
  ];
  for (const [how, door, goodbye, end] of ends) {
    it(`takes ${how} for ${goodbye ? 'a goodbye' : 'a drop'} (${door})`, async () => {
      const { room, userId, bo } = await company();
      const ana = await come(door, server, { userId, rooms: [room], session: '' });
      await ana.next({ type: 'user_list', room });
      await hearAll(bo);
      const heard = bo.messages.length;
      const open = await connections(server);
      end(ana);
      await ana.closed;
      await until(async () => (await connections(server)) < open);
      await hearAll(bo);
      expect(presenceIn(bo, heard, userId)).to.deep.equal(goodbye ? [`user_left@${room}`, 'user_left'] : []);
    });
  }

  it('takes over from a client that no longer polls', async () => {
    const { room, userId, bo } = await company();
    const proxy = await proxyTo(server);
    const coming = { userId, rooms: [room], session: '', transports: ['polling' as const] };
    const old = await come('socketio', { url: proxy.url }, coming);
    await old.next({ type: 'user_list', room });
    await hearAll(bo);
    const heard = bo.messages.length;
    const lastId = lastIdOf(old);
    proxy.blackHole();
    const missed = await said(bo, { type: 'chat', room });
    const back = await come('ws', server, { userId, session: sessionOf(old), lastId });
    await back.next({ id: missed });
    await hearAll(bo);
    expect(presenceIn(bo, heard, userId)).to.deep.equal([]);
    proxy.heal();
    await expectReplaced(old);
  });

  for (const sdk of [2, 3, 4] as const) {
    it(`gives handlers of SDK ${sdk} exactly one argument, for what is replayed too`, async () => {
      const { room, userId, bo } = await company();
      const ana = (await come('socketio', server, { userId, rooms: [room], session: '', sdk })) as SdkClient;
      await ana.next({ type: 'user_list', room });
      await drop(ana);
      const missed = [await said(bo, { type: 'chat', room }), await said(bo, { type: 'notification', to: userId })];
      const coming = { userId, session: sessionOf(ana), lastId: lastIdOf(ana), sdk };
      const back = (await come('socketio', server, coming)) as SdkClient;
      await back.next({ id: missed[1]! });
      await back.barrier();
      expect(keptBy(back)).to.deep.equal(missed);
      expect(back.events.map(({ args }) => args.length)).to.deep.equal(back.events.map(() => 1));
      expect(back.events.map(({ name }) => name)).to.deep.equal(back.messages.map(({ type }) => type));
    });
  }

  it('leaves 20 raw and 20 Socket.IO clients that drop at random under load with the same transcript', async function () {
    this.timeout(20_000);
    const room = unique('load');
    const talkers = await Promise.all([1, 2, 3].map(() => connect('ws', server.url, { rooms: [room] })));
    const random = randomBy(7);
    const people = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const person = new Person(DOORS[i % 2]!, room);
        await person.come(server);
        return person;
      }),
    );
    const talk = Promise.all(talkers.map((talker) => talking(talker, room, 300)));
    let done = false;
    const roam = people.map(async (person) => {
      for (let drops = 0; drops < 4 && !done; drops += 1) {
        await person.hears(1 + Math.floor(random() * 120));
        await person.dropAndReturn(server);
      }
    });
    const ids = (await talk).flat();
    done = true;
    await Promise.all(roam);
    const closing = await said(talkers[0]!, { type: 'chat', room });
    await Promise.all(people.map((person) => person.client.next({ id: closing }, PATIENCE)));
    ids.push(closing);
    ids.sort((a, b) => Number(nOf(a) - nOf(b)));
    const expected = hash(ids);
    for (const person of people) expect(person.kept.length).to.equal(ids.length);
    expect(people.map((person) => hash(person.kept))).to.deep.equal(people.map(() => expected));
    expect(people.reduce((sum, { drops }) => sum + drops, 0)).to.be.greaterThan(40);
  });

  describe('where little is kept', () => {
    withServer(start, { logMessages: 20 }, (running) => {
      for (const door of DOORS) {
        it(`is told so, and given nothing in part (${door})`, async () => {
          const { room, userId, bo } = await company(running());
          const ana = await come(door, running(), { userId, rooms: [room], session: '' });
          await ana.next({ type: 'user_list', room });
          await drop(ana);
          await said(bo, { type: 'notification' });
          await talking(bo, room, 60);
          await said(bo, { type: 'chat', to: userId });
          const coming = { userId, session: sessionOf(ana), lastId: lastIdOf(ana) };
          const back = await come(door, running(), coming);
          expect(welcomeOf(back)).to.include({ recovered: false, reason: 'truncated', session: sessionOf(ana) });
          await back.barrier();
          expect(typesOf(back)).to.deep.equal(['user_list', `user_list@${room}`, 'heartbeat']);
          await drop(back);
          // From what it has been given since it goes on.
          const missed = await said(bo, { type: 'chat', room });
          const again = await come(door, running(), { ...coming, lastId: lastIdOf(back) });
          expect(welcomeOf(again)).to.include({ recovered: true, replayed: 1 });
          await again.next({ id: missed });
        });
      }
    });
  });

  describe('where much was missed', () => {
    withServer(start, { replayLimit: 5 }, (running) => {
      for (const door of DOORS) {
        it(`is told so above the limit, over all rooms together (${door})`, async () => {
          const { room, userId, bo } = await company(running());
          const ana = await come(door, running(), { userId, rooms: [room], session: '' });
          await ana.next({ type: 'user_list', room });
          await drop(ana);
          const coming = { userId, session: sessionOf(ana), lastId: lastIdOf(ana) };
          await talking(bo, room, 3);
          await said(bo, { type: 'chat' });
          const fifth = await said(bo, { type: 'chat', to: userId });
          const back = await come(door, running(), coming);
          expect(welcomeOf(back)).to.include({ recovered: true, replayed: 5 });
          await back.next({ id: fifth });
          await drop(back);
          await said(bo, { type: 'chat', room });
          const late = await come(door, running(), coming);
          expect(welcomeOf(late)).to.include({ recovered: false, reason: 'too_many', session: sessionOf(ana) });
          await late.barrier();
          expect(typesOf(late)).to.deep.equal(['user_list', `user_list@${room}`, 'heartbeat']);
        });
      }
    });
  });

  describe('where a close is not waited for long', () => {
    withServer(start, { closeTimeout: 50 }, (running) => {
      for (const door of DOORS) {
        it(`leaves nothing behind of a connection that was dead (${door})`, async () => {
          const { room, userId, bo } = await company(running());
          const proxy = await proxyTo(running());
          const old = await come(door, { url: proxy.url }, { userId, rooms: [room], session: '' });
          await old.next({ type: 'user_list', room });
          const open = await connections(running());
          proxy.blackHole();
          const back = await come(door, running(), { userId, session: sessionOf(old), lastId: lastIdOf(old) });
          await until(async () => (await connections(running())) === open);
          expect(presenceIn(bo, 0, userId)).not.to.include('user_left');
          await back.close();
          await bo.next((m) => m.type === 'user_left' && m.room === undefined && aboutUser(m) === userId);
          await hearAll(bo);
          expect(presenceIn(bo, 0, userId).slice(-2)).to.deep.equal([`user_left@${room}`, 'user_left']);
          // It would wait for an answer to its own close.
          old.drop();
        });
      }
    });
  });

  describe('where the grace is short', () => {
    const presenceGrace = 300;
    withServer(start, { presenceGrace }, (running) => {
      for (const door of DOORS) {
        it(`is missed by the others once it is over, and greeted again (${door})`, async () => {
          const { room, userId, bo } = await company(running());
          const ana = await come(door, running(), { userId, rooms: [room], session: '' });
          await ana.next({ type: 'user_list', room });
          const since = performance.now();
          await drop(ana);
          const gone = (of?: string) => (m: Message) =>
            m.type === 'user_left' && m.room === of && aboutUser(m) === userId;
          await bo.next(gone(room));
          await bo.next(gone());
          expect(performance.now() - since).to.be.at.least(presenceGrace - 5);
          expect(await bo.request({ type: 'chat', content: 'x', to: userId })).to.have.nested.property(
            'error.code',
            'user_not_found',
          );
          const missed = await said(bo, { type: 'chat', room });
          const back = await come(door, running(), { userId, session: sessionOf(ana), lastId: lastIdOf(ana) });
          await back.next({ id: missed });
          expect(welcomeOf(back)).to.include({ recovered: true, replayed: 1, session: sessionOf(ana) });
          await bo.next((m) => m.type === 'user_joined' && m.room === room && aboutUser(m) === userId);
        });

        it(`is missed at once where it has no session (${door})`, async () => {
          const { userId, bo } = await company(running());
          const ana = await connect(door, running().url, { userId });
          ana.drop();
          await bo.next((m) => m.type === 'user_left' && aboutUser(m) === userId, presenceGrace * 5);
        });
      }
    });
  });

  /** A room with Bo in it, and a name for somebody else. */
  async function company({ url }: { url: string } = server): Promise<{ room: string; userId: string; bo: Client }> {
    const room = unique('room');
    const bo = await connect('ws', url, { username: 'Bo', userId: unique('bo'), rooms: [room] });
    await bo.next({ type: 'user_list', room });
    return { room, userId: unique('ana'), bo };
  }

  async function proxyTo({ url }: { url: string }): Promise<TcpProxy> {
    const proxy = await TcpProxy.before(url);
    proxies.push(proxy);
    return proxy;
  }
}

// --- coming and going ---

/** Comes, and sends right at the opening, before anything has come. */
async function eager(door: Door, server: { url: string }, coming: Coming, first: Outgoing[] = []): Promise<Client> {
  const client = open(door, server, coming);
  const send = () => {
    for (const message of first) client.send(message);
  };
  if (client instanceof RawClient) client.ws.once('open', send);
  else send();
  client.welcome = await client.next('user_list', PATIENCE);
  return client;
}

/** Drops, and resolves when the server has seen it. */
async function dropSeen(client: Client, server: Running): Promise<void> {
  const before = await connections(server);
  await drop(client);
  await until(async () => (await connections(server)) < before);
}

/** The list of a room, or of the default one, as it is now. */
async function listFor(client: Client, room?: string): Promise<Message> {
  const seen = client.messages.length;
  client.send({ type: 'user_list', ...(room && { room }) });
  return client.next((m) => m.type === 'user_list' && m.room === room && client.messages.indexOf(m) >= seen);
}

async function expectReplaced(client: Client): Promise<void> {
  const { code, reason } = await client.closed;
  if (client.door === 'ws') return void expect({ code, reason }).to.deep.equal({ code: 4504, reason: 'replaced' });
  expect(client.messages.at(-1)).to.deep.include({ type: 'error', data: { code: 'replaced', retryable: false } });
  expect(reason).to.equal('io server disconnect');
}

/** What a browser can see of a refused upgrade. */
async function expectRefusedByGet(url: string): Promise<void> {
  const answer = await request(url.replace(/^ws/, 'http'));
  expect(answer.status).to.equal(400);
  expect(json(answer)).to.have.nested.property('error.code', 'invalid_session');
}

function withServer(
  start: (settings: Settings) => Promise<Running>,
  settings: Settings,
  cases: (server: () => Running) => void,
): void {
  let running: Running;
  before(async () => {
    running = await start(settings);
  });
  after(() => running.close());
  cases(() => running);
}

function rawOf(client: Client): RawClient {
  if (client instanceof RawClient) return client;
  throw new Error('not a client of the raw door');
}

function sdkOf(client: Client): SdkClient {
  if (client instanceof SdkClient) return client;
  throw new Error('not a client of the Socket.IO door');
}

// --- what was received ---

/** All that it received, in short; not who came and went in the default room, where others are too. */
function typesOf(client: Client): string[] {
  const own = client.messages.filter((message) => message.room !== undefined || !isPresence(message));
  return own.map(({ type, room }) => (room === undefined ? type : `${type}@${room}`));
}

// --- the rest ---

async function connections({ url }: Running): Promise<number> {
  return json(await request(`${url}/ws/stats`))['current_connections'] as number;
}

async function until(test: () => Promise<boolean>): Promise<void> {
  while (!(await test())) await new Promise((resolve) => setTimeout(resolve, 5));
}

function hash(ids: readonly string[]): string {
  return createHash('sha256').update(ids.join('\n')).digest('hex');
}

/** The same numbers each time, from 0 to 1. */
function randomBy(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** `20231107132000` so many seconds later. */
function later(date: string, seconds: number): string {
  const [year, month, day, hour, minute, second] = date.match(/^\d{4}|\d\d/g)!.map(Number) as number[];
  const time = Date.UTC(year!, month! - 1, day!, hour!, minute!, second! + seconds);
  return new Date(time).toISOString().replace(/\D/g, '').slice(0, 14);
}
