import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import Koa from 'koa';
import { WebSocket } from 'ws';
import { io } from '../../src/client/index.ts';
import { createServer, type Server } from '../../src/index.ts';
import { accepted, eventually } from '../conformance/answers.ts';
import { type Client, closeAll, connect, DOORS, refusal } from '../support/client.ts';
import { json, request } from '../support/http.ts';
import { dataKey, idsOf } from '../support/messages.ts';
import { Tcp } from '../support/tcp.ts';

const KEY = 'a-key-of-the-backend';

describe('administration', () => {
  const lines: string[] = [];
  const note = (fields: object, text: string) => void lines.push(JSON.stringify(fields) + text);
  let server: Server;

  before(async () => {
    server = createServer({
      port: 0,
      host: '127.0.0.1',
      apiKeys: ['another-key-of-it', KEY],
      maxMessageBytes: 2000,
      logger: { info: note, warn: note, error: note },
    });
    await server.start();
  });
  afterEach(closeAll);
  after(() => server.close());

  const ask = async (path: string, body?: object, method = body ? 'POST' : 'GET') => {
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
    const asked = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const answer = await request(`${server.url}/api${path}`, asked);
    return { ...json(answer), status: answer.status } as { [key: string]: unknown; status: number };
  };
  const both = (options: object) => Promise.all(DOORS.map((door) => connect(door, server.url, options)));
  /** How a client was sent away: its code, or what its SDK is told. */
  const farewell = async (client: Client) => {
    const { code, reason } = await client.closed;
    return client.door === 'ws' ? [code, reason] : [dataKey(client.messages.at(-1)!, 'code'), reason];
  };
  const KICKED = { ws: [4503, 'kicked'], socketio: ['kicked', 'io server disconnect'] };

  it('a notification of a backend is heard at both doors, as one message', async () => {
    const clients = await both({});
    const { status, id, timestamp } = await ask('/messages', {
      type: 'notification',
      content: 'Listo',
      data: { n: 1 },
    });
    expect(status).to.equal(201);
    for (const client of clients) {
      expect(await client.next('notification')).to.deep.equal({
        type: 'notification',
        content: 'Listo',
        from: 'system',
        timestamp,
        id,
        data: { n: 1 },
      });
    }
    expect(new Set(clients.map((client) => client.texts.at(-1))).size).to.equal(1);
  });

  it('a batch goes to a room and to a user, and what was sent before is not said again', async () => {
    const [ana, bo] = await Promise.all(
      DOORS.map((door) => connect(door, server.url, { userId: `b-${door}`, rooms: ['b'] })),
    );
    const batch = [
      { content: 'room', room: 'b', clientMsgId: 'one' },
      { content: 'direct', to: ana!.userId, clientMsgId: 'two' },
      { content: 'lost', to: 'nobody' },
    ];
    const first = await ask('/messages', batch);
    const again = await ask('/messages', batch);
    const [one, two, lost] = first['results'] as object[];
    expect(again['results']).to.deep.equal([{ ...one, duplicate: true }, { ...two, duplicate: true }, lost]);
    expect(lost).to.have.nested.property('error.code', 'user_not_found');
    await Promise.all([ana!.barrier(), bo!.barrier()]);
    const said = (client: Client) =>
      client.messages.filter(({ type }) => type === 'system').map(({ content }) => content);
    expect([said(ana!), said(bo!)]).to.deep.equal([['room', 'direct'], ['room']]);
  });

  it('an id of a backend is none of a client’s, and the other way round', async () => {
    const ana = await connect('ws', server.url, { userId: 'c-ana' });
    await ask('/messages', { content: 'x', clientMsgId: 'same' });
    ana.send({ type: 'chat', content: 'y', clientMsgId: 'same' });
    expect((await ana.next('ack')).data).not.to.have.property('duplicate');
    for (const door of DOORS) {
      expect(await refusal(door, server.url, { userId: 'system' })).to.have.property('code', 'invalid_user_id');
    }
  });

  it('one who is disconnected goes from both doors for good, hears why, and is seen to leave', async () => {
    const observer = await connect('ws', server.url);
    const clients = await both({ userId: 'k-ana', rooms: ['k'] });
    const { users } = await ask('/users?room=k');
    expect(users).to.have.nested.property('[0].connections', 2);
    expect(await ask('/users/k-ana/disconnect', { reason: 'Basta' })).to.include({ status: 200, disconnected: 2 });
    for (const client of clients) {
      expect(await client.next('system')).to.deep.include({ content: 'Basta', data: { code: 'kicked' } });
      expect(await farewell(client)).to.deep.equal(KICKED[client.door]);
    }
    await observer.next((m) => m.type === 'user_left' && dataKey(m, 'userId') === 'k-ana');
    observer.send({ type: 'user_list' });
    expect(idsOf(await observer.next('user_list'))).not.to.include('k-ana');
    await Promise.all(DOORS.map((door) => connect(door, server.url, { userId: 'k-ana' })));
  });

  it('threat 27: what one still says that does not go is not heard', async () => {
    const observer = await connect('ws', server.url);
    const tcp = await Tcp.open(server.url, 'userId=k-deaf');
    await observer.next((m) => m.type === 'user_joined' && dataKey(m, 'userId') === 'k-deaf');
    await ask('/users/k-deaf/disconnect', {});
    await tcp.frame(({ opcode }) => opcode === 8, 'a close frame');
    tcp.write({ opcode: 1, payload: '{"type":"chat","content":"still here"}' });
    tcp.close();
    await observer.next((m) => m.type === 'user_left' && dataKey(m, 'userId') === 'k-deaf');
    expect(observer.texts.join()).not.to.include('still here');
  });

  it('one who is barred is refused at every way in, by a session too, until that is lifted', async () => {
    const ana = await connect('ws', server.url, { userId: 'v-ana', session: '' });
    const { session } = ana.welcome;
    const { barredUntil } = await ask('/users/v-ana/disconnect', { barFor: 3600 });
    expect(barredUntil).to.be.closeTo(Date.now() / 1000 + 3600, 60);
    expect(await farewell(ana)).to.deep.equal(KICKED.ws);
    for (const more of [{}, { session, lastId: ana.welcome.id }]) {
      expect(await refusal('ws', server.url, { userId: 'v-ana', ...more })).to.include({
        status: 403,
        code: 'forbidden',
      });
      const { data } = await refusal('socketio', server.url, { userId: 'v-ana', ...more });
      expect(data).to.include({ code: 'forbidden', retryable: false });
    }
    for (const path of ['/ws', '/ws/history']) {
      const answer = await request(`${server.url}${path}?userId=v-ana`);
      expect([answer.status, json(answer)]).to.have.nested.property('[1].error.code', 'forbidden');
    }
    await connect('ws', server.url, { userId: 'v-bo' });
    expect(await ask('/users/v-ana/bar', undefined, 'DELETE')).to.include({ lifted: true });
    const back = await connect('socketio', server.url, { userId: 'v-ana', session: session! });
    await accepted(back, { type: 'chat', content: 'back' });
  });

  it('an SDK stays away by itself: Socket.IO’s after the refusal, and ours', async () => {
    await ask('/users/s-ana/disconnect', { barFor: 3600 });
    const client = io(server.url, { WebSocket, auth: { userId: 's-ana' } });
    const error = await new Promise<object>((resolve) => client.once('connect_error', resolve));
    expect(error).to.include({ code: 'forbidden', retryable: false });
    expect(client.active).to.equal(false);
  });

  it('a bar ends by itself', async () => {
    await server.hub.disconnect('t-ana', { barFor: 0.05 });
    await eventually('the bar ends', () =>
      connect('ws', server.url, { userId: 't-ana' }).then(
        () => true,
        () => false,
      ),
    );
  });

  it('the library does the same', async () => {
    const [ana] = await both({ userId: 'l-ana' });
    const { id } = await server.hub.announce({ content: 'x', clientMsgId: 'lib' });
    expect(await server.hub.announce({ content: 'y', clientMsgId: 'lib' })).to.include({ id, duplicate: true });
    await ana!.next({ type: 'system', content: 'x' });
    expect(await server.hub.disconnect('l-ana', { barFor: 60 })).to.have.all.keys('disconnected', 'barredUntil');
    expect(await farewell(ana!)).to.deep.equal(KICKED.ws);
    expect(await server.hub.unbar('l-ana')).to.equal(true);
    for (const barFor of [0, -1, Number.NaN]) {
      const failed = await server.hub.disconnect('l-ana', { barFor }).catch((error: unknown) => error);
      expect(failed).to.be.an.instanceOf(TypeError);
    }
    const failed = await server.hub.announce({ content: 'x', clientMsgId: '' }).catch((error: unknown) => error);
    expect(failed).to.be.an.instanceOf(TypeError);
  });

  it('threat 23: a body that trickles in is cut', async () => {
    const own = createServer({ port: 0, host: '127.0.0.1', logLevel: 'silent', apiKeys: KEY, handshakeTimeout: 100 });
    await own.start();
    const { socket, closed } = new Tcp(own.url);
    const head = [
      'POST /api/messages HTTP/1.1',
      'Host: x',
      `Authorization: Bearer ${KEY}`,
      'Content-Type: application/json',
    ];
    socket.write(`${head.join('\r\n')}\r\nContent-Length: 1000\r\n\r\n{`);
    await closed;
    await own.close();
  });

  it('in an application’s own Koa app a body that was read before is taken, and other paths are left to it', async () => {
    const koa = new Koa();
    koa.use(async (ctx, next) => {
      if (ctx.method === 'POST') Object.assign(ctx.request, { body: JSON.parse(await text(ctx.req)) });
      await next();
    });
    const own = createServer({ port: 0, host: '127.0.0.1', logLevel: 'silent', koa, apiKeys: KEY });
    koa.use((ctx) => {
      ctx.body = 'mine';
    });
    await own.start();
    const client = await connect('ws', own.url);
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
    const posted = { method: 'POST', headers, body: '{"content":"x"}' };
    expect((await request(`${own.url}/api/messages`, posted)).status).to.equal(201);
    await client.next({ type: 'system', content: 'x' });
    expect((await request(`${own.url}/api/others`, { headers })).body).to.equal('mine');
    await closeAll();
    await own.close();
  });

  it('no key is ever in the log, right or wrong', async () => {
    await request(`${server.url}/api/users`, { headers: { authorization: 'Bearer a-wrong-guess-of-it' } });
    await ask('/rooms');
    expect(lines.length).to.be.greaterThan(0);
    expect(lines.join()).not.to.include(KEY).and.not.to.include('a-wrong-guess');
  });
});
