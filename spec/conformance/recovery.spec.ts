import { expect } from 'chai';
import { type Client, connect, DOORS, type Door, type Options } from '../support/client.ts';
import { newFolder, removeFolders } from '../support/folder.ts';
import type { Wanted } from '../support/inbox.ts';
import { dataKey, idsOf, type Message, nOf, type Outgoing, positionOf, unique } from '../support/messages.ts';
import { drop, lastIdOf, returning } from '../support/returning.ts';
import { type Running, startServer } from '../support/server.ts';
import { accepted, refused } from './answers.ts';
import { acrossDoors, byDoor, conformance, OWN_TYPES, remote, target, withSettings } from './target.ts';

const SIX = ['type', 'content', 'from', 'timestamp', 'id', 'data'];
const PATIENCE = 5000;

/** Every road into the hub. */
const ROADS: [road: string, door: Door, options: Options][] = [
  ['ws', 'ws', {}],
  ['socketio, websocket', 'socketio', {}],
  ['socketio, polling', 'socketio', { transports: ['polling'] }],
  ['socketio, polling then websocket', 'socketio', { transports: ['polling', 'websocket'] }],
  ['socketio, version 2', 'socketio', { sdk: 2 }],
  ['socketio, version 3', 'socketio', { sdk: 3 }],
];

