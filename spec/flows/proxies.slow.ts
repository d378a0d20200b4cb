import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { closeAll, connect, DOORS, type Door, type Options, refusal, SdkClient } from '../support/client.ts';
import { removeFolders } from '../support/folder.ts';
import { json, open, request } from '../support/http.ts';
import { KINDS, proxyMissing, ReverseProxy } from '../support/reverse-proxy.ts';
import { type Running, startServer } from '../support/server.ts';
import { skip } from '../support/skip.ts';

const KEY = 'key-of-the-backend-0123';
const NODES = [0, 1, 2];

const WAYS: readonly { way: string; door: Door; options: Options }[] = [
  { way: 'a raw WebSocket', door: 'ws', options: {} },
  { way: 'Socket.IO, websocket', door: 'socketio', options: { transports: ['websocket'] } },
  { way: 'Socket.IO, polling alone', door: 'socketio', options: { transports: ['polling'] } },
  { way: 'Socket.IO, polling and then websocket', door: 'socketio', options: { transports: ['polling', 'websocket'] } },
  { way: 'Socket.IO 3, polling alone', door: 'socketio', options: { sdk: 3, transports: ['polling'] } },
  { way: 'Socket.IO 2, polling alone', door: 'socketio', options: { sdk: 2, transports: ['polling'] } },
  {
    way: 'Socket.IO 2, polling and then websocket',
    door: 'socketio',
    options: { sdk: 2, transports: ['polling', 'websocket'] },
  },
];

