import { expect } from 'chai';
import { ATTACHMENTS, FATAL, type Packet, PLACEHOLDER, REFUSED } from '../../support/crafted-packets.ts';
import type { Engine } from '../../support/engine.ts';
import { request } from '../../support/http.ts';
import { unique } from '../../support/messages.ts';
import { Polling } from '../../support/polling.ts';
import { encode } from '../../support/tcp.ts';
import { type Scene, survives } from './scene.ts';

/** What ends a polling session is not seen before it polls again, or before this time is over. */
const POLLING = { closeTimeout: 100 };

/** Answers to questions that nobody asked: they are ignored. */
const IGNORED: Packet[] = ['43["x"]', '430[{"ok":true}]', '4399999999999999999999[null]', '43'];

describe('threats by packets of Socket.IO', () => {
  survives('threat 6: a crafted packet ends its own connection', {}, async (scene) => {
    for (const [what, packets] of Object.entries(FATAL)) {
      await expectEnd(scene, await scene.engine(`userId=${slug(what)}`), packets, what);
    }
  });

  survives('threat 6: a crafted packet by polling ends its own session', POLLING, async (scene) => {
    const attempts = Object.entries(FATAL).map(async ([what, packets]) => {
      const polling = await Polling.connect(scene.url, `userId=${slug(what)}`);
      const body = packets.map((packet) => (typeof packet === 'string' ? packet : `b${packet.toString('base64')}`));
      await polling.post(body.join('\x1e')).catch(aborted);
      await scene.see('user_left', slug(what));
    });
    await Promise.all(attempts);
  });

  survives('threat 6: a crafted packet before the CONNECT ends its own connection', {}, async (scene) => {
    const packets = ['42["chat",{"content":"x"}]', '41', '431[]', '44{"message":"x"}', '451-["chat"]\x1e', '40"text"'];
    for (const packet of packets) {
      const engine = await scene.session();
      engine.send(packet);
      if (packet.startsWith('45')) engine.send(Buffer.from('x'));
      await engine.closed;
    }
    await scene.expectNobodyCame();
  });

  survives('threat 6: an auth that is no object ends its own connection', {}, async (scene) => {
    for (const auth of ['[]', 'null', 'true', '"x"', '{', '[{"username":"Ana"}]']) {
      const engine = await scene.session();
      engine.send(`40${auth}`);
      await engine.closed;
    }
    await scene.expectNobodyCame();
  });

  survives(
    'threat 6: an event that is none of the protocol is answered, and its sender lives on',
    {},
    async (scene) => {
      for (const [what, [packets, code]] of Object.entries(REFUSED)) {
        const engine = await scene.engine();
        for (const packet of packets) engine.send(packet);
        expect(await engine.next('42["error"'), what).to.include(`"code":"${code}"`);
        await expectAlive(scene, engine);
      }
    },
  );

  survives('threat 6: a callback is refused with the same codes, whatever its id', {}, async (scene) => {
    const engine = await scene.engine();
    for (const id of ['0', '1', '1', '9007199254740993', '99999999999999999999999']) {
      engine.send(`42${id}["system",{"content":"x"}]`);
      expect(await engine.next('43'), id).to.include('[{"ok":false,"error":{"code":"forbidden_type"');
    }
  });

  survives('threat 6: answers that nobody asked for are ignored', {}, async (scene) => {
    const engine = await scene.engine();
    for (const packet of IGNORED) engine.send(packet);
    await expectAlive(scene, engine);
  });

  survives('threat 6: Engine.IO 3: crafted packets and payloads end their own session', POLLING, async (scene) => {
    const bodies = [
      '4:42[{',
      '9:42[{},1]x',
      '999999999:4',
      '-1:4',
      'x',
      '5:40//[',
      '15:42["disconnect"]',
      '1:4',
      '\x01',
    ];
    const attempts = bodies.map(async (body, index) => {
      const userId = `old-${index}`;
      const address = `${scene.url}/socket.io/?EIO=3&transport=polling&userId=${userId}`;
      const sid = /"sid":"([^"]+)"/.exec((await request(address)).body)?.[1];
      await scene.see('user_joined', userId);
      await request(`${address}&sid=${sid}`, { method: 'POST', body }).catch(aborted);
      await scene.see('user_left', userId);
    });
    await Promise.all(attempts);
  });

  survives('threat 7: an announcement of endless attachments ends its own connection', {}, async (scene) => {
    for (const packet of ATTACHMENTS) {
      await expectEnd(scene, await scene.engine(`userId=${slug(packet)}`), [packet], packet);
    }
  });

  survives('threat 7: attachments that never come hold nobody else up', {}, async (scene) => {
    const engine = await scene.engine();
    engine.send(`4510-["chat",${PLACEHOLDER}]`);
    for (let n = 0; n < 9; n += 1) engine.send(Buffer.alloc(50_000));
    await scene.chat();
  });

  survives('threat 27: an event behind a DISCONNECT in one segment is never heard', {}, async (scene) => {
    const ghost = await scene.wire('socketio', 'userId=ghost');
    const frames = [
      '41',
      '42["chat",{"content":"boo"}]',
      '421["chat",{"content":"boo"}]',
      '42["join",{"room":"crypt"}]',
    ];
    ghost.tcp.socket.write(Buffer.concat(frames.map((payload) => encode({ opcode: 1, payload }))));
    await scene.see('user_left', 'ghost');
    await scene.chat();
  });

  survives('threat 27: nor is one behind a DISCONNECT in one polling body', POLLING, async (scene) => {
    const ghost = await Polling.connect(scene.url, 'userId=ghost');
    await ghost
      .post(['41', '42["chat",{"content":"boo"}]', '421["chat",{"content":"boo"}]'].join('\x1e'))
      .catch(aborted);
    await scene.see('user_left', 'ghost');
    await scene.chat();
  });

  survives('threat 27: ws: nor is a message behind a close frame', {}, async (scene) => {
    const ghost = await scene.wire('ws', 'userId=ghost');
    const message = encode({ opcode: 1, payload: '{"type":"chat","content":"boo"}' });
    ghost.tcp.socket.write(Buffer.concat([encode({ opcode: 8 }), message]));
    await ghost.tcp.closed;
    await scene.see('user_left', 'ghost');
    await scene.chat();
  });
});

/** Its end is its own: the others see it leave. */
async function expectEnd(scene: Scene, engine: Engine, packets: Packet[], what: string): Promise<void> {
  for (const packet of packets) engine.send(packet);
  await engine.closed;
  expect(engine.messages('error'), what).to.deep.equal([]);
  await scene.see('user_left', slug(what));
}

async function expectAlive(scene: Scene, engine: Engine): Promise<void> {
  const content = scene.expects(unique('alive'));
  engine.send(`42["chat",{"content":"${content}"}]`);
  await engine.next(`42["chat",{"type":"chat","content":"${content}"`);
  await scene.heard(content);
}

/** Engine.IO resets the request that ends its session. */
function aborted(error: NodeJS.ErrnoException): void {
  expect(error.code).to.equal('ECONNRESET');
}

/** A userId that tells the case. */
function slug(what: string): string {
  return what.replace(/\W+/g, '-');
}
