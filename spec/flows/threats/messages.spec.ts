import { expect } from 'chai';
import type { Client } from '../../support/client.ts';
import { dataKey, unique } from '../../support/messages.ts';
import { Polling } from '../../support/polling.ts';
import { type Scene, survives, survivesByDoor } from './scene.ts';

const BURST = 40;
const SLOW = { rateLimit: 1, rateBurst: BURST };
/** Of a user, over all its connections. */
const SHARE = 60;
const SHARED = { ...SLOW, userRateLimit: 1, userRateBurst: SHARE };
/** Refusals after which a connection is closed. */
const PATIENCE = 4 * BURST;

describe('threats by floods of messages', () => {
  survivesByDoor(
    (door) => `threat 31: ${door}: a flood is refused, then closed with 4029, and holds nobody up`,
    SLOW,
    async (scene, door) => {
      const mallory = await scene.client(door, { username: 'Mallory' });
      const contents = Array.from({ length: BURST + PATIENCE + 200 }, () => unique('flood'));
      const heard = contents.slice(0, BURST).map((content) => scene.expects(content));
      for (const content of contents) mallory.send({ type: 'chat', content });
      for (const content of heard) await scene.heard(content);
      const { code, reason } = await mallory.closed;
      if (door === 'ws') expect({ code, reason }).to.deep.equal({ code: 4029, reason: 'flood' });
      const codes = mallory.messages.filter(({ type }) => type === 'error').map((error) => dataKey(error, 'code'));
      // An SDK sees no code of a close, and gets its name.
      const farewell = door === 'ws' ? [] : ['flood'];
      expect(codes.slice(0, PATIENCE)).to.deep.equal(Array(PATIENCE).fill('rate_limited'));
      expect(codes.slice(PATIENCE + 1)).to.deep.equal(farewell);
    },
  );

  survives('threat 31: socketio: a polling body full of events is answered as a flood', SLOW, async (scene) => {
    const polling = await Polling.connect(scene.url, 'userId=packed');
    while (!(await polling.poll()).some((packet) => packet.startsWith('42["user_list"')));
    const answers = allOf(polling);
    const events = Array.from({ length: 20_000 }, () => '42["heartbeat"]').join('\x1e');
    await polling.post(events);
    const packets = (await answers).filter((packet) => packet.startsWith('42["error"'));
    await scene.see('user_left', 'packed');
    expect(packets.length).to.be.at.least(PATIENCE);
    expect(packets.length).to.be.at.most(PATIENCE + 2);
    expect(packets.at(-1)).to.include('"code":"flood"');
  });

  survivesByDoor(
    (door) => `threat 31: ${door}: a flood of what is too large, or no message at all, is a flood as well`,
    { ...SLOW, maxMessageBytes: 1000 },
    async (scene, door) => {
      for (const flood of [{ type: 'chat', content: 'x'.repeat(2000) }, { type: 'nonsense' }, { type: 'system' }]) {
        const mallory = await scene.client(door, { username: 'Mallory' });
        for (let sent = 0; sent < BURST + PATIENCE + 50; sent += 1) mallory.send(flood);
        const { code } = await mallory.closed;
        if (door === 'ws') expect(code).to.equal(4029);
        else expect(dataKey(mallory.messages.at(-1)!, 'code')).to.equal('flood');
      }
    },
  );

  survives('threat 31: one user has one budget, whatever it connects by and how often', SHARED, async (scene) => {
    const userId = 'mallory';
    const tabs = [await scene.client('ws', { userId }), await scene.client('socketio', { userId })];
    expect(await burst(scene, tabs[0]!)).to.equal(BURST);
    expect(await burst(scene, tabs[1]!)).to.be.within(SHARE - BURST, SHARE - BURST + 3);
    for (const tab of tabs) await tab.close();
    const back = await scene.client('socketio', { userId, transports: ['polling'] });
    expect(await burst(scene, back)).to.be.at.most(3);
    const other = await scene.client('ws', { userId: 'mallory-too' });
    expect(await burst(scene, other)).to.equal(BURST);
  });

  survives('threat 31: who gives no userId has the budget of its connection', SHARED, async (scene) => {
    for (const door of ['ws', 'socketio'] as const) {
      const guest = await scene.client(door, { username: 'Mallory' });
      expect(await burst(scene, guest)).to.equal(BURST);
    }
  });

  survives('threat 31: an honest user with five tabs that all burst at once is refused nothing', {}, async (scene) => {
    const doors = ['ws', 'socketio', 'ws', 'socketio', 'ws'] as const;
    const tabs = await Promise.all(doors.map((door) => scene.client(door, { userId: 'carla' })));
    for (const tab of tabs) for (let sent = 0; sent < 500; sent += 1) tab.send({ type: 'heartbeat' });
    await Promise.all(tabs.map((tab) => tab.collect('heartbeat', 500)));
    expect(tabs.flatMap(({ messages }) => messages.filter(({ type }) => type === 'error'))).to.deep.equal([]);
  });
});

/** What one gets who polls until its session has ended. */
async function allOf(polling: Polling): Promise<string[]> {
  const packets: string[] = [];
  for (;;) {
    const { status, body } = await polling.get();
    if (status !== 200) return packets;
    packets.push(...body.split('\x1e'));
  }
}

/** Says a burst at once. @returns how much of it was not refused */
async function burst(scene: Scene, client: Client): Promise<number> {
  const contents = Array.from({ length: BURST }, () => unique('burst'));
  for (const content of contents) client.send({ type: 'chat', content });
  const isAnswer = ({ type, content }: { type: string; content: string }) =>
    type === 'error' || contents.includes(content);
  const answers = await client.collect(isAnswer, BURST);
  const echoes = answers.filter(({ type }) => type === 'chat').map(({ content }) => content);
  for (const content of echoes) await scene.heard(scene.expects(content));
  for (const { type, data } of answers) {
    if (type === 'error') expect(data).to.include({ code: 'rate_limited', retryable: true, retryAfter: 1 });
  }
  return echoes.length;
}