for (const kind of KINDS) {
  describe(`three nodes behind ${kind}`, function () {
    this.timeout(15_000);
    let nodes: Running[] = [];
    let balancer: ReverseProxy;

    /** @param places connections that each node takes; 0: any number */
    async function start(places = [0, 0, 0]): Promise<void> {
      const settings = { trustProxy: '127.0.0.1', corsOrigins: 'same-origin', apiKeys: KEY, closeTimeout: 100 };
      nodes = await Promise.all(NODES.map((i) => startServer({ ...settings, maxConnections: places[i] })));
      balancer = await ReverseProxy.before(
        kind,
        nodes.map(({ url }) => url),
      );
    }

    before(function () {
      const missing = proxyMissing(kind);
      if (missing) skip(this, `flows through ${kind}`, missing);
    });
    afterEach(async () => {
      await closeAll();
      await balancer?.close();
      await Promise.all(nodes.splice(0).map((node) => node.close()));
      removeFolders();
    });

    const ofEach = async (path: string, headers = {}) =>
      Promise.all(nodes.map(async ({ url }) => json(await request(url + path, { headers }))));
    const connections = async () => (await ofEach('/ws/stats')).map((stats) => stats['current_connections']);

    for (const { way, door, options } of WAYS) {
      it(`lets twelve clients talk: ${way}`, async () => {
        await start();
        const clients = await Promise.all(
          NODES.concat(NODES, NODES, NODES).map(() => connect(door, balancer.url, options)),
        );
        // With many requests, where each is one of its own.
        for (let round = 0; round < 10; round += 1) await Promise.all(clients.map((client) => client.barrier()));
        for (const client of clients) {
          const last = options.transports?.at(-1);
          while (client instanceof SdkClient && client.transport !== last) await client.barrier();
          expect(await client.request({ type: 'chat', content: 'hola' })).to.include({ ok: true });
        }
      });
    }

    it('spreads WebSockets over all of them', async () => {
      await start();
      for (const door of DOORS) {
        for (let i = 0; i < 9; i += 1) await connect(door, balancer.url);
        expect(await connections(), door).to.deep.equal([3, 3, 3]);
        await closeAll();
      }
    });

    it('spreads those who poll', async () => {
      await start();
      for (let i = 1; i <= 40; i += 1) await poll(`127.0.1.${i}`);
      for (const count of await connections()) expect(count).to.be.at.least(1);
    });

    it('finds the node of a session whose name came later than the head of its answer', async () => {
      const slow = await Promise.all(NODES.map((i) => openLate(String(i))));
      balancer = await ReverseProxy.before(kind, slow.map(addressOf));
      for (let i = 0; i < 6; i += 1) {
        const polling = `${balancer.url}/socket.io/?EIO=4&transport=polling`;
        const { sid } = JSON.parse((await request(polling)).body.slice(1)) as { sid: string };
        for (const _ of NODES) expect((await request(`${polling}&sid=${sid}`)).body).to.equal(sid.charAt(0));
      }
      await balancer.close();
      for (const server of slow) server.close();
    });

    it('tells the nodes who is there, whatever a client says of itself', async () => {
      await start();
      const from = '127.0.0.77';
      const headers = { 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.2' };
      const ana = await connect('ws', balancer.url, { userId: 'ana', from, headers });
      const answers = await ofEach('/api/users', { authorization: `Bearer ${KEY}` });
      expect(JSON.stringify(answers)).to.include(`"address":"${from}"`);
      expect(ana.userId).to.equal('ana');
    });

    it('knows the pages of its own host', async () => {
      await start();
      for (const door of DOORS) {
        await connect(door, balancer.url, { headers: { origin: balancer.url } });
        const stranger = await refusal(door, balancer.url, { headers: { origin: 'http://evil.example' } });
        expect(stranger).to.include({ code: 'forbidden_origin' });
      }
    });

    it('hands on what a node writes at once', async () => {
      await start();
      const stream = await open(`${balancer.url}/ws/stats`, { headers: { accept: 'text/event-stream' } });
      let text = '';
      stream.on('data', (chunk) => (text += chunk));
      while ((text.match(/\n\n/g) ?? []).length < 3) await once(stream, 'data');
      stream.destroy();
    });

    it('keeps the figures of single nodes to itself', async () => {
      await start();
      expect((await request(`${balancer.url}/metrics`)).status).to.equal(404);
    });

    it('leads a handshake on from a node that is full', async () => {
      await start([1, 0, 0]);
      for (let i = 0; i < 9; i += 1) await connect(DOORS[i % 2]!, balancer.url);
      expect((await connections())[0]).to.equal(1);
    });

    it('leads everybody to the others when a node stops', async () => {
      await start();
      const clients = [];
      for (let i = 0; i < 6; i += 1) clients.push(await connect('ws', balancer.url));
      await nodes.shift()!.close();
      const closes = await Promise.race(clients.map((client) => client.closed));
      expect(closes).to.deep.equal({ code: 1001, reason: 'going_away' });
      for (let i = 0; i < 6; i += 1) await connect('ws', balancer.url);
      await Promise.all(
        Array.from({ length: 6 }, () => connect('socketio', balancer.url, { transports: ['polling'] })),
      );
    });

    it('writes down addresses without what they ask for, also when there is no node', async () => {
      await start();
      const secret = 'token=hush&session=hush&lastId=hush';
      const ask = async () => {
        for (const path of ['/ws', '/ws/stats', '/socket.io/']) await request(`${balancer.url}${path}?${secret}`);
        const handshake = `transport=websocket&EIO=4&${secret}`;
        await refusal('ws', balancer.url, { query: `${secret}&username=system` });
        await request(`${balancer.url}/socket.io/?${handshake}`);
      };
      await ask();
      await Promise.all(nodes.map((node) => node.close()));
      await ask();
      await balancer.close();
      expect(balancer.logged).to.include('GET /ws').and.include('GET /socket.io/').and.include('50');
      expect(balancer.logged).not.to.include('hush');
    });

    /** A client that polls, of that address, as far as the hub knows of it. */
    async function poll(from: string): Promise<void> {
      const address = `${balancer.url}/socket.io/?EIO=4&transport=polling`;
      const { body } = await request(address, { from });
      const { sid } = JSON.parse(body.slice(1)) as { sid: string };
      const joined = await request(`${address}&sid=${sid}`, { from, method: 'POST', body: '40' });
      expect(joined.status).to.equal(200);
    }
  });
}

/** A node that polls are answered by: with its name, which all its sessions begin with. The body of the first comes late. */
async function openLate(name: string): Promise<Server> {
  let sessions = 0;
  const server = createServer((request, response) => {
    if (request.url?.includes('sid=')) return void response.end(name);
    response.flushHeaders();
    sessions += 1;
    setTimeout(() => response.end(`0{"sid":"${name}${String(sessions).padStart(17, '-')}","upgrades":[]}`), 20);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
