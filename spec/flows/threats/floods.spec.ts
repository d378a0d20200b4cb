import { expect } from 'chai';
import { io } from 'socket.io-client';
import { createConfig } from '../../../src/config.ts';
import { type Client, DOORS, refusal } from '../../support/client.ts';
import { type Answer, json, request, upgrade } from '../../support/http.ts';
import { Polling } from '../../support/polling.ts';
import { upgradeRequest } from '../../support/tcp.ts';
import { type Scene, survives, survivesByDoor } from './scene.ts';
import { targetOf } from './wire.ts';

const OPENING = '/socket.io/?EIO=4&transport=polling';

const SHORT = { handshakeTimeout: 300 };
/** Two places are the bystanders' own. */
const FULL = 6;

/** Every way in: the doors, and a plain GET that asks why an upgrade was refused. */
const WAYS: Record<string, (url: string) => Promise<Answer>> = {
  'ws: upgrade': (url) => upgrade(`${url}/ws`),
  'ws: plain GET': (url) => request(`${url}/ws`),
  'socketio: upgrade': (url) => upgrade(`${url}/socket.io/?EIO=4&transport=websocket`),
  'socketio: polling': (url) => request(url + OPENING),
  'socketio: Engine.IO 3': (url) => request(`${url}/socket.io/?EIO=3&transport=polling`),
  'socketio: an empty sid': (url) => request(`${url}${OPENING}&sid=`),
  'socketio: a sid and an empty one': (url) => request(`${url}${OPENING}&sid=x&sid=`),
  'socketio: an upgrade with an empty sid': (url) => upgrade(`${url}/socket.io/?EIO=4&transport=websocket&sid=`),
};

describe('threats by floods of connections', () => {
  it('threat 30: by default a handshake may take 10 seconds at most', () => {
    expect(createConfig({}).handshakeTimeout).to.be.at.most(10_000);
  });

  survives('threat 30: socketio: sessions that never connect are closed', SHORT, async (scene) => {
    const engines = await Promise.all(Array.from({ length: 30 }, () => scene.session()));
    const sids = await Promise.all(Array.from({ length: 30 }, () => openPolling(scene)));
    await scene.chat();
    await Promise.all(engines.map((engine) => engine.closed));
    await Promise.all(sids.map((sid) => untilUnknown(scene, sid)));
    await scene.expectNobodyCame();
  });

  survives('threat 30: socketio: nor do refused ones stay', SHORT, async (scene) => {
    const packets = ['40/nowhere,', '40/nowhere,{"username":"Ana"}', '40{"username":"system"}', '40{"rooms":["a b"]}'];
    const engines = await Promise.all(packets.map(() => scene.session()));
    for (const [index, engine] of engines.entries()) {
      engine.send(packets[index]!);
      await engine.next('44');
    }
    await Promise.all(engines.map((engine) => engine.closed));
    await scene.expectNobodyCame();
  });

  survives('threat 30: idle polling sessions are gone', { pingInterval: 150, pingTimeout: 350 }, async (scene) => {
    const ids = Array.from({ length: 20 }, (_, index) => `idle-${index}`);
    await Promise.all(ids.map((id) => Polling.connect(scene.url, `userId=${id}`)));
    await Promise.all(ids.map((id) => scene.see('user_left', id)));
  });

  survives('threat 30: 200 silent TCP connections keep nobody out, and are cut', SHORT, async (scene) => {
    const silent = Array.from({ length: 200 }, () => scene.tcp());
    await (await scene.client('ws')).close();
    await (await scene.client('socketio')).close();
    await Promise.all(silent.map(({ closed }) => closed));
  });

  for (const { limit, settings, status, code } of [
    { limit: 'in all', settings: { maxConnections: FULL }, status: 503, code: 'over_capacity' },
    { limit: 'per address', settings: { maxConnectionsPerIp: FULL }, status: 429, code: 'rate_limited' },
  ]) {
    survives(`threat 30: the connections ${limit} are counted over both doors`, settings, async (scene) => {
      const raw = [await scene.client('ws'), await scene.client('ws')];
      const rest = [await scene.session(), await scene.client('socketio')];
      expect(raw.length + rest.length).to.equal(FULL - 2);
      for (const [way, ask] of Object.entries(WAYS)) {
        const answer = await ask(scene.url);
        expect(answer.status, way).to.equal(status);
        expect(json(answer), way).to.have.nested.property('error.code', code);
        expect(Number(answer.headers['retry-after']), way).to.be.at.least(1);
      }
      expect(await refusal('ws', scene.url)).to.include({ status, code });
      for (const client of [...raw, ...rest]) {
        await client.close();
        await (await untilAccepted(scene)).close();
      }
    });

    survives(
      `threat 30: a rush over the limit ${limit} fills no more than its places`,
      { ...settings, closeTimeout: 100 },
      async (scene) => {
        const rush = Array.from({ length: 40 }, (_, index) => {
          const tcp = scene.tcp();
          tcp.socket.write(upgradeRequest(targetOf(DOORS[index % 2]!)));
          return tcp;
        });
        for (const tcp of rush) expect(await tcp.status()).to.be.oneOf([101, status]);
        await scene.untilSockets(FULL);
        await scene.chat();
        for (const tcp of rush) tcp.close();
        await (await untilAccepted(scene)).close();
      },
    );
  }
});

