import { expect } from 'chai';
import { type Client, closeAll, connect, type Door } from '../support/client.ts';
import { newFolder, removeFolders } from '../support/folder.ts';
import { dataKey, type Message, nOf, type Outgoing, positionOf, type Receipt, unique } from '../support/messages.ts';
import { drop, returning } from '../support/returning.ts';
import { startServer } from '../support/server.ts';
import { accepted, expectNone, refused } from './answers.ts';
import { acrossDoors, byDoor, conformance, remote, target, withSettings } from './target.ts';

/** What each type answers, besides a receipt. */
const REQUESTS: [string, (room: string) => Outgoing, string | undefined][] = [
  ['chat', (room) => ({ type: 'chat', content: 'Hola', room }), 'chat'],
  ['notification', (room) => ({ type: 'notification', data: 1, room }), 'notification'],
  ['heartbeat', () => ({ type: 'heartbeat' }), 'heartbeat'],
  ['user_list', (room) => ({ type: 'user_list', room }), 'user_list'],
  ['join', () => ({ type: 'join', room: unique('room') }), 'user_list'],
  ['join again', (room) => ({ type: 'join', room }), 'user_list'],
  ['leave', (room) => ({ type: 'leave', room }), 'user_left'],
  ['auth', () => ({ type: 'auth', token: 'x' }), undefined],
];

