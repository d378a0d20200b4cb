import { once } from 'node:events';
import { expect } from 'chai';
import { createConfig } from '../../../src/config.ts';
import { Polling } from '../../support/polling.ts';
import { closing } from '../../support/tcp.ts';
import { survives, survivesByDoor } from './scene.ts';

/** Long enough for bystanders on a busy machine, short enough for a case. */
const SHORT = { pingInterval: 150, pingTimeout: 350, closeTimeout: 100 };

describe('threats by peers that are no longer there', () => {
  it('threat 21: by default a half-open peer is gone within 60 seconds', () => {
    const { pingInterval, pingTimeout, closeTimeout } = createConfig({});
    const sweep = 1000;
    expect(pingInterval + pingTimeout + closeTimeout + 2 * sweep).to.be.at.most(60_000);
  });

  survives('threat 21: ws: a half-open peer is pinged, told no_heartbeat, and gone', SHORT, async (scene) => {
    const { tcp } = await scene.wire('ws', 'userId=gone', true);
    await tcp.frame(({ opcode }) => opcode === 9, 'a ping');
    const { payload } = await tcp.frame(({ opcode }) => opcode === 8, 'a close');
    expect(payload).to.deep.equal(closing(4012, 'no_heartbeat'));
    await scene.see('user_left', 'gone');
    await scene.untilSockets(2);
  });

  survives('threat 21: socketio: a half-open peer is pinged, and gone without a word', SHORT, async (scene) => {
    const { tcp } = await scene.wire('socketio', 'userId=gone', true);
    await tcp.next('2');
    await tcp.frame(({ opcode }) => opcode === 8, 'a close');
    await scene.see('user_left', 'gone');
    await scene.untilSockets(2);
  });

  survivesByDoor(
    (door) => `threat 21: ${door}: one that takes nothing at all is gone, too`,
    SHORT,
    async (scene, door) => {
      const { tcp } = await scene.wire(door, 'userId=deaf', true);
      tcp.socket.pause();
      await scene.see('user_left', 'deaf');
      await scene.untilSockets(2);
    },
  );

  survives('threat 21: socketio: a session that stops polling is gone', SHORT, async (scene) => {
    await Polling.connect(scene.url, 'userId=gone');
    await scene.see('user_joined', 'gone');
    await scene.see('user_left', 'gone');
  });

  survivesByDoor(
    (door) => `threat 21: ${door}: what a peer said before it vanished is heard, and its end is seen once`,
    SHORT,
    async (scene, door) => {
      const wire = await scene.wire(door, 'userId=gone&room=sala-1', true);
      const content = scene.expects('adiós');
      wire.send(JSON.stringify({ type: 'chat', content }));
      await scene.heard(content);
      await scene.see('user_left', 'gone');
      await scene.ana.barrier();
      expect(scene.ana.messages.filter(({ type }) => type === 'user_left')).to.have.lengthOf(1);
    },
  );

  survivesByDoor(
    (door) => `threat 22: ${door}: one that says goodbye and leaves the TCP connection open is off the list`,
    { closeTimeout: 100 },
    async (scene, door) => {
      const { tcp } = await scene.wire(door, 'userId=lingering', true);
      tcp.write({ opcode: 8, payload: closing(1000) });
      await scene.see('user_left', 'lingering');
      await scene.untilSockets(2);
    },
  );

  survivesByDoor(
    (door) => `threat 22: ${door}: one that leaves the server's close unanswered is off the list`,
    { closeTimeout: 100 },
    async (scene, door) => {
      const { tcp } = await scene.wire(door, 'userId=lingering', true);
      tcp.write({ opcode: 1, payload: 'x', reserved: 0x10 });
      await scene.see('user_left', 'lingering');
      await scene.untilSockets(2);
    },
  );

  survivesByDoor(
    (door) => `threat 22: ${door}: one that ends its side only is off the list`,
    { closeTimeout: 100 },
    async (scene, door) => {
      const { tcp } = await scene.wire(door, 'userId=lingering', true);
      tcp.socket.end();
      await scene.see('user_left', 'lingering');
      await scene.untilSockets(2);
    },
  );

  survives(
    'threat 22: socketio: a DISCONNECT is the end of presence, whatever the transport does',
    {},
    async (scene) => {
      const { tcp } = await scene.wire('socketio', 'userId=lingering');
      tcp.send('41');
      await scene.see('user_left', 'lingering');
      expect(tcp.socket.destroyed).to.equal(false);
    },
  );

  survives('threat 22: a refused upgrade is not waited for', {}, async (scene) => {
    for (const target of ['/ws?username=system', '/nope', '/socket.io/?EIO=4&transport=x']) {
      const tcp = scene.tcp({ halfOpen: true });
      tcp.socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
      await once(tcp.socket, 'end');
      await scene.untilSockets(2);
    }
  });
});
