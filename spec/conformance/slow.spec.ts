import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { type Client, connect, type Options } from '../support/client.ts';
import { dataKey, idsOf, type Message, unique } from '../support/messages.ts';
import { Polling } from '../support/polling.ts';
import { accepted, expectNone } from './answers.ts';
import { byDoor, conformance, target, withSettings } from './target.ts';

/** More than the buffers of the kernel, of the server and of the client hold together. */
const COUNT = 300;
const BYTES = 60_000;
const PATIENCE = 10_000;

conformance('8 Slow readers', () => {
  byDoor((door) => {
    it(`8 one that reads slowly loses no chat, no notification and no direct message, and holds up nobody (${door})`, async () => {
      const room = unique('room');
      const [slow, talker, other] = await company(door, target(), room);
      slow.pause();
      await publish(talker, room);
      const ids: string[] = [];
      for (const message of [
        { type: 'notification', room },
        { type: 'chat', to: slow.userId },
        { type: 'notification' },
      ]) {
        ids.push((await accepted(talker, { ...message, content: 'behind' })).id);
      }
      // The others have everything while the slow one still reads nothing.
      expect(orderOf(await other.collect({ type: 'chat', room }, COUNT, PATIENCE))).to.deep.equal(numbers());
      await other.next({ id: ids[2]! });
      slow.resume();
      expect(orderOf(await slow.collect({ type: 'chat', room }, COUNT, PATIENCE))).to.deep.equal(numbers());
      for (const id of ids) await slow.next({ id });
      const { id } = await accepted(talker, { type: 'chat', content: 'level', room });
      await slow.next({ id });
    }).timeout(20_000);

    it(`8 while behind it gets no user_joined and user_left; once level, a fresh user_list of its rooms (${door})`, async () => {
      const room = unique('room');
      const [slow, talker] = await company(door, target(), room);
      await slow.next({ type: 'user_list', room });
      slow.pause();
      await publish(talker, room);
      const staying = await connect('ws', target(), { userId: unique('staying'), rooms: [room] });
      const passing = await connect('socketio', target(), { userId: unique('passing'), rooms: [room] });
      await passing.close();
      await talker.next((m) => m.type === 'user_left' && m.room === room && dataKey(m, 'userId') === passing.userId);
      slow.resume();
      await slow.collect({ type: 'chat', room }, COUNT, PATIENCE);
      for (const of of [room, undefined]) {
        const list = await slow.next((m) => m.type === 'user_list' && m.room === of, PATIENCE);
        expect(idsOf(list)).to.include(staying.userId).and.not.include(passing.userId);
      }
      const { id } = await accepted(talker, { type: 'chat', content: 'level', room });
      await slow.next({ id });
      const behind = [staying.userId, passing.userId];
      expectNone(slow, (m) => behind.includes(String(dataKey(m, 'userId'))), 'presence while behind');
      await staying.close();
      await slow.next((m) => m.type === 'user_left' && m.room === room && dataKey(m, 'userId') === staying.userId);
    }).timeout(20_000);
  });

  it('8 a polling client that does not poll for a while loses nothing (socketio)', async () => {
    const room = unique('room');
    const talker = await connect('ws', target(), { rooms: [room] });
    const polling = await Polling.connect(target(), `room=${room}`);
    await polling.poll();
    await publish(talker, room);
    const chats: Message[] = [];
    while (chats.length < COUNT) chats.push(...chatsOf(await polling.poll(), room));
    expect(orderOf(chats)).to.deep.equal(numbers());
  }).timeout(20_000);

  withSettings('with LOG_MESSAGES=20', { logMessages: 20 }, (server) => {
    it('8 and 7: 4008 slow_consumer when its position is no longer kept; what came before has no gap (ws)', async () => {
      const room = unique('room');
      const [slow, talker] = await company('ws', server().url, room);
      slow.pause();
      await publish(talker, room);
      slow.resume();
      expect(await slow.closed).to.deep.equal({ code: 4008, reason: 'slow_consumer' });
      expectPrefix(slow, room);
      await talker.barrier();
    }).timeout(20_000);

    it('8 and 7: it is closed, below 4500 so that it reconnects; what came before has no gap (socketio)', async () => {
      const room = unique('room');
      const [slow, talker] = await company('socketio', server().url, room);
      slow.pause();
      await publish(talker, room);
      slow.resume();
      const { reason } = await slow.closed;
      expect(['transport close', 'transport error']).to.include(reason);
      expectPrefix(slow, room);
      for (const error of slow.messages.filter(({ type }) => type === 'error')) {
        expect(error.data).to.deep.equal({ code: 'slow_consumer', retryable: true });
      }
      await talker.barrier();
    }).timeout(20_000);

    byDoor((door) => {
      it(`8 one that reads is not closed, however little the log keeps (${door})`, async () => {
        const room = unique('room');
        const [reader, talker] = await company(door, server().url, room);
        const reading = reader.collect({ type: 'chat', room }, COUNT, PATIENCE);
        await publish(talker, room);
        expect(orderOf(await reading)).to.deep.equal(numbers());
      }).timeout(20_000);
    });
  });
});

/** A reader by one door, and a talker and a third member by the raw one. */
async function company(door: 'ws' | 'socketio', url: string, room: string): Promise<[Client, Client, Client]> {
  const options: Options = { rooms: [room] };
  const slow = await connect(door, url, { ...options, userId: unique('slow') });
  return [slow, await connect('ws', url, options), await connect('ws', url, options)];
}

/** Publishes COUNT large messages as fast as receipts come, so that the talker itself is never behind. */
async function publish(talker: Client, room: string): Promise<void> {
  for (let index = 0; index < COUNT; index += 10) {
    const batch = Array.from({ length: 10 }, (_, offset) => accepted(talker, chat(index + offset, room)));
    await Promise.all(batch);
  }
}

/** Random, for a content that compression would not make small. */
function chat(index: number, room: string): { type: string; content: string; room: string } {
  return { type: 'chat', content: `${index} ${randomBytes(BYTES / 2).toString('hex')}`, room };
}

function chatsOf(packets: string[], room: string): Message[] {
  const start = '42["chat",';
  const chats = packets.filter((packet) => packet.startsWith(start));
  return chats.map((packet) => JSON.parse(packet.slice(start.length, -1)) as Message).filter((m) => m.room === room);
}

function orderOf(chats: readonly Message[]): number[] {
  return chats.map(({ content }) => Number.parseInt(content, 10));
}

function numbers(): number[] {
  return Array.from({ length: COUNT }, (_, index) => index);
}

function expectPrefix(client: Client, room: string): void {
  const order = orderOf(client.messages.filter((m) => m.type === 'chat' && m.room === room));
  expect(order).to.deep.equal(numbers().slice(0, order.length));
  expect(order.length).to.be.below(COUNT);
}
