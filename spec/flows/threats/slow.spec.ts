import { expect } from 'chai';
import { accepted } from '../../conformance/answers.ts';
import { type Client, DOORS } from '../../support/client.ts';
import { newFolder, removeFolders } from '../../support/folder.ts';
import { idsOf, nOf, type Outgoing, unique } from '../../support/messages.ts';
import { type Scene, survives } from './scene.ts';
import { READERS, type SlowReader } from './slow-reader.ts';

const KIB = 1024;
const BUFFER = 64 * KIB;
const FILL = 'x'.repeat(50 * KIB);
/** The message at hand is still written to a buffer that is full. */
const BOUND = BUFFER + 2 * FILL.length;
const SETTINGS = { sendBuffer: BUFFER, rateBurst: 100_000, closeTimeout: 500 };
/** Two small messages are more than the buffer and less than Node's mark. */
const SMALL = { ...SETTINGS, sendBuffer: 11 * KIB };
const SMALL_FILL = 'x'.repeat(6 * KIB);
const TRIMMED = { ...SETTINGS, logMessages: 20, dataDir: newFolder() };

describe('threats by readers that stop reading', () => {
  after(removeFolders);

  for (const { how, door, end, come } of READERS) {
    survives(`threat 20: ${how}: it loses nothing, and what is held for it stays bounded`, SETTINGS, async (scene) => {
      const slow = await come(scene, 'userId=slow&room=sala-1');
      await slow.untilList('sala-1');
      slow.pause();
      const said = await talkUntilHeld(scene, BUFFER);

      const dora = await scene.client('ws', { userId: 'dora', rooms: ['sala-1'] });
      const eva = await scene.client('socketio', { userId: 'eva', rooms: ['sala-1'] });
      for (let round = 0; round < 10; round += 1) {
        said.push(await talk(scene), await say(dora, { room: 'sala-1' }), await say(eva, { to: 'slow' }));
        expect(scene.held, 'bytes held').to.be.below(BOUND);
      }
      await eva.close();
      await scene.see('user_left', 'eva');

      const before = slow.messages.length;
      await slow.untilList('sala-1', before);
      expect(wordsOf(slow), 'all that is durable, once, in order').to.deep.equal(said);
      expectLevel(slow, before);

      const live = await talk(scene);
      await slow.until(() => wordsOf(slow).at(-1) === live);
      expect(wordsOf(slow)).to.deep.equal([...said, live]);
      slow.leave();
    });

    survives(
      `threat 20: ${how}: it is closed when its position is no longer kept, and told so when it is back`,
      TRIMMED,
      async (scene) => {
        const slow = await come(scene, 'userId=slow&room=sala-1');
        await slow.untilList('sala-1');
        slow.pause();
        const said = await talkUntilHeld(scene, BUFFER);
        for (let count = 0; count < 3 * TRIMMED.logMessages; count += 1) {
          await talk(scene);
          expect(scene.held, 'bytes held').to.be.below(BOUND);
        }
        await slow.until(() => slow.end !== undefined);
        expect(slow.end).to.equal(end);
        expect(wordsOf(slow), 'what had been written, and no more').to.deep.equal(said);
        await scene.see('user_left', 'slow');
        const query = { lastId: slow.messages.at(-1)!.id };
        const back = await scene.client(door, { userId: 'slow', rooms: ['sala-1'], query });
        expect(back.welcome).to.include({ recovered: false, reason: 'truncated' });
        await back.barrier();
        expect(back.messages.some(({ type }) => type === 'chat')).to.equal(false);
      },
    );

    survives(`threat 20: ${how}: one that goes while it is behind is seen to go`, SETTINGS, async (scene) => {
      const slow = await come(scene, 'userId=slow&room=sala-1');
      await slow.untilList('sala-1');
      slow.pause();
      await talkUntilHeld(scene, BUFFER);
      await talk(scene);
      slow.leave();
      await scene.see('user_left', 'slow');
    });
  }

  survives("threat 20: ws: a buffer smaller than Node's own fills and drains as well", SMALL, async (scene) => {
    const slow = await READERS[0]!.come(scene, 'userId=slow');
    slow.pause();
    const said = await talkUntilHeld(scene, SMALL.sendBuffer, SMALL_FILL);
    for (let round = 0; round < 10; round += 1) said.push(await talk(scene, SMALL_FILL));
    await slow.until(() => wordsOf(slow).length === said.length);
    expect(wordsOf(slow)).to.deep.equal(said);
    slow.leave();
  });

  survives('threat 20: ws: one that asks and does not read is not read from', SETTINGS, async (scene) => {
    const { tcp } = await scene.wire('ws');
    tcp.socket.pause();
    const asked = Array.from({ length: 200 }, () => unique('asked'));
    for (const content of asked) tcp.send(JSON.stringify({ type: 'heartbeat', content: `${content} ${FILL}` }));
    while (scene.held < BUFFER) await scene.ana.barrier();
    await scene.chat();
    expect(scene.held).to.be.below(BOUND + BUFFER);
    tcp.socket.resume();
    for (const content of asked) await tcp.next(`{"type":"heartbeat","content":"${content} `);
  });

  survives('threat 20: socketio: one that asks and does not read is closed', SETTINGS, async (scene) => {
    const { tcp } = await scene.wire('socketio', 'userId=deaf');
    tcp.socket.pause();
    for (let count = 0; count < 200; count += 1) tcp.send(`42["heartbeat",{"content":"${FILL}"}]`);
    const gone = scene.see('user_left', 'deaf');
    let most = 0;
    while (!scene.ana.messages.some(({ type }) => type === 'user_left')) {
      most = Math.max(most, scene.held);
      await scene.ana.barrier();
    }
    await gone;
    expect(most, 'bytes held').to.be.below(4 * BUFFER + BOUND);
  });

  survives('threat 20: ten that stop reading at once hold nobody up', SETTINGS, async (scene) => {
    const wires = await Promise.all(Array.from({ length: 10 }, (_, index) => scene.wire(DOORS[index % 2]!)));
    for (const { tcp } of wires) tcp.socket.pause();
    await talkUntilHeld(scene, wires.length * BUFFER);
    for (let round = 0; round < 10; round += 1) await talk(scene);
    expect(scene.held).to.be.below(wires.length * BOUND);
  });
});

