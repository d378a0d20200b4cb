import { expect } from 'chai';
import { type Client, closeAll, connect, type Door, type Options } from '../support/client.ts';
import { removeFolders } from '../support/folder.ts';
import { request } from '../support/http.ts';
import { RedisServer } from '../support/redis.ts';
import { come, leaveAll, returning, welcomeOf } from '../support/returning.ts';
import { KINDS, proxyMissing, ReverseProxy } from '../support/reverse-proxy.ts';
import { type Running, startServer } from '../support/server.ts';
import { skip } from '../support/skip.ts';
import { keptBy, said } from '../support/talk.ts';

const ROOM = 'sala';

const WAYS: readonly (readonly [Door, Options])[] = [
  ['ws', {}],
  ['socketio', { transports: ['websocket'] }],
  ['socketio', { transports: ['polling'] }],
  ['socketio', { transports: ['polling', 'websocket'] }],
];

for (const kind of KINDS) {
  describe(`three nodes on one Redis behind ${kind}`, function () {
    this.timeout(30_000);
    let redis: RedisServer;
    let nodes: Running[] = [];
    let balancer: ReverseProxy;

    before(async function () {
      const missing = proxyMissing(kind);
      if (missing) skip(this, `flows through ${kind}`, missing);
      redis = await RedisServer.start(this);
    });
    beforeEach(async () => {
      const settings = { redisUrl: redis.url, trustProxy: '127.0.0.1' };
      nodes = await Promise.all([1, 2, 3].map(() => startServer(settings)));
      balancer = await ReverseProxy.before(
        kind,
        nodes.map(({ url }) => url),
      );
    });
    afterEach(async () => {
      await leaveAll();
      await closeAll();
      await balancer.close();
      await Promise.all(nodes.splice(0).map((node) => node.close()));
    });
    after(async () => {
      await redis?.stop();
      removeFolders();
    });

    /** How many connections a node has itself. */
    async function connections({ url }: Running): Promise<number> {
      const { body } = await request(`${url}/metrics`);
      const counts = [...body.matchAll(/^ambos_connections\{.*\} (\d+)$/gm)];
      return counts.reduce((sum, [, count]) => sum + Number(count), 0);
    }

    it('are one: everybody hears everybody, in the same order, by every way', async () => {
      const clients: Client[] = [];
      for (const [door, options] of [...WAYS, ...WAYS, ...WAYS]) {
        const userId = `u${clients.length}`;
        clients.push(await connect(door, balancer.url, { ...options, userId, rooms: [ROOM] }));
      }
      for (const node of nodes) expect(await connections(node)).to.be.above(0);
      const ids = await Promise.all(clients.map((client) => said(client, { type: 'chat', room: ROOM })));
      for (const client of clients) {
        const heard = await client.collect({ type: 'chat', room: ROOM }, clients.length);
        expect(heard.map(({ id }) => id)).to.have.members(ids);
        expect(keptBy(client)).to.deep.equal(keptBy(clients[0]!));
      }
    });

    it('are one for whoever loses a node: it comes back through the proxy and has missed nothing', async () => {
      const clients: Client[] = [];
      for (const [i, door] of (['ws', 'socketio', 'ws', 'socketio', 'ws', 'socketio'] as const).entries()) {
        clients.push(await come(door, balancer, { userId: `u${i}`, rooms: [ROOM], session: '' }));
      }
      const node = nodes.shift()!;
      const lost = Promise.race(clients.map((client) => client.closed.then(() => client)));
      await node.close();
      const gone = await lost;
      const speaker = await connect('ws', balancer.url, { rooms: [ROOM] });
      const id = await said(speaker, { type: 'chat', room: ROOM });
      for (const door of ['ws', 'socketio'] as const) {
        const back = await come(door, balancer, { ...returning(gone), rooms: [ROOM] });
        expect(welcomeOf(back)).to.include({ recovered: true });
        expect((await back.next({ type: 'chat', room: ROOM })).id).to.equal(id);
      }
    });
  });
}
