import { expect } from 'chai';
import { type Client, closeAll, connect, refusal } from '../support/client.ts';
import { type Answer, json, request } from '../support/http.ts';
import { dataKey, idsOf, type Message, positionOf, unique } from '../support/messages.ts';
import { drop, lastIdOf, returning } from '../support/returning.ts';
import { accepted } from './answers.ts';
import { blocksOf } from './document.ts';
import { byDoor, conformance, OWN_TYPES, target, withSettings } from './target.ts';

interface Page {
  room: string;
  messages: Message[];
  more: boolean;
}

type Query = Record<string, string | number>;

conformance('9.8 GET /ws/history', () => {
  it('9.8 200 and JSON, with the keys of the document in its order', async () => {
    const { room } = await talked(1);
    const answer = await ask({ room });
    expect(answer.status).to.equal(200);
    expect(answer.headers['content-type']).to.match(/^application\/json/);
    const shown = blocksOf('http body').find(({ text }) => text.includes('"more"'))!;
    expect(Object.keys(json(answer))).to.deep.equal(Object.keys(JSON.parse(shown.text) as object));
  });

  byDoor((door) => {
    it(`9.8 the messages are those that the members have received, the same text (${door})`, async () => {
      const room = unique('room');
      const ana = await connect(door, target(), { rooms: [room] });
      await accepted(ana, {
        type: 'chat',
        content: '¿Qué tal? \u2028 </script>',
        room,
        data: { ñ: [1.5, null, '🐍'] },
      });
      await accepted(ana, { type: 'notification', data: 0, room, clientMsgId: unique('m') });
      await ana.barrier();
      const { body } = await ask({ room });
      const texts = ana.texts.filter((text) => /"type":"(chat|notification)"/.test(text) && text.includes(room));
      expect(texts).to.have.lengthOf(2);
      expect(body).to.equal(`{"room":"${room}","messages":[${texts.join()}],"more":false}`);
    });
  });

  it('9.8 absent, empty or "general": the default room, whose messages have no room', async () => {
    const ana = await connect('ws', target());
    const { id } = await accepted(ana, { type: 'chat', content: 'Hola' });
    const echo = await ana.next({ id });
    for (const query of [{}, { room: '' }, { room: 'general' }]) {
      const { room, messages } = await pageOf({ ...query, limit: 300 });
      expect(room).to.equal('general');
      expect(messages.find((message) => message.id === id)).to.deep.equal(echo);
      for (const message of messages) expect(message).not.to.have.any.keys('room', 'to');
    }
  });

  it('9.8 nothing but what is kept, of that room alone', async () => {
    const [room, other] = [unique('room'), unique('room')];
    const ana = await connect('ws', target(), { rooms: [room, other] });
    const { id } = await accepted(ana, { type: 'chat', content: 'x', room });
    await accepted(ana, { type: 'chat', content: 'x', room: other });
    await accepted(ana, { type: 'chat', content: 'x', to: ana.userId });
    await accepted(ana, { type: 'heartbeat' });
    await accepted(ana, { type: 'leave', room });
    expect((await pageOf({ room })).messages.map((message) => message.id)).to.deep.equal([id]);
    expect((await pageOf({ limit: 300 })).messages.filter(({ to }) => to !== undefined)).to.deep.equal([]);
  });

  it('9.8 a room that nobody has been in has none, and no other page', async () => {
    const room = unique('room');
    for (const query of [{}, { before: '20231107132000-123' }, { after: '20231107132000-123' }]) {
      expect(await pageOf({ room, ...query })).to.deep.equal({ room, messages: [], more: false });
    }
  });

  it('9.8 limit: 100 where it is not given, and 300 at most', async () => {
    const { room, ids } = await talked(310);
    const cases: [query: Query, count: number][] = [
      [{}, 100],
      [{ limit: 1 }, 1],
      [{ limit: 99 }, 99],
      [{ limit: 300 }, 300],
      [{ limit: 301 }, 300],
      [{ limit: 99_999 }, 300],
    ];
    for (const [query, count] of cases) {
      const newest = await pageOf({ room, ...query });
      expect(newest.messages.map(({ id }) => id)).to.deep.equal(ids.slice(-count));
      expect(newest.more).to.equal(true);
      const oldest = await pageOf({ room, after: ids[0]!, ...query });
      expect(oldest.messages.map(({ id }) => id)).to.deep.equal(ids.slice(1, 1 + count));
      expect(oldest.more).to.equal(true);
    }
  });

  it('9.8 back to the first and on to the last, without a gap and without a repetition, by pages of any size', async () => {
    const { room, ids } = await talked(100);
    for (const limit of [7, 33, 50, 99, 100]) {
      const back = await walk(room, limit, ({ messages }) => ({ before: messages[0]!.id }));
      expect(back.reverse().flat(), `${limit}`).to.deep.equal(ids);
      const on = await walk(room, limit, ({ messages }) => ({ after: messages.at(-1)!.id }), { after: ids[0]! });
      expect(on.flat(), `${limit}`).to.deep.equal(ids.slice(1));
      for (const page of [...back.slice(1), ...on.slice(0, -1)]) expect(page).to.have.lengthOf(limit);
    }
  });

  it('9.8 more says whether there is another page: not where the last message was the last of a full page', async () => {
    const { room, ids } = await talked(4);
    expect(await summary({ room, limit: 4 })).to.deep.equal([ids, false]);
    expect(await summary({ room, limit: 3 })).to.deep.equal([ids.slice(1), true]);
    expect(await summary({ room, limit: 2, before: ids[2]! })).to.deep.equal([ids.slice(0, 2), false]);
    expect(await summary({ room, limit: 2, after: ids[1]! })).to.deep.equal([ids.slice(2), false]);
    expect(await summary({ room, before: ids[0]! })).to.deep.equal([[], false]);
    expect(await summary({ room, after: ids[3]! })).to.deep.equal([[], false]);
  });

  it('9.8 pages stay as they are while others talk on', async () => {
    const { room, ids, ana } = await talked(10);
    const first = await pageOf({ room, limit: 5 });
    const later = (await accepted(ana, { type: 'chat', content: 'later', room })).id;
    expect(await summary({ room, limit: 5, before: first.messages[0]!.id })).to.deep.equal([ids.slice(0, 5), false]);
    expect(await summary({ room, after: first.messages.at(-1)!.id })).to.deep.equal([[later], false]);
  });

  it('9.8 any id is a place: of another room, with a suffix, of the last message received', async () => {
    const { room, ids, ana } = await talked(2);
    const elsewhere = (await accepted(ana, { type: 'chat', content: 'x' })).id;
    await ana.barrier();
    const beside = lastIdOf(ana);
    expect(beside).to.include('.');
    const last = (await accepted(ana, { type: 'chat', content: 'x', room })).id;
    for (const id of [elsewhere, beside]) {
      expect(await summary({ room, after: id })).to.deep.equal([[last], false]);
      expect(await summary({ room, before: id })).to.deep.equal([ids, false]);
    }
  });

  it('9.8 and 11: who was told that it missed too much, or that something is lost, pages on from its lastId', async () => {
    const { room, ana } = await talked(0);
    const away = await connect('ws', target(), { rooms: [room], userId: unique('user'), session: '' });
    await away.next({ type: 'user_list', room });
    const { lastId } = returning(away);
    await drop(away);
    const ids: string[] = [];
    for (let i = 0; i < 30; i += 1) ids.push((await accepted(ana, { type: 'chat', content: `${i}`, room })).id);
    const pages = await walk(room, 20, ({ messages }) => ({ after: messages.at(-1)!.id }), { after: lastId });
    expect(pages.flat()).to.deep.equal(ids);
  });

  const REFUSALS: [query: string, code: string][] = [
    ['room=a%20b', 'invalid_room'],
    ['room=%C3%B1', 'invalid_room'],
    ['room=~ana', 'invalid_room'],
    ['room=a,b', 'invalid_room'],
    [`room=${'x'.repeat(129)}`, 'invalid_room'],
    ['username=system', 'invalid_username'],
    [`username=${'x'.repeat(65)}`, 'invalid_username'],
    ['userId=a%20b', 'invalid_user_id'],
    ['before=nonsense', 'invalid_message'],
    ['before=123', 'invalid_message'],
    ['before=20231107132000-', 'invalid_message'],
    ['before=20231307132000-1', 'invalid_message'],
    ['after=20231107132000-1%27%20OR%201=1', 'invalid_message'],
    ['after=20231107132000--1', 'invalid_message'],
    ['after=20231107132000-1.', 'invalid_message'],
    [`after=20231107132000-${'9'.repeat(30)}`, 'invalid_message'],
    ['before=20231107132000-1&after=20231107132000-1', 'invalid_message'],
    ['limit=0', 'invalid_message'],
    ['limit=-1', 'invalid_message'],
    ['limit=1.5', 'invalid_message'],
    ['limit=1e2', 'invalid_message'],
    ['limit=%201', 'invalid_message'],
    ['limit=ten', 'invalid_message'],
  ];
  it('9.8 refuses with 400 and the error body of 9.1 what is no room, no identity, no id and no number', async () => {
    for (const [query, code] of REFUSALS) {
      const { status, headers, body } = await request(`${target()}/ws/history?${query}`);
      expect(status, query).to.equal(400);
      expect(headers['content-type'], query).to.match(/^application\/json/);
      const { error } = JSON.parse(body) as { error: { code: string; message: string } };
      expect(error.code, query).to.equal(code);
      expect(error.message, query).to.be.a('string').and.not.equal('');
      expect(error.message, query).not.to.match(/SQL|\bat .*:\d+|node_modules/);
    }
  });

  it('2.1 of a repeated parameter the first value counts', async () => {
    const { room, ids } = await talked(3);
    const { body } = await request(`${target()}/ws/history?room=${room}&room=${unique('other')}&limit=1&limit=2`);
    expect((JSON.parse(body) as Page).messages.map(({ id }) => id)).to.deep.equal(ids.slice(-1));
  });

  it('9.8 it opens no session: who reads is no member and is not seen', async () => {
    const { room, ana } = await talked(1);
    const userId = unique('reader');
    await pageOf({ room, userId });
    ana.send({ type: 'user_list' });
    expect(idsOf(await ana.next({ type: 'user_list' }))).not.to.include(userId);
    expect(ana.messages.filter((message) => dataKey(message, 'userId') === userId)).to.deep.equal([]);
  });

  it('9.8 readable by CORS', async () => {
    const answer = await request(`${target()}/ws/history`, { headers: { origin: 'http://page.test' } });
    if (answer.status === 200)
      expect(answer.headers['access-control-allow-origin']).to.be.oneOf(['*', 'http://page.test']);
    else expect(answer.status).to.equal(403);
  });
});