conformance('11.1 Coming back', () => {
  for (const [road, door, options] of ROADS) {
    it(`11.1 the first list says recovered and replayed; what was missed follows the lists, then what is live (${road})`, async () => {
      const { room, ana, bo } = await company(door, options);
      await drop(ana);
      const missed = [
        await said(bo, { type: 'chat', room, data: { n: 1 } }),
        await said(bo, { type: 'notification' }),
        await said(bo, { type: 'chat', to: ana.userId }),
        await said(bo, { type: 'notification', room }),
      ];
      const back = await connect(door, target(), { ...options, ...returning(ana), rooms: [room] });
      const live = await said(bo, { type: 'chat', room });
      await back.next({ id: live });
      expect(back.welcome).to.include({ recovered: true, replayed: 4 });
      const given = ofBo(back);
      expect(given.map(({ id }) => id)).to.deep.equal([...missed, live]);
      expect(back.messages.slice(0, 2).map(({ type, room: of }) => [type, of])).to.deep.equal([
        ['user_list', undefined],
        ['user_list', room],
      ]);
      // As everybody else has received it: the same text.
      const texts = new Map(bo.messages.map(({ id }, i) => [id, bo.texts[i]]));
      for (const id of [...missed, live]) {
        expect(back.texts[back.messages.findIndex((message) => message.id === id)]).to.equal(texts.get(id));
      }
    });
  }

  const LASTS: [what: string, sender: 'ana' | 'bo', message: (to: Company) => Outgoing, (to: Company) => Wanted][] = [
    ['a list', 'ana', ({ room }) => ({ type: 'user_list', room }), ({ room }) => ({ type: 'user_list', room })],
    ['a heartbeat', 'ana', () => ({ type: 'heartbeat' }), () => 'heartbeat'],
    ['an error', 'ana', () => ({ type: 'leave' }), () => 'error'],
    ['an ack', 'ana', ({ room }) => ({ type: 'chat', data: 1, room, clientMsgId: unique('m') }), () => 'ack'],
    ['its own chat', 'ana', ({ room }) => ({ type: 'chat', data: 1, room }), ({ room }) => ({ type: 'chat', room })],
    ["another's chat", 'bo', ({ room }) => ({ type: 'chat', data: 1, room }), ({ room }) => ({ type: 'chat', room })],
    [
      'a direct message',
      'bo',
      ({ ana }) => ({ type: 'chat', data: 1, to: ana.userId }),
      ({ ana }) => ({ to: ana.userId }),
    ],
    ["another's leaving", 'bo', ({ room }) => ({ type: 'leave', room }), ({ room }) => ({ type: 'user_left', room })],
    ['its own leaving', 'ana', ({ room }) => ({ type: 'leave', room }), ({ room }) => ({ type: 'user_left', room })],
  ];
  byDoor((door) => {
    for (const [what, sender, message, last] of LASTS) {
      it(`11 one thing has to be remembered, the id of the last message: ${what}; no session (${door})`, async () => {
        const those = await company(door);
        const { room, ana, bo } = those;
        those[sender].send(message(those));
        const { id: lastId } = await ana.next(last(those));
        await drop(ana);
        await accepted(bo, { type: 'join', room });
        const missed = [await said(bo, { type: 'chat', room }), await said(bo, { type: 'chat', to: ana.userId })];
        const back = await connect(door, target(), { userId: ana.userId, rooms: [room], lastId });
        await back.next({ id: missed[1]! });
        await back.barrier();
        expect(back.welcome.recovered).to.equal(true);
        expect(back.welcome.replayed).to.be.at.least(2);
        expect(ofBo(back).map(({ id }) => id)).to.deep.equal(missed);
      });
    }

    it(`11.1 the ids of the lists are positions at the lastId that was given, with a suffix and without (${door})`, async () => {
      const { room, ana, bo } = await company(door);
      const numbered = await said(bo, { type: 'chat', room });
      await ana.next({ id: numbered });
      await ana.barrier();
      const besides = lastIdOf(ana);
      expect(besides).to.include('.');
      await drop(ana);
      await said(bo, { type: 'chat', room });
      for (const lastId of [numbered, besides]) {
        const back = await connect(door, target(), { userId: ana.userId, rooms: [room], lastId });
        await back.next({ type: 'user_list', room });
        for (const { id } of back.messages.filter(({ type }) => type === 'user_list')) {
          expect(positionOf(id).n).to.equal(nOf(lastId));
          expect(positionOf(id)).to.have.property('k');
        }
      }
    });

    it(`11.1 an id is good for a return after the return (${door})`, async () => {
      const { room, ana, bo } = await company(door);
      await drop(ana);
      const missed = await said(bo, { type: 'chat', room });
      for (const _ of [1, 2, 3]) {
        const back = await connect(door, target(), { ...returning(ana), rooms: [room] });
        await back.next({ id: missed });
        await drop(back);
        expect(ofBo(back).map(({ id }) => id)).to.deep.equal([missed]);
      }
    });

    it(`11.1 the first list's id is good for a return, too: of a replay that was cut off nothing is lost (${door})`, async () => {
      const { room, ana, bo } = await company(door);
      await drop(ana);
      const missed = [await said(bo, { type: 'chat', room }), await said(bo, { type: 'chat', room })];
      const cut = await connect(door, target(), { ...returning(ana), rooms: [room] });
      await drop(cut);
      const back = await connect(door, target(), { ...returning(ana), lastId: cut.welcome.id });
      await back.next({ id: missed[1]! });
      expect(ofBo(back).map(({ id }) => id)).to.deep.equal(missed);
    });

    it(`11.1 who has missed nothing is told so (${door})`, async () => {
      const { room, ana } = await company(door);
      await drop(ana);
      const back = await connect(door, target(), { ...returning(ana), rooms: [room] });
      await back.next({ type: 'user_list', room });
      await back.barrier();
      expect(back.welcome.recovered).to.equal(true);
      expect(ofBo(back)).to.deep.equal([]);
    });

    it(`11.1 its rooms are the default one, those named and those of its session: no others (${door})`, async () => {
      const [kept, left, never, named] = [unique('kept'), unique('left'), unique('never'), unique('named')];
      const bo = await connect('ws', target(), { username: 'Bo', rooms: [kept, left, never, named] });
      const ana = await connect(door, target(), { userId: unique('ana'), session: '', rooms: [left] });
      await accepted(ana, { type: 'join', room: kept });
      await accepted(ana, { type: 'leave', room: left });
      await ana.next({ type: 'user_left', room: left });
      await drop(ana);
      const missed: string[] = [];
      for (const room of [kept, undefined, named, left, never]) {
        missed.push(await said(bo, { type: 'chat', ...(room && { room }) }));
      }
      const back = await connect(door, target(), { ...returning(ana), rooms: [named] });
      await back.next({ id: missed[2]! });
      await back.barrier();
      expect(ofBo(back).map(({ id }) => id)).to.deep.equal(missed.slice(0, 3));
      expect(listsOf(back)).to.deep.equal([undefined, named, kept]);
      for (const room of [left, never])
        expect((await refused(back, { type: 'user_list', room })).code).to.equal('not_in_room');
    });

    it(`11.1 its direct messages are those to it and those by it, from another of its connections (${door})`, async () => {
      const { ana, bo } = await company(door);
      const tab = await connect('ws', target(), { userId: ana.userId, username: 'Bo' });
      const cy = await connect('ws', target(), { userId: unique('cy') });
      await drop(ana);
      const missed = [
        await said(tab, { type: 'chat', to: bo.userId }),
        await said(tab, { type: 'chat', to: ana.userId }),
        await said(bo, { type: 'notification', to: ana.userId }),
      ];
      await said(bo, { type: 'chat', to: cy.userId });
      const back = await connect(door, target(), returning(ana));
      await back.next({ id: missed[2]! });
      await back.barrier();
      expect(ofBo(back).map(({ id }) => id)).to.deep.equal(missed);
    });

    it(`11.1 without a gap and without a repetition while others talk on (${door})`, async () => {
      await comeAndGoWhileOthersTalk(door, { url: target() });
    });

    it(`11.1 comings and goings are not replayed: the list is the present state (${door})`, async () => {
      const { room, ana, bo } = await company(door);
      await drop(ana);
      const staying = await connect('ws', target(), { userId: unique('staying'), rooms: [room] });
      const passing = await connect('ws', target(), { userId: unique('passing'), rooms: [room] });
      await passing.close();
      await bo.next((m) => m.type === 'user_left' && m.room === room && dataKey(m, 'userId') === passing.userId);
      const back = await connect(door, target(), { ...returning(ana), rooms: [room] });
      const list = await back.next({ type: 'user_list', room });
      await back.barrier();
      for (const ids of [idsOf(back.welcome), idsOf(list)]) {
        expect(ids).to.include(staying.userId).and.not.include(passing.userId);
      }
      const both = [staying.userId, passing.userId];
      expect(back.messages.filter((m) => both.includes(String(dataKey(m, 'userId'))))).to.deep.equal([]);
    });
  });

  acrossDoors((here, there) => {
    it(`11.2 and 11.1 goes on by the other protocol, and back (${here}, ${there})`, async () => {
      const { room, ana, bo } = await company(here);
      let former = ana;
      for (const door of [there, here, there]) {
        await drop(former);
        const missed = [await said(bo, { type: 'chat', room }), await said(bo, { type: 'chat', to: ana.userId })];
        const back = await connect(door, target(), returning(former));
        await back.next({ id: missed[1]! });
        expect(ofBo(back).map(({ id }) => id)).to.deep.equal(missed);
        expect(back.welcome).to.include({ recovered: true, session: ana.welcome.session });
        expect(listsOf(back)).to.deep.equal([undefined, room]);
        former = back;
      }
    });
  });

  it('11.1 what auth lacks is taken from the query: lastId and session (socketio)', async () => {
    const { room, ana, bo } = await company('socketio');
    await drop(ana);
    const missed = await said(bo, { type: 'chat', room });
    const { userId, session, lastId } = returning(ana);
    const query = { session: String(session), lastId: String(lastId) };
    const back = await connect('socketio', target(), { auth: { userId }, query });
    await back.next({ id: missed });
    expect(back.welcome).to.include({ recovered: true, session });
    const wrong = { session: unique('other'), lastId: 'nonsense' };
    const again = await connect('socketio', target(), { auth: { userId, session, lastId }, query: wrong });
    expect(again.welcome).to.include({ recovered: true, session });
  });

  byDoor((door) => {
    it(`1.2 the keys of the first list come where they belong, in their order; other lists have none (${door})`, async () => {
      const { room, ana } = await company(door);
      const { userId, session, lastId } = returning(ana);
      const stranger = { userId: unique('stranger') };
      const cases: [what: string, options: Options, keys: string[]][] = [
        ['nothing given', {}, []],
        ['a session asked for', { session: '' }, ['session']],
        ['a session asked for with a lastId', { userId, session: '', lastId }, ['session', 'recovered', 'replayed']],
        ['a lastId', { userId, lastId }, ['session', 'recovered', 'replayed']],
        ['a wrong lastId', { userId, lastId: 'nonsense' }, ['session', 'recovered', 'reason']],
        ["another's session", { ...stranger, session }, ['session', 'recovered', 'reason']],
        ["another's session and a lastId", { ...stranger, session, lastId }, ['session', 'recovered', 'reason']],
        ['its session', { userId, session }, ['session']],
        ['its session and a wrong lastId', { userId, session, lastId: '1' }, ['session', 'recovered', 'reason']],
        ['its session and a lastId', { userId, session, lastId }, ['session', 'recovered', 'replayed']],
      ];
      for (const [what, options, keys] of cases) {
        const client = await connect(door, target(), { rooms: [room], ...options });
        client.send({ type: 'user_list', room });
        client.send({ type: 'user_list' });
        await client.collect({ type: 'user_list', room }, 2);
        const asked = await client.next((m) => m.type === 'user_list' && m.room === undefined);
        expect(Object.keys(client.welcome), what).to.deep.equal([...SIX, ...keys]);
        expect(client.welcome.recovered, what).to.equal(
          keys.includes('recovered') ? keys.includes('replayed') : undefined,
        );
        expect(Object.keys(asked), what).to.deep.equal(SIX);
        // The session goes on with the next one.
        await drop(client);
      }
    });

    it(`11.1 unknown: what was never given; nothing is replayed, the session and its rooms stay (${door})`, async () => {
      const { room, ana, bo } = await company(door);
      await drop(ana);
      const chat = await said(bo, { type: 'chat', room });
      for (const [what, lastId] of forgeriesOf(chat)) {
        if (door === 'ws' && typeof lastId !== 'string') continue;
        const back = await connect(door, target(), { ...returning(ana), lastId });
        await back.barrier();
        const { recovered, reason, session } = back.welcome;
        expect({ recovered, reason, session }, what).to.deep.equal({
          recovered: false,
          reason: 'unknown',
          session: ana.welcome.session,
        });
        expect(ofBo(back), what).to.deep.equal([]);
        expect(listsOf(back), what).to.deep.equal([undefined, room]);
        await drop(back);
      }
      const back = await connect(door, target(), returning(ana));
      await back.next({ id: chat });
    });

    it(`11.1 where it says false the connection is a fresh one: its lists are at the present, it hears what is live (${door})`, async () => {
      const { room, ana, bo } = await company(door);
      await drop(ana);
      const missed = await said(bo, { type: 'chat', room });
      const fresh = await connect(door, target(), { userId: ana.userId, rooms: [room], lastId: 'nonsense' });
      const list = await fresh.next({ type: 'user_list', room });
      for (const { id } of [fresh.welcome, list]) expect(nOf(id) >= nOf(missed), id).to.equal(true);
      const live = await said(bo, { type: 'chat', room });
      await fresh.next({ id: live });
      expect(ofBo(fresh).map(({ id }) => id)).to.deep.equal([live]);
      await drop(fresh);
      const later = await said(bo, { type: 'chat', room });
      const back = await connect(door, target(), returning(fresh));
      await back.next({ id: later });
      expect(ofBo(back).map(({ id }) => id)).to.deep.equal([later]);
    });
  });

  it('11.1 1,000 missed messages are replayed, in order; of one more it is told too_many (ws, then socketio)', async () => {
    const { room, ana, bo } = await company('ws');
    const talkers = await Promise.all([1, 2, 3].map(() => connect('ws', target(), { username: 'Bo', rooms: [room] })));
    await drop(ana);
    for (let i = 0; i < 999; i += 1) talkers[i % 3]!.send({ type: 'chat', content: `${i}`, room });
    for (const talker of talkers) await talker.barrier(PATIENCE);
    await said(bo, { type: 'chat', to: ana.userId });
    const back = await connect('ws', target(), returning(ana));
    await back.next({ type: 'chat', to: ana.userId }, PATIENCE);
    // Others may be on a server that is not ours.
    if (!remote) expect(back.welcome).to.include({ recovered: true, replayed: 1000 });
    expect(ofBo(back)).to.have.lengthOf(1000);
    await drop(back);
    await said(bo, { type: 'chat', room });
    const late = await connect('socketio', target(), returning(ana));
    await late.barrier();
    expect(late.welcome).to.include({ recovered: false, reason: 'too_many', session: ana.welcome.session });
    expect(ofBo(late)).to.deep.equal([]);
  });

  withSettings('11.1 with REPLAY_LIMIT=5 and LOG_MESSAGES=20', { replayLimit: 5, logMessages: 20 }, (server) => {
    byDoor((door) => {
      it(`11.1 too_many counts all rooms and direct messages together (${door})`, async () => {
        const { room, ana, bo } = await company(door, {}, server());
        await drop(ana);
        for (let i = 0; i < 3; i += 1) await said(bo, { type: 'chat', room });
        await said(bo, { type: 'notification' });
        const fifth = await said(bo, { type: 'chat', to: ana.userId });
        const back = await connect(door, server().url, returning(ana));
        await back.next({ id: fifth });
        expect(back.welcome).to.include({ recovered: true, replayed: 5 });
        await drop(back);
        await said(bo, { type: 'chat' });
        const late = await connect(door, server().url, returning(ana));
        await late.barrier();
        expect(late.welcome).to.include({ recovered: false, reason: 'too_many' }).and.not.have.property('replayed');
        expect(ofBo(late)).to.deep.equal([]);
      });

      it(`11.1 truncated: what is no longer kept in one room is not made up for by the others (${door})`, async () => {
        const { room, ana, bo } = await company(door, {}, server());
        await drop(ana);
        const elsewhere = await said(bo, { type: 'chat' });
        for (let i = 0; i < 60; i += 1) await said(bo, { type: 'chat', room });
        const back = await connect(door, server().url, returning(ana));
        await back.barrier();
        expect(back.welcome).to.include({ recovered: false, reason: 'truncated' }).and.not.have.property('replayed');
        expect(ofBo(back)).to.deep.equal([]);
        await drop(back);
        // Of the room where little was said all is kept.
        const alone = await connect(door, server().url, { userId: ana.userId, lastId: lastIdOf(ana) });
        await alone.next({ id: elsewhere });
        expect(alone.welcome).to.include({ recovered: true, replayed: 1 });
      });
    });
  });

  withSettings('11.1 with own types', { types: OWN_TYPES.join(',') }, (server) => {
    byDoor((door) => {
      it(`11.1 an own type of the class durable is replayed; one that is ephemeral is not; a state is given as to a newcomer (${door})`, async () => {
        const { room, ana, bo } = await company(door, {}, server());
        await drop(ana);
        await accepted(bo, { type: 'move', room });
        for (const data of [1, 2]) await accepted(bo, { type: 'score', key: 'a', data, room });
        const missed = [await said(bo, { type: 'task', room }), await said(bo, { type: 'chat', room })];
        const back = await connect(door, server().url, { ...returning(ana), rooms: [room] });
        const score = await back.next('score');
        await back.barrier();
        expect(back.welcome).to.include({ recovered: true, replayed: 2 });
        expect(ofBo(back).map(({ type }) => type)).to.have.members(['task', 'chat', 'score']);
        expect(back.messages.filter(({ id }) => missed.includes(id)).map(({ id }) => id)).to.deep.equal(missed);
        expect(score.data).to.equal(2);
        expect(positionOf(score.id)).to.have.property('k');
      });
    });
  });

  if (!remote) {
    const keeps = (dataDir: string) => startServer({ log: 'sqlite', dataDir });
    after(removeFolders);

    it('11.1 without a gap and without a repetition while others talk on, with LOG=sqlite (ws and socketio)', async () => {
      const server = await keeps(newFolder());
      for (const door of DOORS) await comeAndGoWhileOthersTalk(door, server);
      await server.close();
    });

    acrossDoors((here, there) => {
      it(`10 LOG=sqlite: what was missed, the session and the rooms outlive the server (${here}, then ${there})`, async () => {
        const folder = newFolder();
        const first = await keeps(folder);
        const { room, ana, bo } = await company(here, {}, first);
        await drop(ana);
        const missed = await said(bo, { type: 'chat', room });
        await first.close();
        const second = await keeps(folder);
        const back = await connect(there, second.url, returning(ana));
        await back.next({ id: missed });
        expect(back.welcome).to.include({ recovered: true, replayed: 1, session: ana.welcome.session });
        expect(listsOf(back)).to.deep.equal([undefined, room]);
        await second.close();
      });

      it(`11.1 unknown: its store was lost, or it is another server's; a session is not known there (${here}, then ${there})`, async () => {
        const first = await keeps(newFolder());
        const { ana } = await company(here, {}, first);
        await drop(ana);
        await first.close();
        const second = await keeps(newFolder());
        const { userId, session, lastId } = returning(ana);
        const back = await connect(there, second.url, { userId, lastId });
        expect(back.welcome).to.include({ recovered: false, reason: 'unknown' });
        const again = await connect(there, second.url, { userId, session, lastId });
        expect(again.welcome).to.include({ recovered: false, reason: 'session' });
        expect(again.welcome.session).to.be.a('string').and.not.equal(session);
        await second.close();
      });
    });
  }
});