conformance('4.1 Receipts', () => {
  for (const [name, make, answer] of REQUESTS) {
    byDoor((door) => {
      it(`4.1 ${name}: a clientMsgId is answered by one ack, after the echo or the answer (${door})`, async () => {
        const room = unique('room');
        const client = await settled(door, room);
        const clientMsgId = unique('m');
        const message = make(room);
        client.send({ ...message, clientMsgId });
        const first = answer ? await client.next(answerTo(message, answer)) : client.welcome;
        const ack = await client.next('ack');
        await client.barrier();
        expect(ack).to.include({ content: '', from: 'system' });
        expect(ack.data).to.have.all.keys('clientMsgId', 'id', 'timestamp');
        expect(dataKey(ack, 'clientMsgId')).to.equal(clientMsgId);
        expect(client.messages.filter(({ type }) => type === 'ack')).to.have.lengthOf(1);
        expect(client.messages.indexOf(ack), 'the ack before the answer').to.be.above(client.messages.indexOf(first));
      });

      it(`4.1 ${name}: without callback and clientMsgId there is no receipt (${door})`, async () => {
        const room = unique('room');
        const client = await settled(door, room);
        const message = make(room);
        client.send(message);
        if (answer) await client.next(answerTo(message, answer));
        await client.barrier();
        expectNone(client, ({ type }) => type === 'ack' || type === 'error', 'receipts');
      });
    });

    it(`4.1 ${name}: a callback gets one argument, {ok:true, id, timestamp} (socketio)`, async () => {
      const room = unique('room');
      const client = await connect('socketio', target(), { rooms: [room] });
      const { type, ...rest } = make(room);
      const args = await client.call(type, rest);
      expect(args).to.have.lengthOf(1);
      expect(args[0]).to.have.all.keys('ok', 'id', 'timestamp');
      expect(args[0]).to.include({ ok: true });
      expectTimestampOfId(args[0] as Receipt & { ok: true });
      await client.barrier();
      expectNone(client, (m) => m.type === 'ack', 'acks beside a callback');
    });

    it(`4.1 ${name}: given both, only the callback is answered (socketio)`, async () => {
      const room = unique('room');
      const client = await connect('socketio', target(), { rooms: [room] });
      await accepted(client, { ...make(room), clientMsgId: unique('m') });
      await client.barrier();
      expectNone(client, (m) => m.type === 'ack', 'acks beside a callback');
    });
  }

  byDoor((door) => {
    for (const type of ['chat', 'notification']) {
      it(`4.1 ${type}: the id and the timestamp in the receipt are those of the echo (${door})`, async () => {
        const room = unique('room');
        const client = await connect(door, target(), { rooms: [room] });
        const receipt = await accepted(client, { type, content: 'Hola', room });
        const echo = await client.next({ type, room });
        expect(receipt).to.deep.equal({ ok: true, id: echo.id, timestamp: echo.timestamp });
      });
    }

    it(`4.1 join and leave: the id is the place of the change in the order, without suffix (${door})`, async () => {
      const room = unique('room');
      const observer = await connect('ws', target(), { rooms: [room] });
      const client = await connect(door, target());
      const before = await accepted(observer, { type: 'chat', content: 'Hola', room });
      const joined = await accepted(client, { type: 'join', room });
      const between = await accepted(observer, { type: 'chat', content: 'Hola', room });
      const left = await accepted(client, { type: 'leave', room });
      const after = await accepted(observer, { type: 'chat', content: 'Hola', room });
      const order = [before, joined, between, left, after];
      for (const { id } of order) expect(id).to.match(/^\d{14}-\d+$/);
      order.slice(1).forEach(({ id }, index) => {
        expect(nOf(id) > nOf(order[index]!.id), order.map((receipt) => receipt.id).join()).to.equal(true);
      });
    });

    for (const [name, make] of REQUESTS.filter(([name]) => /heartbeat|user_list|auth|again/.test(name))) {
      it(`4.1 ${name}: the id tells the present position (${door})`, async () => {
        const room = unique('room');
        const client = await connect(door, target(), { rooms: [room] });
        const { id } = await accepted(client, { type: 'chat', content: 'Hola', room });
        const receipt = await accepted(client, make(room));
        expectTimestampOfId(receipt);
        const next = await accepted(client, { type: 'chat', content: 'Hola', room });
        expect(nOf(receipt.id) >= nOf(id) && nOf(receipt.id) < nOf(next.id), `${id} ${receipt.id} ${next.id}`).to.equal(
          true,
        );
      });
    }

    it(`4.1 the ack goes to that connection alone, not to another one of the user (${door})`, async () => {
      const [userId, room] = [unique('user'), unique('room')];
      const client = await connect(door, target(), { userId, rooms: [room] });
      const other = await connect('ws', target(), { userId, rooms: [room] });
      client.send({ type: 'chat', content: 'Hola', room, clientMsgId: 'm-1' });
      await client.next('ack');
      await other.next({ type: 'chat', room });
      await other.barrier();
      expectNone(other, (m) => m.type === 'ack', 'acks of another connection');
    });

    it(`4.1 a refused request gets exactly one refusal and no ack: by error (${door})`, async () => {
      const client = await connect(door, target());
      client.send({ type: 'chat', content: 'Hola', room: unique('room'), clientMsgId: 'm-1' });
      client.send({ type: 'leave' });
      // Answers need not come in the order of the requests.
      const refusals = [await client.next('error'), await client.next('error')].map(({ data }) => data);
      expect(refusals).to.have.deep.members([
        { code: 'not_in_room', retryable: false, clientMsgId: 'm-1' },
        { code: 'forbidden', retryable: false },
      ]);
      await client.barrier();
      expect(client.messages.filter(({ type }) => type === 'error' || type === 'ack')).to.have.lengthOf(2);
    });
  });

  it('4.1 a refused request gets exactly one refusal: by its callback, and no error follows (socketio)', async () => {
    const client = await connect('socketio', target());
    const args = await client.call('chat', { content: 'Hola', room: unique('room'), clientMsgId: 'm-1' });
    expect(args).to.have.lengthOf(1);
    const { ok, error } = args[0] as { ok: boolean; error: Record<string, unknown> };
    expect(args[0]).to.have.all.keys('ok', 'error');
    expect(ok).to.equal(false);
    expect(error).to.include({ code: 'not_in_room', retryable: false });
    expect(error['message']).to.be.a('string').and.not.equal('');
    await client.barrier();
    expectNone(client, ({ type }) => type === 'error' || type === 'ack', 'answers beside a callback');
  });

  it('4.1 the error of a callback has code, message and retryable alone (socketio)', async () => {
    const client = await connect('socketio', target());
    const [receipt] = await client.call('leave', {});
    expect((receipt as { error: object }).error).to.have.all.keys('code', 'message', 'retryable');
  });
});