withSettings('PROTOCOL.md 9.8 with CORS_ORIGINS', { corsOrigins: ['http://here.test'] }, (server) => {
  it('9.8 an allowed origin may read it, its refusals too; another one is forbidden_origin, as on /ws', async () => {
    for (const query of ['', '?limit=0', '?room=%00']) {
      const { headers } = await request(`${server().url}/ws/history${query}`, {
        headers: { origin: 'http://here.test' },
      });
      expect(headers['access-control-allow-origin']).to.equal('http://here.test');
      expect(String(headers['vary']).toLowerCase()).to.include('origin');
    }
    const origin = 'http://there.test';
    const { status, headers, body } = await request(`${server().url}/ws/history`, { headers: { origin } });
    expect(status).to.equal(403);
    expect(headers['access-control-allow-origin']).to.equal(undefined);
    expect(JSON.parse(body)).to.have.nested.property('error.code', 'forbidden_origin');
    expect((await refusal('ws', server().url, { headers: { origin } })).code).to.equal('forbidden_origin');
  });

  it('9.8 an allowed origin may send Authorization, and its browser is told so before; another one is not', async () => {
    const asked = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' };
    for (const path of ['/ws/history', '/ws', '/ws/stats']) {
      const preflight = (origin: string) =>
        request(server().url + path, { method: 'OPTIONS', headers: { ...asked, origin } });
      const here = await preflight('http://here.test');
      expect(here.status).to.equal(204);
      expect(here.headers).to.include({ 'access-control-allow-origin': 'http://here.test' });
      expect(String(here.headers['access-control-allow-headers']).toLowerCase()).to.equal('authorization');
      const there = await preflight('http://there.test');
      expect(there.status).to.equal(403);
      expect(there.headers).not.to.have.any.keys('access-control-allow-origin', 'access-control-allow-headers');
    }
  });
});

