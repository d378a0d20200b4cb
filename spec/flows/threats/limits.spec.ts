import { expect } from 'chai';
import { type Door, refusal } from '../../support/client.ts';
import { dataKey, unique } from '../../support/messages.ts';
import { Polling } from '../../support/polling.ts';
import { type Scene, survives, survivesByDoor } from './scene.ts';

const KIB = 1024;
const BURST = 40;
const BURSTS = { rateBurst: BURST, rateLimit: 1 };

/** Contents around the limits, and what becomes of them: the same by both doors. */
const SIZES: { kib: number; becomes: 'heard' | 'too_large' | 'the end' }[] = [
  { kib: 1, becomes: 'heard' },
  { kib: 63, becomes: 'heard' },
  { kib: 65, becomes: 'too_large' },
  { kib: 500, becomes: 'too_large' },
  { kib: 1023, becomes: 'too_large' },
  { kib: 1025, becomes: 'the end' },
];

describe('threats to limits', () => {
  for (const { kib, becomes } of SIZES) {
    survivesByDoor(
      (door) => `threat 28: ${door}: ${kib} KiB: ${becomes}`,
      { closeTimeout: 100 },
      async (scene, door) => {
        const mallory = await scene.client(door, { username: 'Mallory' });
        const content = unique('size').padEnd(kib * KIB, 'x');
        mallory.send({ type: 'chat', content });
        if (becomes === 'heard') await scene.heard(scene.expects(content));
        if (becomes === 'too_large') expect(dataKey(await mallory.next('error'), 'code')).to.equal('too_large');
        if (becomes === 'the end') expect((await mallory.closed).code).to.equal(1009);
      },
    );
  }

  survivesByDoor(
    (door) => `threat 28: ${door}: the same burst is heard, and what is beyond it refused`,
    BURSTS,
    (scene, door) => expectBurst(scene, door, {}),
  );

  survives('threat 28: socketio by polling: the same burst', BURSTS, (scene) =>
    expectBurst(scene, 'socketio', { transports: ['polling'] }),
  );

  survives('threat 28: socketio: many events in one polling body are counted one by one', BURSTS, async (scene) => {
    const polling = await Polling.connect(scene.url, 'userId=packed');
    const contents = Array.from({ length: 2 * BURST }, () => unique('packed'));
    await polling.post(contents.map((content) => `42["chat",{"content":"${content}"}]`).join('\x1e'));
    for (const content of contents.slice(0, BURST)) await scene.heard(scene.expects(content));
    await scene.ana.barrier();
    expect(scene.ana.messages.filter(({ content }) => contents.includes(content))).to.have.lengthOf(BURST);
    await polling.post('41');
    await scene.see('user_left', 'packed');
  });

  survivesByDoor(
    (door) => `threat 28: ${door}: the rooms of one connection are limited, at the handshake and after it`,
    { maxRooms: 3 },
    async (scene, door) => {
      const rooms = ['sala-1', 'sala-2', 'sala-3', 'sala-4'];
      expect(await refusal(door, scene.url, { rooms })).to.include({ code: 'room_limit' });
      await scene.expectNobodyCame();
      const mallory = await scene.client(door, { rooms: rooms.slice(1) });
      mallory.send({ type: 'join', room: 'sala-1' });
      expect(dataKey(await mallory.next('error'), 'code')).to.equal('room_limit');
    },
  );
});

/** Says twice as much at once as is allowed. */
async function expectBurst(scene: Scene, door: Door, options: { transports?: ('polling' | 'websocket')[] }) {
  const mallory = await scene.client(door, { username: 'Mallory', ...options });
  const contents = Array.from({ length: 2 * BURST }, () => unique('burst'));
  for (const content of contents) mallory.send({ type: 'chat', content });
  for (const content of contents.slice(0, BURST)) await scene.heard(scene.expects(content));
  for (const error of await mallory.collect('error', BURST - 2)) {
    expect(error.data).to.include({ code: 'rate_limited', retryable: true, retryAfter: 1 });
  }
}