conformance('4.2 Sending again', () => {
  for (const type of ['chat', 'notification']) {
    byDoor((door) => {
      it(`4.2 ${type}: not published again; its ack has the first id and timestamp, and duplicate (${door})`, async () => {
        const room = unique('room');
        const client = await settled(door, room);
        const message = { type, content: 'Hola', room, clientMsgId: unique('m') };
        client.send(message);
        const first = await client.next('ack');
        client.send({ ...message, content: 'Hola otra vez' });
        const second = await client.next('ack');
        expect(second.data).to.deep.equal({ ...(first.data as object), duplicate: true });
        await client.barrier();
        expect(client.messages.filter((m) => m.type === type && m.room === room)).to.have.lengthOf(1);
      });
    });

    it(`4.2 ${type}: the callback tells duplicate too (socketio)`, async () => {
      const client = await connect('socketio', target());
      const message = { type, content: 'Hola', clientMsgId: unique('m') };
      const first = await accepted(client, message);
      expect(await accepted(client, message)).to.deep.equal({ ...first, duplicate: true });
    });

    acrossDoors((here, there) => {
      it(`4.2 ${type}: over either door, nobody gets a second echo (${here}, then ${there})`, async () => {
        const [userId, room] = [unique('user'), unique('room')];
        const observer = await connect('ws', target(), { rooms: [room] });
        const ana = await connect(here, target(), { userId, rooms: [room] });
        const again = await connect(there, target(), { userId, rooms: [room] });
        const message = { type, content: 'Hola', room, clientMsgId: unique('m') };
        const first = await accepted(ana, message);
        expect(await accepted(again, message)).to.deep.equal({ ...first, duplicate: true });
        const last = await accepted(again, { type: 'chat', content: 'last', room });
        for (const client of [observer, ana, again]) {
          await client.next({ id: last.id });
          expect(client.messages.filter((m) => m.room === room && m.content === 'Hola')).to.have.lengthOf(1);
        }
      });
    });
  }

  acrossDoors((here, there) => {
    it(`4.2 of two at once only one is published (${here} and ${there})`, async () => {
      const [userId, room] = [unique('user'), unique('room')];
      const clients = await Promise.all(
        [here, there].map((door) => connect(door, target(), { userId, rooms: [room] })),
      );
      for (let round = 0; round < 20; round += 1) {
        const message = { type: 'chat', content: `${round}`, room, clientMsgId: unique('m') };
        const receipts = await Promise.all(clients.map((client) => accepted(client, message)));
        expect(receipts[0]!.id).to.equal(receipts[1]!.id);
        expect(receipts.filter(({ duplicate }) => duplicate)).to.have.lengthOf(1);
      }
      await clients[0]!.barrier();
      expect(clients[0]!.messages.filter((m) => m.type === 'chat' && m.room === room)).to.have.lengthOf(20);
    });

    it(`4.2 still after the connection has ended (${here}, then ${there})`, async () => {
      const userId = unique('user');
      const message = { type: 'chat', content: 'Hola', clientMsgId: unique('m') };
      const ana = await connect(here, target(), { userId });
      const first = await accepted(ana, message);
      await ana.close();
      const back = await connect(there, target(), { userId });
      expect(await accepted(back, message)).to.deep.equal({ ...first, duplicate: true });
    });

    it(`4.2 what was sent right before the drop, its receipt unseen, is there once after the return (${here}, then ${there})`, async () => {
      const room = unique('room');
      const observer = await connect('ws', target(), { rooms: [room] });
      const ana = await connect(here, target(), { userId: unique('user'), rooms: [room], session: '' });
      await ana.next({ type: 'user_list', room });
      const before = returning(ana);
      const message = { type: 'chat', content: 'Hola', room, clientMsgId: unique('m') };
      ana.send(message);
      const { id, timestamp } = await observer.next({ type: 'chat', room });
      await drop(ana);
      const back = await connect(there, target(), before);
      expect(await accepted(back, message)).to.deep.equal({ ok: true, id, timestamp, duplicate: true });
      await accepted(back, { type: 'chat', content: 'last', room });
      for (const client of [observer, back]) {
        await client.next({ room, content: 'last' });
        expect(client.messages.filter((m) => m.room === room && m.content === 'Hola')).to.have.lengthOf(1);
      }
    });

    it(`4.2 it is the clientMsgId that counts, whatever comes with it the second time (${here}, then ${there})`, async () => {
      const [userId, room, other] = [unique('user'), unique('room'), unique('other')];
      const ana = await connect(here, target(), { userId, rooms: [room] });
      const again = await connect(there, target(), { userId, username: 'Otra', rooms: [room, other] });
      const clientMsgId = unique('m');
      const first = await accepted(ana, { type: 'chat', content: 'Hola', room, clientMsgId });
      for (const rest of [
        { content: 'Adiós', room },
        { content: 'Hola', room: other },
        { data: 1 },
        { data: 1, to: userId },
      ]) {
        expect(await accepted(again, { type: 'chat', clientMsgId, ...rest })).to.deep.equal({
          ...first,
          duplicate: true,
        });
      }
      await again.barrier();
      const published = again.messages.filter(
        (m) => m.type === 'chat' && ['Usuario', 'Otra'].some((name) => m.from.startsWith(name)),
      );
      expect(published.filter(({ room: of, to }) => of === room || of === other || to === userId)).to.have.lengthOf(1);
    });

    it(`4.2 the clientMsgId of another user is another (${here} and ${there})`, async () => {
      const message = { type: 'chat', content: 'Hola', clientMsgId: unique('m') };
      const first = await accepted(await connect(here, target()), message);
      const second = await accepted(await connect(there, target()), message);
      expect(second).not.to.have.property('duplicate');
      expect(second.id).not.to.equal(first.id);
    });

    it(`4.2 direct messages are not sent twice either (${here} to ${there})`, async () => {
      const ben = await connect(there, target());
      const ana = await connect(here, target());
      const message = { type: 'chat', content: unique('dm'), to: ben.userId, clientMsgId: unique('m') };
      const first = await accepted(ana, message);
      expect(await accepted(ana, message)).to.deep.equal({ ...first, duplicate: true });
      await accepted(ana, { type: 'chat', content: 'last', to: ben.userId });
      await ben.next({ type: 'chat', content: 'last' });
      expect(ben.messages.filter(({ content }) => content === message.content)).to.have.lengthOf(1);
    });

    it(`4.2 duplicate is told also where it could not be published any more (${here} to ${there})`, async () => {
      const room = unique('room');
      const ben = await connect(there, target());
      const ana = await connect(here, target(), { rooms: [room] });
      await ana.next({ type: 'user_list', room });
      const messages = [{ room }, { to: ben.userId }].map((where) => ({
        type: 'chat',
        content: unique('once'),
        clientMsgId: unique('m'),
        ...where,
      }));
      const first = await Promise.all(messages.map((message) => accepted(ana, message)));
      await accepted(ana, { type: 'leave', room });
      await ben.close();
      await ana.next((m) => m.type === 'user_left' && (m.data as { userId: string }).userId === ben.userId);
      for (const [i, message] of messages.entries()) {
        expect(await accepted(ana, message)).to.deep.equal({ ...first[i], duplicate: true });
        const { clientMsgId: _, ...fresh } = message;
        expect(await ana.request(fresh)).to.have.property('ok', false);
      }
    });
  });

  byDoor((door) => {
    it(`4.2 a chat and a notification share the memory of the user (${door})`, async () => {
      const client = await connect(door, target());
      const clientMsgId = unique('m');
      const first = await accepted(client, { type: 'chat', content: 'Hola', clientMsgId });
      const second = await accepted(client, { type: 'notification', content: 'Hola', clientMsgId });
      expect(second).to.deep.equal({ ...first, duplicate: true });
    });

    it(`4.2 other types are not remembered: each is answered, and never a duplicate (${door})`, async () => {
      const room = unique('room');
      const client = await connect(door, target(), { rooms: [room] });
      await client.next({ type: 'user_list', room });
      const clientMsgId = unique('m');
      for (let time = 0; time < 2; time += 1) {
        for (const type of ['heartbeat', 'user_list', 'join']) {
          expect(await accepted(client, { type, room, clientMsgId })).not.to.have.property('duplicate');
          await client.next(type === 'heartbeat' ? type : { type: 'user_list', room });
        }
      }
      expect(await accepted(client, { type: 'chat', content: 'Hola', clientMsgId })).not.to.have.property('duplicate');
    });

    it(`4.2 a refused request does not use up its clientMsgId (${door})`, async () => {
      const room = unique('room');
      const client = await connect(door, target());
      const message = { type: 'chat', content: 'Hola', room, clientMsgId: unique('m') };
      expect((await refused(client, message)).code).to.equal('not_in_room');
      await accepted(client, { type: 'join', room });
      const receipt = await accepted(client, message);
      expect(receipt).not.to.have.property('duplicate');
      await client.next({ type: 'chat', id: receipt.id });
    });
  });
});