/** Ana says something long, and both bystanders have heard it. @returns its first word, by which it is known */
async function talk(scene: Scene, fill = FILL): Promise<string> {
  const content = scene.expects(`${unique('talk')} ${fill}`);
  await accepted(scene.ana, { type: 'chat', content });
  await scene.heard(content);
  return wordOf(content);
}

/** Talks until so many bytes wait for those who do not read. @returns what was said until then */
async function talkUntilHeld(scene: Scene, bytes: number, fill = FILL): Promise<string[]> {
  const said: string[] = [];
  while (scene.held <= bytes) said.push(await talk(scene, fill));
  return said;
}

async function say(speaker: Client, target: Partial<Outgoing>): Promise<string> {
  const content = unique('word');
  await accepted(speaker, { type: 'chat', content, ...target });
  return content;
}

function wordOf(content: string): string {
  return content.split(' ', 1)[0]!;
}

/** What a reader has heard. */
function wordsOf({ messages }: SlowReader): string[] {
  return messages.filter(({ type }) => type === 'chat').map(({ content }) => wordOf(content));
}

/** That nothing but durable messages came while it was behind, and then the present lists. */
function expectLevel({ messages }: SlowReader, before: number): void {
  const chats = messages.slice(before).filter(({ type }) => type === 'chat');
  const lists = messages.slice(before + chats.length);
  expect(lists.map(({ type, room }) => `${type} ${room}`)).to.deep.equal(['user_list undefined', 'user_list sala-1']);
  expect(idsOf(lists[0]!)).to.have.members(['slow', 'ana', 'bo', 'dora']);
  expect(idsOf(lists[1]!)).to.have.members(['slow', 'dora']);
  expect(nOf(lists[0]!.id) >= nOf(chats.at(-1)!.id)).to.equal(true);
  expect(messages.some(({ type }) => type === 'user_joined' || type === 'user_left')).to.equal(false);
}