withSettings(
  'PROTOCOL.md 9.8 with own types and LOG_MESSAGES=20',
  { types: OWN_TYPES.join(), logMessages: 20 },
  (server) => {
    afterEach(closeAll);

    it('9.8 an own type of the class durable is stored, the others are not', async () => {
      const room = unique('room');
      const ana = await connect('ws', server().url, { rooms: [room] });
      for (const type of ['move', 'score', 'task']) await accepted(ana, { type, data: 1, room });
      const { messages } = await pageOf({ room }, server().url);
      expect(messages.map(({ type }) => type)).to.deep.equal(['task']);
      expect(positionOf(messages[0]!.id)).not.to.have.property('k');
    });

    it('9.8 and 10: of what is no longer kept there is no page', async () => {
      const room = unique('room');
      const ana = await connect('ws', server().url, { rooms: [room] });
      const ids: string[] = [];
      for (let i = 0; i < 100; i += 1) ids.push((await accepted(ana, { type: 'chat', content: `${i}`, room })).id);
      const kept = (await walk(room, 7, ({ messages }) => ({ before: messages[0]!.id }), {}, server().url))
        .reverse()
        .flat();
      expect(kept.length).to.be.within(20, 99);
      expect(kept).to.deep.equal(ids.slice(-kept.length));
    });
  },
);