withSettings('PROTOCOL.md 4.2 with LOG_MESSAGES=3', { logMessages: 3 }, (server) => {
  afterEach(closeAll);

  byDoor((door) => {
    it(`4.2 the memory lasts as long as the log of the room, whatever is said elsewhere (${door})`, async () => {
      const [room, other] = [unique('room'), unique('room')];
      const client = await connect(door, server().url, { rooms: [room, other] });
      const message = { type: 'chat', content: 'Hola', room, clientMsgId: unique('m') };
      const first = await accepted(client, message);
      await accepted(client, { type: 'chat', content: 'Hola', room });
      for (let index = 0; index < 10; index += 1)
        await accepted(client, { type: 'chat', content: 'Hola', room: other });
      expect(await accepted(client, message)).to.deep.equal({ ...first, duplicate: true });
    });
  });
});

if (!remote) {
  describe('PROTOCOL.md 4.2 with LOG=sqlite', () => {
    afterEach(closeAll);
    after(removeFolders);

    acrossDoors((here, there) => {
      it(`4.2 the memory outlives the server (${here}, then ${there})`, async () => {
        const settings = { log: 'sqlite', dataDir: newFolder() } as const;
        const message = { type: 'chat', content: 'Hola', clientMsgId: unique('m') };
        const userId = unique('user');
        const first = await startServer(settings);
        const receipt = await accepted(await connect(here, first.url, { userId }), message);
        await first.close();
        const second = await startServer(settings);
        const back = await connect(there, second.url, { userId });
        expect(await accepted(back, message)).to.deep.equal({ ...receipt, duplicate: true });
        await back.barrier();
        expectNone(back, ({ type }) => type === 'chat', 'a second echo');
        await second.close();
      });
    });
  });
}

/** A client of a room whose lists have all arrived. */
async function settled(door: Door, room: string): Promise<Client> {
  const client = await connect(door, target(), { rooms: [room] });
  await client.next({ type: 'user_list', room });
  return client;
}

/** The answer as it will arrive: of the room that was named, except that a heartbeat has none. */
function answerTo({ room }: Outgoing, type: string): Partial<Message> {
  return typeof room === 'string' ? { type, room } : { type };
}

function expectTimestampOfId({ id, timestamp }: { id: string; timestamp: number }): void {
  const second = new Date(timestamp * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
  expect(positionOf(id).date).to.equal(second);
}