type Where = Pick<Running, 'url'>;

interface Company {
  room: string;
  ana: Client;
  bo: Client;
}

/** A room with Ana, who has a session and all her lists, and Bo, who does the talking. */
async function company(door: Door, options: Options = {}, { url }: Where = { url: target() }): Promise<Company> {
  const room = unique('room');
  const bo = await connect('ws', url, { username: 'Bo', userId: unique('bo'), rooms: [room] });
  await bo.next({ type: 'user_list', room });
  // A client that polls has no connection to drop: it comes by a WebSocket first.
  const { transports: _, ...rest } = options;
  const ana = await connect(door, url, { ...rest, userId: unique('ana'), rooms: [room], session: '' });
  await ana.next({ type: 'user_list', room });
  return { room, ana, bo };
}

async function comeAndGoWhileOthersTalk(door: Door, where: Where): Promise<void> {
  const { room, ana, bo } = await company(door, {}, where);
  await drop(ana);
  const ids: string[] = [];
  const lives: Client[] = [];
  // As many as are never refused (3.4).
  const talk = [1, 2, 3, 4].map(async () => {
    for (let i = 0; i < 120 && lives.length < 5; i += 1) ids.push(await said(bo, { type: 'chat', room }));
  });
  for (let former = ana; lives.length < 5; former = lives.at(-1)!) {
    ids.push(await said(bo, { type: 'chat', room }));
    const back = await connect(door, where.url, { ...returning(former), rooms: [room] });
    expect(back.welcome.recovered).to.equal(true);
    expect(back.welcome.replayed).to.be.at.least(1);
    lives.push(back);
    if (lives.length < 5) await drop(back);
  }
  await Promise.all(talk);
  ids.sort((a, b) => Number(nOf(a) - nOf(b)));
  await lives.at(-1)!.next({ id: ids.at(-1)! }, PATIENCE);
  expect(lives.flatMap(ofBo).map(({ id }) => id)).to.deep.equal(ids);
}