describe('threats by floods of connections: whose they are', () => {
  const PER_USER = { maxConnectionsPerUser: 2 };
  const query = { userId: 'mallory' };

  /** Both places of a user are taken, one by each door. */
  const fill = async (scene: Scene) =>
    [await scene.client('ws', query), await scene.client('socketio', query)] as const;

  survives('threat 30: the connections of a user are counted over both doors', PER_USER, async (scene) => {
    const taken = await fill(scene);
    for (const ask of [upgrade, request]) {
      const answer = await ask(`${scene.url}/ws?userId=mallory`);
      expect(answer.status).to.equal(429);
      expect(json(answer)).to.have.nested.property('error.code', 'rate_limited');
      expect(Number(answer.headers['retry-after'])).to.be.at.least(1);
    }
    await (await scene.client('ws', { userId: 'other' })).close();
    await (await scene.client('socketio')).close();
    for (const client of taken) await client.close();
    await scene.see('user_left', 'mallory');
    await (await scene.client('ws', query)).close();
  });

  survives(
    'threat 30: on Socket.IO it is closed, and its SDK tries until there is a place',
    PER_USER,
    async (scene) => {
      const [taken] = await fill(scene);
      const engine = await scene.session();
      engine.send('40{"userId":"mallory"}');
      await engine.closed;
      expect(engine.packets.filter((packet) => packet.startsWith('4'))).to.deep.equal([]);
      const sdk = io(scene.url, { forceNew: true, reconnectionDelay: 20, auth: query, transports: ['websocket'] });
      const connected = new Promise((resolve) => sdk.on('connect', () => resolve(undefined)));
      await new Promise((resolve) => sdk.io.once('reconnect_attempt', resolve));
      await taken.close();
      await connected;
      sdk.disconnect();
    },
  );

  survivesByDoor(
    (door) => `threat 30: ${door}: one that comes back is not kept out by what is left of itself`,
    { maxConnectionsPerUser: 1, closeTimeout: 100 },
    async (scene, door) => {
      const ask = (session: string) =>
        door === 'ws' ? { ...query, query: { session } } : { auth: { ...query, session } };
      const half = await scene.client(door, ask(''));
      half.pause();
      const session = secretOf(half);
      const back = await scene.client(door, ask(session));
      expect(secretOf(back)).to.equal(session);
      half.drop();
    },
  );

  const ASKS = [
    (url: string, headers: Record<string, string>) => upgrade(`${url}/ws`, headers),
    (url: string, headers: Record<string, string>) => request(`${url}/ws`, { headers }),
    (url: string, headers: Record<string, string>) => upgrade(`${url}/socket.io/?EIO=4&transport=websocket`, headers),
    (url: string, headers: Record<string, string>) => request(url + OPENING, { headers }),
  ];
  const from = (address: string) => ({ 'x-forwarded-for': `6.6.6.6, ${address}`, forwarded: 'for=6.6.6.6' });
  const addressesOf = (scene: Scene, username: string) =>
    scene.lines.flatMap(({ fields }) => ('username' in fields && fields.username === username ? [fields] : []));

  survives(
    'threat 30: an address that a stranger claims is not believed',
    { maxConnectionsPerIp: 4 },
    async (scene) => {
      for (const [index, door] of DOORS.entries()) {
        await scene.client(door, { username: 'Mallory', headers: from(`9.9.9.${index}`) });
      }
      for (const ask of ASKS) expect((await ask(scene.url, from('9.9.9.9'))).status).to.equal(429);
      for (const line of addressesOf(scene, 'Mallory')) expect(line).to.include({ address: '127.0.0.1' });
    },
  );

  for (const trustProxy of ['127.0.0.0/8', 1]) {
    survives(
      `threat 30: a trusted proxy says whose a connection is (TRUST_PROXY=${trustProxy})`,
      { maxConnectionsPerIp: 3, trustProxy },
      async (scene) => {
        for (const door of ['ws', 'socketio', 'ws'] as const) {
          await scene.client(door, { username: 'Mallory', headers: from('9.9.9.9') });
        }
        for (const ask of ASKS) {
          expect((await ask(scene.url, from('9.9.9.9'))).status).to.equal(429);
          expect((await ask(scene.url, from('9.9.9.8'))).status).to.be.oneOf([101, 200, 426]);
        }
        const lines = addressesOf(scene, 'Mallory');
        expect(lines).to.have.lengthOf(3);
        for (const line of lines) expect(line).to.include({ address: '9.9.9.9' });
      },
    );
  }

  survives(
    'threat 30: the addresses of one IPv6 network are one',
    { maxConnectionsPerIp: 3, trustProxy: '127.0.0.1' },
    async (scene) => {
      for (const end of ['1', 'ffff:1', 'a:b:c:d'])
        await scene.client('ws', { headers: from(`2001:db8:1:2:${'0:'.repeat(4 - end.split(':').length)}${end}`) });
      for (const ask of ASKS) {
        expect((await ask(scene.url, from('2001:db8:1:2::77'))).status).to.equal(429);
        expect((await ask(scene.url, from('2001:db8:1:3::77'))).status).to.be.oneOf([101, 200, 426]);
      }
    },
  );
});

function secretOf({ welcome }: Client): string {
  const { session } = welcome as { session?: string };
  expect(session).to.be.a('string');
  return session!;
}

async function openPolling(scene: Scene): Promise<string> {
  return (JSON.parse((await request(scene.url + OPENING)).body.slice(1)) as { sid: string }).sid;
}

/** Polls are held until the session ends; after it the sid is unknown. */
async function untilUnknown(scene: Scene, sid: string): Promise<void> {
  for (;;) if ((await request(`${scene.url}${OPENING}&sid=${sid}`)).status === 400) return;
}

/** A place is given back when the server has seen a connection end, which is not when the client has. */
async function untilAccepted(scene: Scene) {
  for (;;) {
    const client = await scene.client('ws').catch(() => undefined);
    if (client) return client;
  }
}
