import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { Refusal } from '../../src/index.ts';
import { accepted, expectNone, refused } from '../conformance/answers.ts';
import { Elsewhere } from '../support/backend.ts';
import { type Client, closeAll, connect, DOORS, type Door, type Options, refusal } from '../support/client.ts';
import { AUDIENCE, forgeries, GENUINE, ISSUER } from '../support/forgeries.ts';
import { json, request } from '../support/http.ts';
import { dataKey, idsOf, nOf, unique } from '../support/messages.ts';
import { sessionOf } from '../support/returning.ts';
import { type Running, startServer } from '../support/server.ts';
import { forged, inSeconds, pairOf, SECRET, sign, tokenOf } from '../support/tokens.ts';

type Settings = Parameters<typeof startServer>[0];

/** How a client brings its token by a door, where the case is not about that. */
const bearing = (door: Door, token: string, more: Options = {}): Options =>
  door === 'ws'
    ? { ...more, headers: { authorization: `Bearer ${token}` } }
    : { ...more, auth: { ...authOf(more), token } };
const authOf = ({ username, userId, rooms }: Options) =>
  JSON.parse(JSON.stringify({ username, userId, rooms })) as object;

describe('authentication', () => {
  let server: Running;
  const start = async (settings: Settings) => {
    server = await startServer(settings);
    return server;
  };
  afterEach(async () => {
    await closeAll();
    await server.close();
  });
  const come = (door: Door, token: string, more?: Options) => connect(door, server.url, bearing(door, token, more));
  const stats = async () => json(await request(`${server.url}/ws/stats`));

  describe('threat 33: forged tokens', () => {
    let tokens: Record<string, string>;
    before(async () => {
      tokens = await forgeries();
      expect(Object.keys(tokens).length).to.be.at.least(30);
    });
    const settings = { jwtSecret: SECRET, jwtIssuer: ISSUER, jwtAudience: AUDIENCE };

    for (const door of DOORS) {
      it(`${door}: all are refused, and nobody comes in`, async () => {
        await start(settings);
        for (const [what, token] of Object.entries(tokens))
          expectUnauthorized(await refusal(door, server.url, bearing(door, token)), what);
        expect(await stats()).to.include({ current_connections: 0, active_users: 0 });
        const ana = await come(door, await tokenOf('ana', GENUINE));
        expect(ana.userId).to.equal('ana');
      });
    }

    it('socketio by polling, clients of 2.x, a plain GET and the history refuse them all alike', async () => {
      await start(settings);
      for (const [what, token] of Object.entries(tokens)) {
        const query = { token };
        expectUnauthorized(await refusal('socketio', server.url, { auth: { token }, transports: ['polling'] }), what);
        expectUnauthorized(await refusal('socketio', server.url, { sdk: 2, query }), what);
        for (const path of ['/ws', '/ws/history']) {
          const answer = await request(`${server.url}${path}?${new URLSearchParams(query)}`);
          expect(answer.status, `${path}: ${what}`).to.equal(401);
          expect(json(answer)).to.deep.equal({ error: { code: 'unauthorized', message: 'Token inválido' } });
        }
      }
      expect(await stats()).to.include({ current_connections: 0, active_users: 0 });
    });

    it('a renewal takes none of them, and the connection lives on', async () => {
      await start(settings);
      for (const door of DOORS) {
        const ana = await come(door, await tokenOf('ana', GENUINE));
        for (const [what, token] of Object.entries(tokens))
          expect(await refused(ana, { type: 'auth', token }), what).to.include({
            code: 'unauthorized',
            retryable: false,
          });
        await accepted(ana, { type: 'chat', content: 'still here' });
      }
    });

    it('a public key is never taken for a secret', async () => {
      const { pem, key } = await pairOf('RS256');
      await start({ jwtPublicKey: pem });
      const claims = { sub: 'ana', exp: inSeconds(60) };
      const stranger = await pairOf('RS256');
      const unsigned = forged({ alg: 'HS256' }, claims).slice(0, -1);
      const der = Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64');
      const confused = [pem, `${pem}\n`, `${pem}\r\n`, pem.replaceAll('\n', ''), der].map(
        (secret) => `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`,
      );
      const others = [await sign(claims, { alg: 'RS256', key: stranger.key }), forged({ alg: 'none' }, claims)];
      for (const door of DOORS) {
        for (const token of [...confused, ...others])
          expectUnauthorized(await refusal(door, server.url, bearing(door, token)));
        expect((await come(door, await sign(claims, { alg: 'RS256', key }))).userId).to.equal('ana');
      }
    });

    it('no token is none that is good, and the refusal speaks English where the server does', async () => {
      await start({ ...settings, locale: 'en' });
      for (const door of DOORS) {
        const { code, status, body, data } = await refusal(door, server.url, { username: 'Ana' });
        expect(code).to.equal('unauthorized');
        if (door === 'ws')
          expect([status, JSON.parse(body!)]).to.deep.equal([401, { error: { code, message: 'Invalid token' } }]);
        else expect(data).to.deep.equal({ code, message: 'Invalid token', retryable: false });
      }
    });

    it('no token is in any line of the log, wherever it is brought', async () => {
      const lines: string[] = [];
      const note = (fields: object, text: string) => void lines.push(`${text} ${JSON.stringify(fields, errorsToo)}`);
      await start({ ...settings, logger: { info: note, warn: note, error: note } });
      const bad = { ...tokens, good: await tokenOf('ana', GENUINE) };
      const marks = Object.values(bad)
        .map((token) => token.slice(0, 24))
        .filter((mark) => mark.length === 24);
      for (const token of Object.values(bad)) {
        const places: [Door, Options][] = [
          ['ws', { query: { token } }],
          ['ws', { headers: { authorization: `Bearer ${token}` } }],
          ['ws', { protocols: ['ambos', `bearer.${token.replaceAll(/[^\w.-]/g, '')}`] }],
          ['socketio', { auth: { token } }],
          ['socketio', { query: { token } }],
        ];
        for (const [door, options] of places) await connect(door as 'ws', server.url, options).catch(() => {});
      }
      await closeAll();
      expect(lines.filter((line) => line.includes('Token refused')).length).to.be.greaterThan(50);
      for (const mark of marks)
        expect(
          lines.filter((line) => line.includes(mark)),
          mark,
        ).to.deep.equal([]);
    });
  });

  describe('the places of a token', () => {
    beforeEach(() => start({ jwtSecret: SECRET }));

    const places: [what: string, door: Door, options: (token: string, other: string) => Options][] = [
      ['?token=', 'ws', (token) => ({ query: { token } })],
      ['Authorization', 'ws', (token) => ({ headers: { authorization: `Bearer ${token}` } })],
      ['subprotocols', 'ws', (token) => ({ protocols: ['ambos', `bearer.${token}`] })],
      [
        '?token= before a header',
        'ws',
        (token, other) => ({ query: { token }, headers: { authorization: `Bearer ${other}` } }),
      ],
      [
        'a header before subprotocols',
        'ws',
        (token, other) => ({ headers: { authorization: `Bearer ${token}` }, protocols: ['ambos', `bearer.${other}`] }),
      ],
      ['auth.token', 'socketio', (token) => ({ auth: { token } })],
      ['?token=', 'socketio', (token) => ({ query: { token } })],
      ['Authorization', 'socketio', (token) => ({ headers: { authorization: `Bearer ${token}` } })],
      ['auth.token before the query', 'socketio', (token, other) => ({ auth: { token }, query: { token: other } })],
      ['auth.token, by polling', 'socketio', (token) => ({ auth: { token }, transports: ['polling'] })],
      [
        'Authorization, by polling',
        'socketio',
        (token) => ({ headers: { authorization: `Bearer ${token}` }, transports: ['polling'] }),
      ],
      ['?token= of a 2.x client', 'socketio', (token) => ({ query: { token }, sdk: 2 })],
    ];
    for (const [what, door, options] of places) {
      it(`${door}: ${what}`, async () => {
        const [good, other] = [await tokenOf('ana', { name: 'Ana' }), await tokenOf('bo', { exp: 1 })];
        const client = await connect(door as 'ws', server.url, options(good, other));
        expect(client.welcome.data).to.deep.equal([{ id: 'ana', username: 'Ana', status: 'online' }]);
        if (what === 'subprotocols') expect(client.ws.protocol).to.equal('ambos');
        expectUnauthorized(await refusal(door, server.url, options(other, good)));
      });
    }
  });

  describe('who a client is', () => {
    for (const door of DOORS) {
      it(`${door}: sub and name of the token, whatever the handshake says`, async () => {
        await start({ jwtSecret: SECRET });
        const eve = { username: 'Eve', userId: 'eve' };
        const ana = await come(door, await tokenOf('ana', { name: 'Ana' }), eve);
        expect(ana.welcome.data).to.deep.equal([{ id: 'ana', username: 'Ana', status: 'online' }]);
        const bo = await come(door, await tokenOf('bo'), { username: 'Bo' });
        expect(idsOf(bo.welcome)).to.deep.equal(['bo', 'ana']);
        const { id } = await accepted(bo, { type: 'chat', content: 'psst', to: 'ana', from: 'Ana' });
        expect(await ana.next({ id })).to.include({ from: 'Bo', fromId: 'bo', to: 'ana' });
      });

      it(`${door}: a name in a good token obeys the rules of names`, async () => {
        await start({ jwtSecret: SECRET });
        const refusedFor = async (sub: string, name: string) =>
          (await refusal(door, server.url, bearing(door, await tokenOf(sub, { name })))).code;
        expect(await refusedFor('ana', 'SYSTEM')).to.equal('invalid_username');
        expect(await refusedFor('system', 'Ana')).to.equal('invalid_user_id');
      });
    }

    it('is found by keys that are published, and by those that come by rotation', async () => {
      const [one, two] = await Promise.all([pairOf('ES256', 'k1'), pairOf('EdDSA', 'k2')]);
      const issuer = await Elsewhere.start(() => ({ body: { keys: [one.jwk] } }));
      await start({ jwtJwksUrl: issuer.url, jwtJwksCooldown: 0 });
      for (const door of DOORS) expect((await come(door, await tokenOf('ana', {}, one))).userId).to.equal('ana');
      expect(issuer.asked).to.have.length(1);
      issuer.reply = () => ({ body: { keys: [two.jwk] } });
      for (const door of DOORS) expect((await come(door, await tokenOf('bo', {}, two))).userId).to.equal('bo');
      expect(issuer.asked).to.have.length(2);
      expectUnauthorized(await refusal('ws', server.url, bearing('ws', await tokenOf('ana', {}, one))));
      await issuer.close();
    });

    it('can not be found out while the keys can not be had: come again', async () => {
      const issuer = await Elsewhere.start(() => ({ status: 500 }));
      await start({ jwtJwksUrl: issuer.url });
      const pair = await pairOf('ES256');
      const { status, headers, code } = await refusal('ws', server.url, bearing('ws', await tokenOf('ana', {}, pair)));
      expect([status, code, headers['retry-after']]).to.deep.equal([503, 'unavailable', '1']);
      await issuer.close();
    });
  });

  describe('what a client may do', () => {
    const guest = { join: ['team-*'], read: ['team-*'], write: ['team-*'], send: ['chat'] };
    beforeEach(() => start({ jwtSecret: SECRET, types: 'move:ephemeral' }));

    for (const door of DOORS) {
      it(`${door}: joins, messages and history are held to the claim`, async () => {
        const ana = await come(door, await tokenOf('ana', { ambos: guest }), { rooms: ['team-1'] });
        await accepted(ana, { type: 'chat', content: 'hola', room: 'team-1' });
        await accepted(ana, { type: 'join', room: 'team-2' });
        await accepted(ana, { type: 'user_list' });
        await accepted(ana, { type: 'heartbeat' });
        await accepted(ana, { type: 'chat', content: 'psst', to: 'ana' });
        await accepted(ana, { type: 'leave', room: 'team-2' });
        for (const message of [
          { type: 'join', room: 'board' },
          { type: 'chat', content: 'everybody', room: 'general' },
          { type: 'chat', content: 'everybody' },
          { type: 'chat', content: 'x', room: 'board' },
          { type: 'notification', content: 'x', room: 'team-1' },
          { type: 'move', data: 1, room: 'team-1' },
        ]) {
          const { code, retryable } = await refused(ana, message);
          expect([code, retryable], JSON.stringify(message)).to.deep.equal(['forbidden', false]);
        }
      });

      it(`${door}: a room that may not be joined refuses the connection`, async () => {
        const options = bearing(door, await tokenOf('ana', { ambos: guest }), { rooms: ['team-1', 'board'] });
        const { code, status, data } = await refusal(door, server.url, options);
        expect(code).to.equal('forbidden');
        if (door === 'ws') expect(status).to.equal(403);
        else expect(data).to.include({ retryable: false });
      });

      it(`${door}: without a claim everything but notifications; with notify those too; an admin all`, async () => {
        const message = { type: 'notification', content: 'x' };
        const ana = await come(door, await tokenOf('ana'));
        await accepted(ana, { type: 'join', room: 'board' });
        await accepted(ana, { type: 'move', data: 1, room: 'board' });
        expect((await refused(ana, message)).code).to.equal('forbidden');
        await accepted(await come(door, await tokenOf('bo', { ambos: { notify: true } })), message);
        await accepted(await come(door, await tokenOf('root', { ambos: { admin: true, write: [] } })), message);
      });

      it(`${door}: a session brings back the rooms that may still be joined`, async () => {
        const first = await come(door, await tokenOf('ana'), { rooms: ['team-1', 'board'], query: { session: '' } });
        const session = sessionOf(first);
        first.drop();
        const next = await come(door, await tokenOf('ana', { ambos: guest }), { query: { session } });
        await next.next({ type: 'user_list', room: 'team-1' });
        expect((await refused(next, { type: 'user_list', room: 'board' })).code).to.equal('not_in_room');
      });
    }

    it('history: the same permissions, and 401 without a token', async () => {
      const history = async (room: string, token?: string) => {
        const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
        return (await request(`${server.url}/ws/history?room=${room}`, { headers })).status;
      };
      const token = await tokenOf('ana', { ambos: guest });
      const statuses = [await history('team-1', token), await history('board', token), await history('', token)];
      expect([...statuses, await history('team-1')]).to.deep.equal([200, 403, 403, 401]);
    });
  });

  describe('the end of a token', () => {
    /** Milliseconds that users live, by their token; the rest of it is their id. */
    const authenticate = ({ token = '' }: { token?: string }) => {
      const [userId = '', life] = token.split(':');
      return userId ? { userId, ...(life && { expiresAt: Date.now() + Number(life) }) } : undefined;
    };

    it('is told before, and then the connection is closed with 4009; who comes back has missed nothing', async () => {
      await start({ authenticate, tokenWarning: '60s' });
      const clients = await Promise.all(DOORS.map((door) => come(door, `${door}-ana:900`, { query: { session: '' } })));
      const writer = await connect('ws', server.url, { query: { token: 'bo' } });
      for (const client of clients) {
        const warning = await client.next('system');
        expect(warning).to.include({ from: 'system', content: 'El token caduca en 1 s' });
        expect(warning.data).to.deep.equal({ code: 'token_expiring', expiresIn: 1 });
      }
      const [raw, sdk] = clients as [Client, Client];
      expect(await raw.closed).to.deep.equal({ code: 4009, reason: 'token_expired' });
      expect((await sdk.next('error')).data).to.deep.equal({ code: 'token_expired', retryable: true });
      // The SDK reconnects by itself after this reason.
      expect((await sdk.closed).reason).to.equal('transport close');
      await accepted(writer, { type: 'chat', content: 'missed' });
      for (const client of clients) {
        const session = sessionOf(client);
        const query = { session, lastId: client.messages.at(-1)!.id };
        const back = await come(client.door, `${client.door}-ana:60000`, { query });
        expect(back.welcome).to.include({ recovered: true, replayed: 1, session });
        await back.next({ type: 'chat', content: 'missed' });
      }
      expectNone(writer, ({ type }) => type === 'user_left', 'departures');
    });

    it('passes unnoticed where another token has taken its place', async () => {
      await start({ jwtSecret: SECRET });
      const bo = await come('ws', await tokenOf('bo', { exp: inSeconds(2) }));
      await Promise.all(
        DOORS.map(async (door) => {
          const sub = `${door}-ana`;
          const ana = await come(door, await tokenOf(sub, { exp: inSeconds(2) }), {
            username: 'Ana',
            rooms: ['a', 'b'],
          });
          expect((await refused(ana, { type: 'auth', token: await tokenOf('bo') })).code).to.equal('unauthorized');
          const token = await tokenOf(sub, { name: 'Other', ambos: { join: ['a'], notify: true } });
          await accepted(ana, { type: 'auth', token });
          const isOwn = (data: unknown) => (data as { userId: string }).userId === sub;
          await ana.next(({ type, room, data }) => type === 'user_left' && room === 'b' && isOwn(data));
          expect((await refused(ana, { type: 'chat', content: 'x', room: 'b' })).code).to.equal('not_in_room');
          const { id } = await accepted(ana, { type: 'notification', content: 'x', room: 'a' });
          expect(await ana.next({ id })).to.include({ from: 'Ana' });
          await bo.closed;
          await accepted(ana, { type: 'chat', content: 'still here', room: 'a' });
        }),
      );
      expect(bo.messages.filter((message) => dataKey(message, 'code') === 'token_expiring')).to.have.length(1);
    });
  });

  describe('the application decides', () => {
    it('by authenticate and authorize, on both doors and for history', async () => {
      const asked: string[] = [];
      await start({
        authenticate: async ({ token }) => {
          if (token === 'later') throw new Refusal('unavailable', { retryAfter: 1 });
          return token === 'ana' ? { userId: 1, username: 'Ana' } : undefined;
        },
        authorize: (user, action, { type = '', room = '', to = '' }) => {
          asked.push([user.id, action, type, room, to].join(' ').trim());
          return room !== 'board' && to !== 'eve';
        },
      });
      for (const door of DOORS) {
        const ana = await come(door, 'ana', { rooms: ['a'] });
        expect(ana.userId).to.equal('1');
        await accepted(ana, { type: 'notification', content: 'x' });
        expect((await refused(ana, { type: 'join', room: 'board' })).code).to.equal('forbidden');
        expect((await refused(ana, { type: 'chat', content: 'x', to: 'eve' })).code).to.equal('forbidden');
        expect(asked.splice(0)).to.deep.equal([
          '1 join  a',
          '1 send notification general',
          '1 join join board',
          '1 send chat  eve',
        ]);
        expectUnauthorized(await refusal(door, server.url, bearing(door, 'eve')));
      }
      expect((await refusal('ws', server.url, bearing('ws', 'later'))).status).to.equal(503);
      const history = await request(`${server.url}/ws/history?room=board&token=ana`);
      expect(history.status).to.equal(403);
    });

    it('by a backend, asked once for the same; where it is gone nothing is permitted, and the sender may try again', async () => {
      const backend = await Elsewhere.start(({ body }) => {
        const { action, token, userId, room } = JSON.parse(body) as Record<string, string>;
        if (action === 'connect' && token === 'banned') return { status: 403 };
        if (action === 'connect')
          return token === 'good' ? { body: { userId: 'ana', username: 'Ana' } } : { status: 401 };
        return { body: { allow: userId === 'ana' && room !== 'board' } };
      });
      await start({ authUrl: backend.url, authSecret: SECRET });
      const clients = await Promise.all(DOORS.map((door) => come(door, 'good', { rooms: ['a'] })));
      for (const client of clients) {
        for (let i = 0; i < 3; i++) await accepted(client, { type: 'chat', content: unique('x'), room: 'a' });
        expect((await refused(client, { type: 'join', room: 'board' })).code).to.equal('forbidden');
        expectUnauthorized(await refusal(client.door, server.url, bearing(client.door, 'bad')));
        expect((await refusal(client.door, server.url, bearing(client.door, 'banned'))).code).to.equal('forbidden');
      }
      const asked = backend.questions.filter(({ action }) => action !== 'connect');
      expect(asked).to.have.deep.members([
        { action: 'join', userId: 'ana', room: 'a' },
        { action: 'send', userId: 'ana', type: 'chat', room: 'a' },
        { action: 'join', userId: 'ana', type: 'join', room: 'board' },
      ]);
      await backend.close();
      for (const client of clients) {
        await accepted(client, { type: 'chat', content: unique('x'), room: 'a' });
        const { code, retryable } = await refused(client, { type: 'join', room: 'c' });
        expect([code, retryable]).to.deep.equal(['unavailable', true]);
        await accepted(client, { type: 'heartbeat' });
      }
      const { status, headers } = await refusal('ws', server.url, bearing('ws', 'good'));
      expect([status, headers['retry-after']]).to.deep.equal([503, '1']);
    });
  });

  it('is off by default: tokens are not looked at, and a renewal changes nothing', async () => {
    await start({});
    for (const door of DOORS) {
      const ana = await come(door, 'not.a.token', { username: 'Ana', userId: 'ana', rooms: ['a'] });
      const { id } = await accepted(ana, { type: 'auth', token: 'not.a.token' });
      expect(nOf(id) > 0n).to.equal(true);
      await accepted(ana, { type: 'notification', content: 'x', room: 'a' });
    }
  });
});

function expectUnauthorized({ code, status, body, data }: Awaited<ReturnType<typeof refusal>>, what?: string): void {
  expect(code, what).to.equal('unauthorized');
  if (body === undefined) expect(data, what).to.deep.equal({ code, message: 'Token inválido', retryable: false });
  else expect([status, JSON.parse(body)], what).to.deep.equal([401, { error: { code, message: 'Token inválido' } }]);
}

/** All of an error, as a logger would write it. */
function errorsToo(_key: string, value: unknown): unknown {
  return value instanceof Error ? { ...value, message: value.message, stack: value.stack } : value;
}
