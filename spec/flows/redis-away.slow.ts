import { expect } from 'chai';
import { type Client, closeAll, connect, DOORS } from '../support/client.ts';
import { request } from '../support/http.ts';
import { newPrefix, RedisServer } from '../support/redis.ts';
import { come, drop, leaveAll, returning, welcomeOf } from '../support/returning.ts';
import { type Running, startServer } from '../support/server.ts';

/** Milliseconds within which everything is back by itself. */
const SOON = 5000;

describe('two servers whose Redis goes away', function () {
  this.timeout(30_000);
  let redis: RedisServer;
  let a: Running;
  let b: Running;

  beforeEach(async function () {
    redis = await RedisServer.start(this, '--appendonly', 'yes', '--appendfsync', 'always');
    const settings = { redisUrl: redis.url, redisPrefix: newPrefix() };
    [a, b] = [await startServer(settings), await startServer(settings)];
  });
  afterEach(async () => {
    await leaveAll();
    await closeAll();
    await Promise.all([a?.close(), b?.close()]);
    await redis?.stop();
  });

  const everybody = () =>
    Promise.all([a, b].flatMap((server) => DOORS.map((door) => connect(door, server.url, { userId: `${door}-ana` }))));
  const bothReady = async () => {
    for (const server of [a, b]) while ((await request(`${server.url}/readyz`)).status !== 200);
  };
  /** Sends until it is taken, as clients that lose nothing do. */
  const insist = async (client: Client, content: string) => {
    for (;;) {
      const answer = await client.request({ type: 'chat', content, clientMsgId: content });
      if (answer['ok']) return;
      expect(answer).to.have.nested.property('error.code', 'unavailable');
    }
  };

  const ways: readonly (readonly [string, (redis: RedisServer) => Promise<void>, (redis: RedisServer) => unknown])[] = [
    ['is killed and starts again', (redis) => redis.stop('SIGKILL'), (redis) => redis.start()],
    ['stands still for a while', async (redis) => redis.freeze(), (redis) => redis.thaw()],
  ];

  for (const [what, goAway, comeBack] of ways) {
    it(`refuse what they can't keep while it ${what}, keep everybody, and go on by themselves`, async () => {
      const clients = await everybody();
      const [first] = clients;
      await first!.request({ type: 'chat', content: 'before' });
      await goAway(redis);
      const refused = await Promise.all(clients.map((client) => client.request({ type: 'chat', content: 'away' })));
      for (const answer of refused)
        expect(answer).to.have.nested.include({ ok: false, 'error.code': 'unavailable', 'error.retryable': true });
      for (const server of [a, b]) while ((await request(`${server.url}/readyz`)).status !== 503);
      await comeBack(redis);
      const back = performance.now();
      await bothReady();
      await Promise.all(clients.map((client, i) => insist(client, `after ${i}`)));
      expect(performance.now() - back).to.be.below(SOON);
      for (const client of clients) {
        for (const content of ['before', ...clients.map((_, i) => `after ${i}`)])
          await client.next({ type: 'chat', content });
        expect(client.messages.filter(({ content }) => content === 'after 0')).to.have.length(1);
      }
    });
  }

  it('notice that it has forgotten everything, tell those who come back, and leave the others alone', async () => {
    const clients = await everybody();
    const bo = await come('ws', a, { userId: 'bo', session: '' });
    await bo.request({ type: 'chat', content: 'before' });
    await drop(bo);
    await redis.command('FLUSHALL');
    await insist(clients[0]!, 'after');
    await Promise.all(clients.map((client) => client.next({ type: 'chat', content: 'after' })));
    for (const client of clients) {
      const ns = client.messages.filter(({ id }) => !id.includes('.')).map(({ id }) => Number(id.split('-')[1]));
      expect(ns.every((n, i) => i === 0 || n > ns[i - 1]!)).to.equal(true);
    }
    const { lastId = '' } = returning(bo);
    const back = await come('socketio', b, { userId: 'bo', lastId });
    expect(welcomeOf(back)).to.include({ recovered: false, reason: 'unknown' });
  });
});
