import { connect as connectTcp } from 'node:net';
import { expect } from 'chai';
import { z } from 'zod';
import { ApiKeys } from '../../src/auth/api-keys.ts';
import { Callers } from '../../src/auth/callers.ts';
import { Attempts } from '../../src/limits/attempts.ts';
import { Refusal } from '../../src/protocol/errors.ts';
import { defineType } from '../../src/protocol/own-type.ts';
import { type Answer, type Asked, json } from '../support/http.ts';
import { HttpBench } from '../support/http-bench.ts';
import { HubBench, inShort, silent } from '../support/hub-bench.ts';

const KEY = 'the-key-of-the-backend';
const AUTHORIZED = { authorization: `Bearer ${KEY}` };
const JSON_BODY = { ...AUTHORIZED, 'content-type': 'application/json' };

const TYPES = [
  defineType('move', { class: 'ephemeral' }),
  defineType('score', {
    class: 'state',
    // Not the same a second time: it must be asked once.
    schema: z.object({ points: z.number().transform((points) => points * 10) }),
  }),
];

describe('administration over HTTP', () => {
  let house: HubBench;
  let bench: HttpBench;

  beforeEach(async () => {
    house = await HubBench.start({ types: TYPES });
    bench = await HttpBench.start({
      admin: {
        keys: new ApiKeys([KEY, 'another-key-of-theirs']),
        attempts: new Attempts(house.clock),
        callers: new Callers([]),
        hub: house.hub.administrator,
        codec: { maxJsonDepth: 4, ownTypes: new Map(TYPES.map((type) => [type.name, type])) },
        maxMessageBytes: 1000,
        maxBodyBytes: 10_000,
        logger: silent,
        locale: 'en',
      },
    });
  });

  afterEach(() => bench.close());

  const ask = (path: string, asked: Asked = {}) => bench.get(path, { headers: AUTHORIZED, ...asked });
  const post = (body: unknown, headers: Record<string, string> = JSON_BODY) =>
    bench.get('/api/messages', {
      method: 'POST',
      headers,
      body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
  const dismiss = (userId: string, body?: unknown) =>
    bench.get(`/api/users/${userId}/disconnect`, {
      method: 'POST',
      ...(body === undefined ? { headers: AUTHORIZED } : { headers: JSON_BODY, body: JSON.stringify(body) }),
    });
  const inBrief = (answer: Answer) => {
    const { error } = json(answer) as { error?: { code: string } };
    return [answer.status, error?.code];
  };

  describe('the key', () => {
    for (const [what, authorization] of [
      ['none', undefined],
      ['a wrong one', 'Bearer the-key-of-the-frontend'],
      ['one of another scheme', `Basic ${KEY}`],
      ['an empty one', 'Bearer '],
    ] as const) {
      it(`${what}: 401 before anything is looked at, and how to ask`, async () => {
        const headers = authorization === undefined ? {} : { authorization };
        for (const [path, method] of [
          ['/api/users?limit=x', 'GET'],
          ['/api/messages', 'POST'],
          ['/api/rooms', 'PATCH'],
        ] as const) {
          const answer = await bench.get(path, { method, headers });
          expect(inBrief(answer), path).to.deep.equal([401, 'unauthorized']);
          expect(answer.headers).to.include({ 'www-authenticate': 'Bearer', 'cache-control': 'no-store' });
        }
      });
    }

    it('each of several opens', async () => {
      for (const key of [KEY, 'another-key-of-theirs']) {
        expect((await bench.get('/api/rooms', { headers: { authorization: `bearer ${key}` } })).status).to.equal(200);
      }
    });

    it('ten wrong ones: 429 for a minute, for a right one too, so that guessing tells nothing', async () => {
      const headers = { authorization: 'Bearer guessed-by-somebody' };
      for (let i = 0; i < 10; i += 1) expect((await bench.get('/api/rooms', { headers })).status).to.equal(401);
      for (const tried of [headers, AUTHORIZED]) {
        const answer = await bench.get('/api/rooms', { headers: tried });
        expect(inBrief(answer)).to.deep.equal([429, 'rate_limited']);
        expect(answer.headers['retry-after']).to.equal('60');
      }
      house.clock.advance(60_000);
      expect((await ask('/api/rooms')).status).to.equal(200);
    });

    it('none at all is no guess', async () => {
      for (let i = 0; i < 12; i += 1) await bench.get('/api/rooms');
      expect((await ask('/api/rooms')).status).to.equal(200);
    });
  });

  it('without keys the paths are none', async () => {
    const closed = await HttpBench.start();
    for (const path of ['/api/messages', '/api/users', '/api/rooms', '/api/users/a/disconnect', '/api/users/a/bar']) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        expect(inBrief(await closed.get(path, { method, headers: AUTHORIZED })), path).to.deep.equal([
          404,
          'not_found',
        ]);
      }
    }
    await closed.close();
  });

  describe('the metrics', () => {
    const counted = async (from = bench) =>
      (await from.get('/metrics')).body.split('\n').filter((line) => line.startsWith('ambos_api_calls_total'));
    const line = (route: string, status: number, calls: number) =>
      `ambos_api_calls_total{route="${route}",status="${status}"} ${calls}`;

    it('count the calls by route and status, whatever becomes of them, and no name is in them', async () => {
      expect(await counted()).to.deep.equal([]);
      for (const userId of ['ana', 'bo', 'nobody-at-all']) await dismiss(userId);
      await dismiss('a%20b');
      await ask('/api/rooms');
      await ask('/api/rooms', { method: 'HEAD' });
      await ask('/api/rooms', { method: 'NOTIFY' });
      await bench.get('/api/rooms?room=secret-room');
      await post({ type: 'chat', content: 'x' });
      await post('x'.repeat(20_000));
      await post('not json');
      await ask('/api/none');
      expect(await counted()).to.have.members([
        line('/api/users/:id/disconnect', 200, 3),
        line('/api/users/:id/disconnect', 400, 1),
        line('/api/rooms', 200, 2),
        line('/api/rooms', 405, 1),
        line('/api/rooms', 401, 1),
        line('/api/messages', 201, 1),
        line('/api/messages', 413, 1),
        line('/api/messages', 400, 1),
      ]);
    });

    it('say nothing of them where there is no key', async () => {
      const closed = await HttpBench.start();
      await closed.get('/api/rooms');
      expect((await closed.get('/metrics')).body).not.to.include('api_calls');
      await closed.close();
    });
  });

  describe('methods', () => {
    for (const [path, allow] of [
      ['/api/messages', 'POST, OPTIONS'],
      ['/api/users', 'GET, HEAD, OPTIONS'],
      ['/api/rooms', 'GET, HEAD, OPTIONS'],
      ['/api/users/ana/disconnect', 'POST, OPTIONS'],
      ['/api/users/ana/bar', 'DELETE, OPTIONS'],
    ] as const) {
      it(`${path} takes ${allow}`, async () => {
        const refused = await ask(path, { method: 'PATCH' });
        expect(inBrief(refused)).to.deep.equal([405, 'method_not_allowed']);
        expect(refused.headers['allow']).to.equal(allow);
        const options = await ask(path, { method: 'OPTIONS' });
        expect([options.status, options.headers['allow'], options.body]).to.deep.equal([204, allow, '']);
        expect((await ask(path, { method: 'HEAD' })).status).to.equal(allow.startsWith('GET') ? 200 : 405);
      });
    }

    it('no page of another origin may read an answer, nor send what is no simple request', async () => {
      for (const method of ['GET', 'OPTIONS']) {
        const { headers } = await ask('/api/users', {
          method,
          headers: { ...AUTHORIZED, origin: 'https://a.example' },
        });
        expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).to.deep.equal([]);
      }
    });
  });

  describe('POST /api/messages', () => {
    it('says one thing to everybody, as the system where nothing else is asked for', async () => {
      const ana = await house.join('ana');
      house.heard(ana);
      const answer = await post({ content: 'Hello' });
      const [message] = house.received(ana).slice(-1);
      expect(answer.status).to.equal(201);
      expect(json(answer)).to.deep.equal({ id: message!.id, timestamp: message!.timestamp });
      expect(message).to.include({ type: 'system', content: 'Hello', from: 'system', data: null });
    });

    it('reaches a room, or a user, under any name that a client might have', async () => {
      const [ana, bo] = [await house.join('ana', { rooms: ['a'] }), await house.join('bo')];
      await post({ type: 'chat', content: '1', room: 'a', from: 'Bot' });
      await post({ type: 'notification', content: '2', to: 'bo', data: { x: [1] } });
      expect(house.received(ana).at(-1)).to.include({ type: 'chat', content: '1', room: 'a', from: 'Bot' });
      const direct = house.received(bo).at(-1);
      expect(direct).to.deep.include({ content: '2', to: 'bo', fromId: 'system', data: { x: [1] } });
    });

    it('takes own types, whose schema is asked once, and a key of those of the class state', async () => {
      const ana = await house.join('ana');
      await post({ type: 'score', data: { points: 7 }, key: 'k' });
      await post({ type: 'move' });
      expect(
        house
          .received(ana)
          .slice(-2)
          .map(({ type, data }) => [type, data]),
      ).to.deep.equal([
        ['score', { points: 70 }],
        ['move', null],
      ]);
      expect(inBrief(await post({ type: 'score', data: { points: 'x' } }))).to.deep.equal([400, 'invalid_message']);
      expect(inBrief(await post({ type: 'score', data: { points: 1 }, to: 'ana' }))).to.deep.equal([
        400,
        'invalid_message',
      ]);
    });

    it('says nothing twice under one clientMsgId, and none of it is a client’s', async () => {
      const ana = await house.join('ana');
      await house.send(ana, { type: 'chat', content: 'mine', clientMsgId: 'm-1' });
      const first = await post({ content: 'a', clientMsgId: 'm-1' });
      const again = await post({ content: 'b', clientMsgId: 'm-1' });
      expect([first.status, again.status]).to.deep.equal([201, 200]);
      expect(json(again)).to.deep.equal({ ...json(first), duplicate: true });
      expect(house.heard(ana).filter((words) => words.startsWith('system'))).to.deep.equal(['system:a']);
    });

    it('refuses a user that nobody has, unless it was told before', async () => {
      const ana = await house.join('ana');
      expect(inBrief(await post({ content: 'x', to: 'bo', clientMsgId: 'm' }))).to.deep.equal([404, 'user_not_found']);
      const first = json(await post({ content: 'x', to: 'ana', clientMsgId: 'm' }));
      house.hub.disconnect(ana, { goodbye: true });
      await new Promise(setImmediate);
      expect(json(await post({ content: 'x', to: 'ana', clientMsgId: 'm' }))).to.deep.equal({
        ...first,
        duplicate: true,
      });
    });

    it('takes a batch: in its order, each for itself', async () => {
      const ana = await house.join('ana');
      const answer = await post([
        { content: '1' },
        { content: '2', to: 'nobody' },
        7,
        { content: '3', clientMsgId: 'm' },
        { content: '4', clientMsgId: 'm' },
        { content: 'x'.repeat(1000) },
        { type: 'user_joined', content: '5' },
        { content: '6' },
      ]);
      expect(answer.status).to.equal(200);
      const { results } = json(answer) as { results: { id?: string; duplicate?: true; error?: { code: string } }[] };
      expect(results.map(({ error, duplicate }) => error?.code ?? duplicate ?? 'ok')).to.deep.equal([
        'ok',
        'user_not_found',
        'invalid_message',
        'ok',
        true,
        'too_large',
        'forbidden_type',
        'ok',
      ]);
      expect(results[1]).to.deep.equal({
        error: { code: 'user_not_found', retryable: false, message: 'That user is not connected' },
      });
      const said = house.received(ana).filter(({ type }) => type === 'system');
      expect(said.map(inShort)).to.deep.equal(['system:1', 'system:3', 'system:6']);
      const places = said.map(({ id }) => Number(id.split('-')[1]));
      expect(places.map((place) => place - places[0]!)).to.deep.equal([0, 1, 2]);
    });

    it('refuses an empty batch, and one of more than a hundred', async () => {
      for (const count of [0, 101]) {
        const answer = await post(Array.from({ length: count }, () => ({ content: 'x' })));
        expect(inBrief(answer)).to.deep.equal([400, 'invalid_message']);
      }
      expect((await post(Array.from({ length: 100 }, () => ({ content: 'x' })))).status).to.equal(200);
    });

    it('says 503 and when to ask again where the log takes nothing, of a batch as such', async () => {
      house.log.publish = () => Promise.reject(new Refusal('unavailable'));
      for (const body of [{ content: 'x' }, [{ content: 'x' }, { content: 'y' }]]) {
        const answer = await post(body);
        expect(inBrief(answer)).to.deep.equal([503, 'unavailable']);
        expect(answer.headers['retry-after']).to.equal('1');
      }
      const mixed = json(await post([{ content: 'x' }, 7])) as { results: { error: object }[] };
      expect(mixed.results[0]?.error).to.include({ code: 'unavailable', retryable: true });
    });

    it('tells nothing of what went wrong inside', async () => {
      house.log.publish = () => Promise.reject(new Error('/var/lib/secret'));
      for (const body of [{ content: 'x' }, [{ content: 'x' }]]) {
        const answer = await post(body);
        expect(answer.body).to.include('"internal"').and.not.include('secret');
      }
    });

    const refusals: [what: string, body: unknown, status: number, code: string][] = [
      ['no JSON', '{', 400, 'invalid_json'],
      ['nothing', '', 400, 'invalid_json'],
      ['no UTF-8 (threat 16)', Buffer.from([0x22, 0xff, 0x22]), 400, 'invalid_json'],
      ['null', 'null', 400, 'invalid_message'],
      ['a text', '"x"', 400, 'invalid_message'],
      ['neither content nor data', {}, 400, 'invalid_message'],
      ['a chat without either', { type: 'chat', data: null }, 400, 'invalid_message'],
      ['a content that is no text', { content: 7 }, 400, 'invalid_message'],
      ['a room and a user', { content: 'x', room: 'a', to: 'b' }, 400, 'invalid_message'],
      ['a clientMsgId that is none', { content: 'x', clientMsgId: 'ñ' }, 400, 'invalid_message'],
      ['too many levels', { data: [[[[1]]]] }, 400, 'invalid_message'],
      ['a key __proto__ (threat 35)', '{"content":"x","data":{"__proto__":{"a":1}}}', 400, 'invalid_message'],
      ['another one (threat 35)', '{"content":"x","__proto__":{"room":"a"}}', 400, 'invalid_message'],
      ['a lone surrogate (threat 17)', '{"content":"\\ud800"}', 400, 'invalid_message'],
      ['a room that is none', { content: 'x', room: '~ana' }, 400, 'invalid_room'],
      ['a type that there is not', { type: 'nonsense', content: 'x' }, 400, 'unknown_type'],
      ['a type of every object', { type: 'toString', content: 'x' }, 400, 'unknown_type'],
      ['a type of the order', { type: 'user_left', content: 'x' }, 403, 'forbidden_type'],
      ['a request of a client', { type: 'join', room: 'a' }, 403, 'forbidden_type'],
      ['a name that none may have', { content: 'x', from: 'sуstem' }, 400, 'invalid_username'],
      ['more than a message may have', { content: 'x'.repeat(1000) }, 413, 'too_large'],
    ];
    for (const [what, body, status, code] of refusals) {
      it(`refuses ${what}: ${status} ${code}`, async () => {
        expect(inBrief(await post(body))).to.deep.equal([status, code]);
      });
    }

    it('threat 15: refuses levels without end', async () => {
      const deep = `${'['.repeat(4000)}${']'.repeat(4000)}`;
      for (const body of [deep, `[${deep},{"content":"x"}]`, `{"data":${deep}}`]) {
        expect((await post(body)).body).to.include('"invalid_message"');
      }
    });

    for (const [what, headers] of [
      ['no type', {}],
      ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
      ['plain text', { 'content-type': 'text/plain' }],
      ['another charset', { 'content-type': 'application/json; charset=latin1' }],
      ['something packed', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
    ] as const) {
      it(`refuses ${what}: 415`, async () => {
        const answer = await post('{"content":"x"}', { ...AUTHORIZED, ...headers });
        expect(inBrief(answer)).to.deep.equal([415, 'unsupported_media_type']);
      });
    }

    it('takes a charset that is JSON’s own', async () => {
      const type = 'Application/JSON; charset="UTF-8"';
      expect((await post('{"content":"x"}', { ...AUTHORIZED, 'content-type': type })).status).to.equal(201);
    });

    it('threats 9 and 13: refuses a body by what it says of its length, and reads none of it', async () => {
      const { text } = await raw(['Content-Length: 999999999']);
      expect(text)
        .to.match(/^HTTP\/1\.1 413 .*\r\nConnection: close\r\n/s)
        .and.include('"too_large"');
    });

    it('threat 9: reads no more than it may of a body that does not say its length', async () => {
      const { text } = await raw(['Transfer-Encoding: chunked'], `4000\r\n${' '.repeat(0x4000)}\r\n`);
      expect(text).to.match(/^HTTP\/1\.1 413 .*\r\nConnection: close\r\n/s);
    });

    it('threat 9: lets go of one who sends without end', async () => {
      const { taken } = await raw(['Transfer-Encoding: chunked'], `8000\r\n${' '.repeat(0x8000)}\r\n`, true);
      expect(taken).to.be.below(50_000_000);
    });

    it('without a key reads nothing either', async () => {
      const { text } = await raw(['Content-Length: 999999999'], '', false, 'Authorization: Bearer x');
      expect(text).to.match(/^HTTP\/1\.1 401 .*\r\nConnection: close\r\n/s);
    });

    /** Sends a head and a part of a body, or that part again and again, until the server has had enough. */
    async function raw(head: string[], part = '', flood = false, key = `Authorization: Bearer ${KEY}`) {
      const { hostname, port } = new URL(bench.url);
      const socket = connectTcp(Number(port), hostname);
      let [text, open] = ['', true];
      socket.on('data', (data) => (text += data));
      socket.on('error', () => {}); // 'close' follows
      const closed = new Promise<void>((resolve) => socket.once('close', resolve)).then(() => (open = false));
      const lines = ['POST /api/messages HTTP/1.1', 'Host: x', 'Content-Type: application/json', ...head, key];
      socket.write(`${lines.join('\r\n')}\r\n\r\n${part}`);
      while (flood && open && socket.bytesWritten < 100_000_000) {
        socket.write(part);
        await new Promise(setImmediate);
      }
      const taken = socket.bytesWritten;
      await closed;
      return { text, taken };
    }
  });

  describe('GET /api/users', () => {
    it('tells who is in a room, by which connections, and how far behind they are', async () => {
      const ana = await house.join('ana', { name: 'Ana', rooms: ['a'] });
      await house.join('ana', { name: 'Ana 2', transport: house.b });
      await house.join('bo', { rooms: ['b'] });
      house.hub.received(ana, house.hub.written(ana));
      await post({ content: '1' });
      house.hub.written(ana);
      const line = { address: '127.0.0.1', rooms: ['general'], behind: null };
      expect(json(await ask('/api/users?room=a'))).to.deep.equal({
        room: 'a',
        users: [
          {
            userId: 'ana',
            username: 'Ana',
            connections: 2,
            details: [
              { ...line, transport: 'a', rooms: ['general', 'a'], behind: 1 },
              { ...line, transport: 'b' },
            ],
          },
        ],
        more: false,
      });
      const { users } = json(await ask('/api/users')) as { users: { userId: string; username: string }[] };
      expect(users.map(({ userId, username }) => [userId, username])).to.deep.equal([
        ['ana', 'Ana 2'],
        ['bo', 'bo'],
      ]);
      expect(json(await ask('/api/users?room=empty'))).to.deep.equal({ room: 'empty', users: [], more: false });
    });

    it('pages by the last one that is known, whoever comes and goes', async () => {
      for (const id of ['d', 'b', 'e', 'a', 'c']) await house.join(id);
      const page = async (query: string) => {
        const { users, more } = json(await ask(`/api/users?${query}`)) as {
          users: { userId: string }[];
          more: boolean;
        };
        return [users.map(({ userId }) => userId).join(''), more];
      };
      expect(await page('limit=2')).to.deep.equal(['ab', true]);
      expect(await page('limit=2&after=b')).to.deep.equal(['cd', true]);
      expect(await page('limit=2&after=d')).to.deep.equal(['e', false]);
      expect(await page('limit=5')).to.deep.equal(['abcde', false]);
      expect(await page('limit=999999&after=c')).to.deep.equal(['de', false]);
    });

    it('tells of ten connections of a user, and the number of all', async () => {
      for (let i = 0; i < 12; i += 1) await house.join('ana');
      const { users } = json(await ask('/api/users')) as { users: { connections: number; details: object[] }[] };
      expect([users[0]?.connections, users[0]?.details.length]).to.deep.equal([12, 10]);
    });

    for (const [query, code] of [
      ['limit=0', 'invalid_message'],
      ['limit=x', 'invalid_message'],
      ['room=~ana', 'invalid_room'],
    ]) {
      it(`refuses ?${query}`, async () => expect(inBrief(await ask(`/api/users?${query}`))).to.deep.equal([400, code]));
    }
  });

  it('GET /api/rooms: those where somebody is, page by page', async () => {
    await house.join('ana', { rooms: ['b', 'a'] });
    await house.join('bo', { rooms: ['b'] });
    const [a, b, general] = [
      { name: 'a', users: 1 },
      { name: 'b', users: 2 },
      { name: 'general', users: 2 },
    ];
    expect(json(await ask('/api/rooms'))).to.deep.equal({ rooms: [a, b, general], more: false });
    expect(json(await ask('/api/rooms?limit=1&after=a'))).to.deep.equal({ rooms: [b], more: true });
  });

  describe('POST /api/users/:id/disconnect', () => {
    it('ends all connections of a user with kicked, tells why before, and answers how many', async () => {
      const own = [await house.join('ana'), await house.join('ana', { transport: house.b })];
      const bo = await house.join('bo');
      expect(json(await dismiss('ana', { reason: 'Enough' }))).to.deep.equal({ userId: 'ana', disconnected: 2 });
      expect(house.a.closes).to.deep.equal([{ session: own[0], why: 'kicked' }]);
      for (const session of own) {
        expect(house.received(session).at(-1)).to.deep.include({
          type: 'system',
          content: 'Enough',
          data: { code: 'kicked' },
        });
      }
      expect(bo.ending).to.equal(false);
      expect(json(await dismiss('ana'))).to.deep.equal({ userId: 'ana', disconnected: 0 });
    });

    it('gives up on one that vanished and was expected back', async () => {
      const ana = house.hub.connect(house.a, { user: { id: 'ana', name: 'Ana' }, address: '', rooms: [], session: '' });
      await new Promise(setImmediate);
      house.hub.disconnect(ana, { goodbye: false });
      expect(house.hub.isPresent('ana')).to.equal(true);
      await dismiss('ana');
      await new Promise(setImmediate);
      expect(house.hub.isPresent('ana')).to.equal(false);
    });

    it('nor waits for one that was just being closed for something else', async () => {
      const ana = house.hub.connect(house.a, { user: { id: 'ana', name: 'Ana' }, address: '', rooms: [], session: '' });
      await new Promise(setImmediate);
      house.a.close = () => {};
      house.hub.expel(ana, 'slow_consumer');
      expect(json(await dismiss('ana'))).to.include({ disconnected: 0 });
      house.hub.disconnect(ana, { goodbye: false });
      await new Promise(setImmediate);
      expect(house.hub.isPresent('ana')).to.equal(false);
    });

    it('bars for a time, until that is lifted', async () => {
      const lift = async () => json(await ask('/api/users/ana%2F1/bar', { method: 'DELETE' }));
      const answer = json(await dismiss('ana%2F1', { barFor: 60 }));
      const barredUntil = Math.ceil(house.clock.now() / 1000 + 60);
      expect(answer).to.deep.equal({ userId: 'ana/1', disconnected: 0, barredUntil });
      expect(house.hub.administrator.isBarred('ana/1')).to.equal(true);
      expect(await lift()).to.deep.equal({ userId: 'ana/1', lifted: true });
      expect(house.hub.administrator.isBarred('ana/1')).to.equal(false);
      expect(await lift()).to.deep.equal({ userId: 'ana/1', lifted: false });
    });

    it('sends away whoever was on the way in when barred', async () => {
      void house.hub.administrator.dismiss('ana', { barFor: 60 });
      const ana = await house.join('ana');
      expect(house.a.closes).to.deep.equal([{ session: ana, why: 'kicked' }]);
    });

    for (const body of [
      [],
      null,
      { reason: 7 },
      { reason: '' },
      { reason: 'x'.repeat(501) },
      { reason: '\ud800' },
      { barFor: 0 },
      { barFor: 1.5 },
      { barFor: '60' },
      { barFor: 1e9 },
    ]) {
      it(`refuses ${JSON.stringify(body).slice(0, 30)} and ends nothing`, async () => {
        const ana = await house.join('ana');
        expect(inBrief(await dismiss('ana', body))).to.deep.equal([400, 'invalid_message']);
        expect([ana.ending, house.hub.administrator.isBarred('ana')]).to.deep.equal([false, false]);
      });
    }

    for (const id of ['%20', 'a%20b', 'system', 'x'.repeat(129)]) {
      it(`refuses the userId ${id.slice(0, 10)}`, async () => {
        expect(inBrief(await dismiss(id))).to.deep.equal([400, 'invalid_user_id']);
      });
    }
  });
});