function ask(query: Query, url = target()): Promise<Answer> {
  const texts = Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]);
  return request(`${url}/ws/history?${new URLSearchParams(texts)}`);
}

async function pageOf(query: Query, url?: string): Promise<Page> {
  const answer = await ask(query, url);
  expect(answer.status, answer.body).to.equal(200);
  return json<Page>(answer);
}

async function summary(query: Query): Promise<[ids: string[], more: boolean]> {
  const { messages, more } = await pageOf(query);
  return [messages.map(({ id }) => id), more];
}

/** The ids of each page, until there is no more. */
async function walk(
  room: string,
  limit: number,
  next: (page: Page) => Query,
  start: Query = {},
  url?: string,
): Promise<string[][]> {
  const pages: string[][] = [];
  let page = await pageOf({ room, limit, ...start }, url);
  pages.push(page.messages.map(({ id }) => id));
  while (page.more) {
    page = await pageOf({ room, limit, ...next(page) }, url);
    pages.push(page.messages.map(({ id }) => id));
  }
  return pages;
}

/** A room in which so much was said. */
async function talked(count: number): Promise<{ room: string; ids: string[]; ana: Client }> {
  const room = unique('room');
  const ana = await connect('ws', target(), { rooms: [room] });
  await ana.next({ type: 'user_list', room });
  for (let i = 0; i < count; i += 1) ana.send({ type: 'chat', content: `${i}`, room });
  const chats = await ana.collect({ type: 'chat', room }, count);
  return { room, ids: chats.map(({ id }) => id), ana };
}
