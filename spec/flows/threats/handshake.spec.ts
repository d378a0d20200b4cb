import { once } from 'node:events';
import { expect } from 'chai';
import { DOORS } from '../../support/client.ts';
import { json, request, upgrade } from '../../support/http.ts';
import { unique } from '../../support/messages.ts';
import { HEADERS, HOSTS, TARGETS } from '../../support/odd-requests.ts';
import { closing, encode, type Tcp, upgradeRequest } from '../../support/tcp.ts';
import { type Scene, survives, survivesByDoor } from './scene.ts';
import { packet, targetOf } from './wire.ts';

/** Paths beside the doors. */
const PATHS = [
  '/',
  '/nope',
  '/ws/',
  '/WS',
  '/wss',
  '/ws/stats',
  '/ws/test',
  '/socket.io',
  '/socket.iox/',
  '/engine.io/',
];

describe('threats at the handshake', () => {
  for (const where of ['before', 'behind'] as const) {
    survivesByDoor(
      (door) => `threat 10: ${door}: 2,000 headers ${where} those that matter are taken or refused`,
      {},
      async (scene, door) => {
        const many = Array.from({ length: 2000 }, () => 'a:b').join('\r\n');
        const [first, ...lines] = upgradeRequest(targetOf(door)).trimEnd().split('\r\n');
        const parts = where === 'before' ? [first, many, ...lines] : [first, ...lines, many];
        const tcp = scene.tcp();
        tcp.socket.write(`${parts.join('\r\n')}\r\n\r\n`);
        expect(await tcp.status()).to.be.oneOf([101, 400, 426, 431]);
      },
    );
  }

  survivesByDoor(
    (door) => `threat 10: ${door}: a header of 1 MiB is refused`,
    {},
    async (scene, door) => {
      const tcp = scene.tcp();
      tcp.socket.write(upgradeRequest(targetOf(door), { 'X-Long': 'x'.repeat(1024 ** 2) }));
      expect(await tcp.status()).to.equal(431);
    },
  );

  survivesByDoor(
    (door) => `threat 19: ${door}: bytes in the segment of the handshake are delivered`,
    {},
    async (scene, door) => {
      const content = scene.expects(unique('early'));
      const tcp = scene.tcp();
      const text = packet(door, JSON.stringify({ type: 'chat', content }));
      const first = door === 'ws' ? text : '40';
      tcp.socket.write(
        Buffer.concat([Buffer.from(upgradeRequest(targetOf(door))), encode({ opcode: 1, payload: first })]),
      );
      expect(await tcp.status()).to.equal(101);
      if (door === 'socketio') {
        await tcp.next('42["user_list"');
        tcp.send(text);
      }
      await scene.heard(content);
    },
  );

  survives('threat 19: ws: a hundred frames in the segment of the handshake keep their order', {}, async (scene) => {
    const contents = Array.from({ length: 100 }, () => scene.expects(unique('early')));
    const frames = contents.map((content) => encode({ opcode: 1, payload: JSON.stringify({ type: 'chat', content }) }));
    scene.tcp().socket.write(Buffer.concat([Buffer.from(upgradeRequest('/ws')), ...frames]));
    for (const content of contents) await scene.heard(content);
    const heard = scene.bo.messages.map(({ content }) => content).filter((content) => contents.includes(content));
    expect(heard).to.deep.equal(contents);
  });

  survivesByDoor(
    (door) => `threat 19: ${door}: a broken frame or a close in the segment of the handshake is answered`,
    { closeTimeout: 100 },
    async (scene, door) => {
      for (const [frame, code] of [
        [encode({ opcode: 1, reserved: 0x40 }), 1002],
        [encode({ opcode: 8, payload: closing(1000) }), 1000],
      ] as const) {
        const tcp = scene.tcp();
        tcp.socket.write(Buffer.concat([Buffer.from(upgradeRequest(targetOf(door))), frame]));
        expect(await tcp.closed).to.equal(code);
      }
    },
  );

  survivesByDoor(
    (door) => `threat 19: ${door}: bytes behind a handshake that is refused go nowhere`,
    { corsOrigins: 'https://ambos.example', maxConnectionsPerIp: 10 },
    async (scene, door) => {
      const handshake =
        door === 'ws'
          ? upgradeRequest('/ws?username=system')
          : upgradeRequest(targetOf(door), { 'Sec-WebSocket-Key': 'short' });
      const tcp = scene.tcp();
      const chat = encode({ opcode: 1, payload: packet(door, '{"type":"chat","content":"x"}') });
      tcp.socket.write(Buffer.concat([Buffer.from(handshake), chat, Buffer.from('GET /healthz HTTP/1.1\r\n\r\n')]));
      expect(await tcp.status()).to.equal(400);
      await tcp.closed;
      expect(tcp.body).not.to.include('HTTP/1.1');
      await scene.expectNobodyCame();
    },
  );

  survives(
    'threat 23: a handshake that says nothing, stops or trickles is cut',
    { handshakeTimeout: 200 },
    async (scene) => {
      const silent = scene.tcp();
      const stopped = DOORS.map((door) => partial(scene, upgradeRequest(targetOf(door)).slice(0, -2)));
      const trickling = DOORS.map((door) =>
        trickle(scene.tcp(), upgradeRequest(targetOf(door), { 'X-Slow': 'x'.repeat(9999) })),
      );
      await Promise.all([silent, ...stopped, ...trickling].map((tcp) => tcp.closed));
      for (const tcp of [silent, ...stopped, ...trickling]) expect(tcp.answer).to.match(/^HTTP\/1.1 408|^$/);
      await scene.expectNobodyCame();
    },
  );

  survives('threat 23: a polling body that trickles in is cut', { handshakeTimeout: 100 }, async (scene) => {
    const address = '/socket.io/?EIO=4&transport=polling&userId=slow';
    const opening = await request(scene.url + address);
    const { sid } = JSON.parse(opening.body.slice(1)) as { sid: string };
    await request(`${scene.url}${address}&sid=${sid}`, { method: 'POST', body: '40' });
    const head = `POST ${address}&sid=${sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n`;
    const body = partial(scene, head);
    await trickle(body, '42["chat",{"content":"').closed;
    await scene.see('user_left', 'slow');
  });

  survives('threat 24: 200 resets in the middle of a handshake', { maxConnections: 20 }, async (scene) => {
    for (const door of DOORS) {
      const handshake = upgradeRequest(targetOf(door));
      const frame = encode({ opcode: 1, payload: packet(door, '{"type":"user_list"}', 'user_list') }).toString(
        'latin1',
      );
      const beginnings = ['', handshake.slice(0, 40), handshake.slice(0, -1), handshake, handshake + frame];
      for (let round = 0; round < 20; round += 1) await Promise.all(beginnings.map((text) => reset(scene, text)));
    }
    await scene.untilSockets(2);
  });

  survives('threat 24: resets before the answer to an upgrade that is refused', {}, async (scene) => {
    const targets = ['/ws?username=system', '/nope', '//', '/socket.io/?EIO=4&transport=x', '/socket.io/?EIO=4'];
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(targets.map((target) => reset(scene, upgradeRequest(target))));
    }
    await scene.untilSockets(2);
    await scene.expectNobodyCame();
  });

  survives('threat 24: resets in the middle of an HTTP answer are no failure of the server', {}, async (scene) => {
    const paths = ['/ws/test', '/ws/stats', '/socket.io/socket.io.js', '/socket.io/?EIO=4&transport=polling', '/nope'];
    for (const path of paths) await reset(scene, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    for (const how of ['close', 'reset']) {
      const reader = partial(scene, 'GET /ws/stats HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n');
      expect(await reader.status()).to.equal(200);
      reader.close(how === 'reset');
    }
    await scene.untilSockets(2);
  });

  survives('threat 24: resets of connected clients are ends like any other', {}, async (scene) => {
    for (const door of DOORS) {
      const wires = await Promise.all(Array.from({ length: 20 }, () => scene.wire(door)));
      for (const { tcp } of wires) {
        tcp.send(packet(door, '{"type":"heartbeat"}', 'heartbeat'));
        tcp.close(true);
      }
      await scene.alone();
    }
  });

  survives('threat 25: targets that are no address are answered', {}, async (scene) => {
    for (const [target, status] of Object.entries(TARGETS)) {
      const [tcp, plain] = [
        partial(scene, upgradeRequest(target)),
        partial(scene, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
      ];
      expect(await tcp.status(), `upgrade of ${target}`).to.equal(status);
      expect(await plain.status(), `GET of ${target}`).to.be.within(200, 499);
    }
  });

  survives('threat 25: hosts that are no host are answered', {}, async (scene) => {
    for (const door of DOORS) {
      for (const host of HOSTS) {
        const tcp = partial(scene, upgradeRequest(targetOf(door), { Host: host }));
        expect(await tcp.status(), `${door} ${host}`).to.be.oneOf([101, 400]);
      }
    }
    for (const host of HOSTS.filter((name) => name !== undefined)) {
      const plain = partial(scene, `GET /ws/test HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(await plain.status(), host).to.be.oneOf([200, 400]);
    }
  });

  survivesByDoor(
    (door) => `threat 25: ${door}: headers that make no handshake are refused`,
    {},
    async (scene, door) => {
      for (const headers of HEADERS) {
        const tcp = partial(scene, upgradeRequest(targetOf(door), headers));
        expect(await tcp.status(), JSON.stringify(headers)).to.equal(400);
        await tcp.closed;
      }
      await scene.expectNobodyCame();
    },
  );

  survives('threat 26: an upgrade of an unknown path is our 404, at once', {}, async (scene) => {
    for (const path of PATHS) {
      const answer = await upgrade(scene.url + path);
      expect(answer.status, path).to.equal(404);
      expect(json(answer), path).to.have.nested.property('error.code', 'not_found');
      expect((await request(scene.url + path)).status, `GET of ${path}`).not.to.equal(426);
    }
  });

  survives('threat 26: Engine.IO is told to leave upgrades that are not its own alone', {}, async (scene) => {
    // Where it does not, it would cut them after a second: far too late for a case to see.
    expect(scene.engineServer.opts.destroyUpgrade).to.equal(false);
    const both = DOORS.map((door) => scene.client(door));
    const strangers = PATHS.map((path) => upgrade(scene.url + path));
    for (const client of await Promise.all(both)) await client.barrier();
    for (const { status } of await Promise.all(strangers)) expect(status).to.equal(404);
  });
});

/** A connection that writes this and no more. */
function partial(scene: Scene, text: string): Tcp {
  const tcp = scene.tcp();
  tcp.socket.write(text);
  return tcp;
}

/** Writes a byte now and then, until it is cut. */
function trickle(tcp: Tcp, text: string): Tcp {
  let at = 0;
  const timer = setInterval(() => {
    tcp.socket.write(text[at] ?? 'x');
    at += 1;
  }, 10);
  tcp.socket.once('close', () => clearInterval(timer));
  return tcp;
}

/** Writes, and resets when that has left. */
async function reset(scene: Scene, text: string): Promise<void> {
  const tcp = scene.tcp();
  await once(tcp.socket, 'connect');
  if (text !== '') await new Promise((resolve) => tcp.socket.write(text, 'latin1', resolve));
  tcp.close(true);
}