/** @returns the id of the message */
async function said(client: Client, message: Outgoing): Promise<string> {
  return (await accepted(client, { content: unique('said'), ...message })).id;
}

/** What Bo has said: others may be on a server that is not ours. */
function ofBo({ messages }: Client): Message[] {
  return messages.filter(({ from }) => from === 'Bo');
}

/** The rooms of the lists that a client has received, in order. */
function listsOf({ messages }: Client): (string | undefined)[] {
  return messages.filter(({ type }) => type === 'user_list').map(({ room }) => room);
}

/** What is no id that this server has given, made of one that it has. */
function forgeriesOf(id: string): [what: string, lastId: unknown][] {
  const [date, n] = id.split('-') as [string, string];
  return [
    ['a word', 'hola'],
    ['a space', ' '],
    ['zero', '0'],
    ['an N alone', n],
    ['an N that was never given', `${date}-${Number(n) + 1_000_000}`],
    ['an N of 0', `${date}-0`],
    ['a negative N', `${date}--${n}`],
    ['an N with a sign', `${date}-+${n}`],
    ['an N with a leading zero', `${date}-0${n}`],
    ['an N in other digits', `${date}-${[...n].map((digit) => String.fromCodePoint(0xff10 + Number(digit))).join('')}`],
    ['an N as a hexadecimal', `${date}-0x${Number(n).toString(16)}`],
    ['an N with an exponent', `${date}-${n}e0`],
    ['a far too large N', `${date}-${'9'.repeat(400)}`],
    ['no N', `${date}-`],
    ['an empty suffix', `${id}.`],
    ['two suffixes', `${id}.1.1`],
    ['a negative suffix', `${id}.-1`],
    ['the second of another time', `20231107132000-${n}`],
    ['the second of another time, with a suffix', `20231107132000-${n}.1`],
    ['a date that does not exist', `20240230000000-${n}`],
    ['a month that does not exist', `20241301000000-${n}`],
    ['a space before', ` ${id}`],
    ['a space behind', `${id} `],
    ['a line behind', `${id}\n`],
    ['a NUL behind', `${id}\0`],
    ['two ids', `${id},${id}`],
    ['SQL', `${id}' OR '1'='1`],
    ['more SQL', `'; DROP TABLE log; --`],
    ['JSON', JSON.stringify({ id })],
    ['a path', '../../etc/passwd'],
    ['a template', `\${${n}}{{${n}}}`],
    ['names of an object', '__proto__'],
    ['its own room', 'general'],
    ['a long text', 'x'.repeat(5000)],
    ['a number', Number(n)],
    ['true', true],
    ['false', false],
    ['an array', [id]],
    ['an object', { id }],
    ['an object that would be a text', { toString: id, length: id.length }],
  ];
}
