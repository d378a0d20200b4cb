import { expect } from 'chai';
import { type Client, closeAll, connect, DOORS, type Door, refusal } from '../support/client.ts';
import { json, request } from '../support/http.ts';
import { nOf, rowsOf } from '../support/messages.ts';
import { type AnyRedis, newPrefix, startRedis } from '../support/redis.ts';
import { come, drop, leaveAll, returning, welcomeOf } from '../support/returning.ts';
import { type Running, startServer } from '../support/server.ts';

const KEY = 'a-key-of-a-backend';

describe('two servers over one Redis', function () {
  this.timeout(15_000);
  let redis: AnyRedis;
  let a: Running;
  let b: Running;

  before(async function () {
    redis = await startRedis(this);
    const settings = { redisUrl: redis.url, redisPrefix: newPrefix(), apiKeys: [KEY], types: 'score:state' };
    [a, b] = [await startServer(settings), await startServer(settings)];
  });
  afterEach(async () => {
    await leaveAll();
    await closeAll();
  });
  after(async () => {
    await Promise.all([a?.close(), b?.close()]);
    await redis?.stop();
  });

  const places = () => [a, b].flatMap((server) => DOORS.map((door) => ({ server, door })));
  const api = async (server: Running, path: string, method = 'GET', body?: object) => {
    const headers = { authorization: `Bearer ${KEY}`, ...(body && { 'content-type': 'application/json' }) };
    const asked = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    return json(await request(`${server.url}/api${path}`, asked));
  };
  const statsOf = async (server: Running) => json(await request(`${server.url}/ws/stats`));

  it('say the same to everybody, in one order, byte for byte', async () => {
    const rooms = ['order'];
    const clients = await Promise.all(places().map(({ server, door }) => connect(door, server.url, { rooms })));
    for (let i = 0; i < 50; i += 1) {
      for (const [k, client] of clients.entries()) client.send({ type: 'chat', content: `${k}:${i}`, room: 'order' });
    }
    await Promise.all(clients.map((client) => client.collect({ type: 'chat', room: 'order' }, 200)));
    const [first, ...others] = clients.map(({ texts }) => texts.filter((text) => text.includes('"type":"chat"')));
    for (const other of others) expect(other).to.deep.equal(first);
    const ids = clients[0]!.messages.filter(({ id }) => !id.includes('.')).map(({ id }) => nOf(id));
    expect(ids.every((n, i) => i === 0 || n > ids[i - 1]!)).to.equal(true);
  });

  it('have one presence, and bring what is said to one user to all its connections', async () => {
    const [ana, bo, tab] = [
      await connect('ws', a.url, { userId: 'p-ana' }),
      await connect('socketio', b.url, { userId: 'p-bo' }),
      await connect('ws', a.url, { userId: 'p-bo' }),
    ];
    expect(rowsOf(bo.welcome).map(({ id }) => id)).to.include.members(['p-bo', 'p-ana']);
    await ana.next(({ type, data }) => type === 'user_joined' && (data as { userId: string }).userId === 'p-bo');
    expect(await ana.request({ type: 'chat', content: 'psst', to: 'p-bo' })).to.include({ ok: true });
    await Promise.all([ana, bo, tab].map((client) => client.next({ type: 'chat', content: 'psst' })));
    await tab.close();
    await bo.close();
    await ana.next(({ type, data }) => type === 'user_left' && (data as { userId: string }).userId === 'p-bo');
    expect(ana.messages.filter(({ type }) => type === 'user_left')).to.have.length(1);
  });

  it('know what was sent twice, and the latest states', async () => {
    const [ana, other] = [
      await connect('ws', a.url, { userId: 't-ana' }),
      await connect('socketio', b.url, { userId: 't-ana' }),
    ];
    const first = await ana.request({ type: 'chat', content: 'once', clientMsgId: 'm1' });
    const again = await other.request({ type: 'chat', content: 'once', clientMsgId: 'm1' });
    expect(again).to.deep.equal({ ...first, duplicate: true });
    await ana.request({ type: 'score', data: 7, key: 'k' });
    const late = await connect('ws', b.url);
    expect((await late.next({ type: 'score' })).data).to.equal(7);
  });

  for (const [from, to] of [
    ['ws', 'socketio'],
    ['socketio', 'ws'],
  ] as [Door, Door][]) {
    it(`bring a client back that went from one to the other, and from ${from} to ${to}, as if nothing had happened`, async () => {
      const room = `back-${from}`;
      const bo = await connect('ws', b.url, { rooms: [room] });
      const ana = await come(from, a, { userId: `r-${from}`, session: '', rooms: [room] });
      await bo.next({ type: 'user_joined', room });
      await drop(ana);
      await bo.request({ type: 'chat', content: 'missed', room });
      const back = await come(to, b, returning(ana));
      expect(welcomeOf(back)).to.include({ recovered: true, replayed: 1 });
      await back.next({ type: 'chat', content: 'missed' });
      await back.request({ type: 'chat', content: 'here again', room });
      await bo.next({ type: 'chat', content: 'here again' });
      expect(about(bo, `r-${from}`)).to.deep.equal(['user_joined', 'user_joined']);
    });

    it(`close what one leaves half-open on the other, by ${from}`, async () => {
      const ana = await come(from, a, { userId: `h-${from}`, session: '' });
      const back = await come(to, b, returning(ana));
      const { code } = await ana.closed;
      if (from === 'ws') expect(code).to.equal(4504);
      expect(welcomeOf(back)).to.include({ recovered: true, session: welcomeOf(ana).session });
      await back.request({ type: 'chat', content: 'still here' });
    });
  }

  it('send a user away from both, count its connections, and let it in again', async () => {
    const clients = await Promise.all(
      places().map(({ server, door }) => connect(door, server.url, { userId: 'k-ana' })),
    );
    expect(await api(a, '/users/k-ana/disconnect', 'POST', { barFor: 60 })).to.include({ disconnected: 4 });
    await Promise.all(clients.map(({ closed }) => closed));
    for (const { server, door } of places())
      expect(await refusal(door, server.url, { userId: 'k-ana' })).to.have.property('code', 'forbidden');
    expect(await api(b, '/users/k-ana/bar', 'DELETE')).to.include({ lifted: true });
    await connect('ws', a.url, { userId: 'k-ana' });
  });

  it('tell of connections to either', async () => {
    await Promise.all(
      places().map(({ server, door }) => connect(door, server.url, { userId: 'l-ana', rooms: ['list'] })),
    );
    const { users } = (await api(b, '/users?room=list')) as { users: { connections: number; details: object[] }[] };
    expect(users).to.have.length(1);
    expect(users[0]!.connections).to.equal(4);
    expect(users[0]!.details).to.have.length(4);
  });

  it('have the figures of both together, on either', async () => {
    await Promise.all(places().map(({ server, door }) => connect(door, server.url, { userId: 's-ana' })));
    for (const server of [a, b]) {
      let stats = await statsOf(server);
      while (stats['current_connections'] !== 4) stats = await statsOf(server);
      expect(stats).to.include({ nodes: 2, active_users: 1 });
      expect(stats['node']).to.include({ current_connections: 2, active_users: 1 });
      expect(stats['data'] as object).to.include({ current_connections: 4 });
    }
  });

  it('let one go on alone when the other ends', async () => {
    const settings = { redisUrl: redis.url, redisPrefix: newPrefix() };
    const [one, two] = [await startServer(settings), await startServer(settings)];
    const bo = await connect('ws', two.url, { userId: 'e-bo' });
    const ana = await come('socketio', one, { userId: 'e-ana', session: '' });
    await bo.next({ type: 'user_joined' });
    await one.close();
    const back = await come('ws', two, returning(ana));
    expect(welcomeOf(back)).to.include({ recovered: true });
    await back.request({ type: 'chat', content: 'hola' });
    await bo.next({ type: 'chat', content: 'hola' });
    expect(about(bo, 'e-ana')).to.deep.equal(['user_joined']);
    await two.close();
  });
});

/** What a client heard of somebody's comings and goings. */
function about({ messages }: Client, userId: string): string[] {
  return messages
    .filter(({ type, data }) => type.startsWith('user_') && (data as { userId?: string }).userId === userId)
    .map(({ type }) => type);
}
