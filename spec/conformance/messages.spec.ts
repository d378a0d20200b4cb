import { expect } from 'chai';
import { type Client, closeAll, connect, DOORS, type Door } from '../support/client.ts';
import { request } from '../support/http.ts';
import { dataKey, type Message, nOf, positionOf, unique } from '../support/messages.ts';
import { accepted } from './answers.ts';
import { acrossDoors, byDoor, conformance, target, withSettings } from './target.ts';
import { dateFaults } from './traffic.ts';

const SIX = ['type', 'content', 'from', 'timestamp', 'id', 'data'];

/** Lets `client` receive one message of each kind that the server sends. */
async function hearEverything(client: Client, room: string): Promise<void> {
  await accepted(client, { type: 'join', room });
  const other = await connect('ws', client.url, { rooms: [room] });
  await accepted(other, { type: 'chat', content: 'Hola', room });
  await accepted(other, { type: 'notification', data: { level: 'info' } });
  await accepted(other, { type: 'chat', content: 'Solo para ti', to: client.userId });
  await accepted(client, { type: 'heartbeat' });
  client.send({ type: 'user_list', room, clientMsgId: unique('m') });
  client.send({ type: 'leave' });
  await other.close();
  await client.next({ type: 'user_left', room });
  await accepted(client, { type: 'leave', room });
  await client.barrier();
}

conformance('1 Messages from the server', () => {
  byDoor((door) => {
    it(`1.1 all types of message begin with the six keys, in order, and 1.2 no others than those of the table follow (${door})`, async () => {
      const client = await connect(door, target(), { userId: unique('user') });
      await hearEverything(client, unique('room'));
      const types = new Set(client.messages.map((message) => message.type));
      expect([...types]).to.include.members(['chat', 'notification', 'heartbeat', 'user_list', 'ack', 'error']);
      expect([...types]).to.include.members(['user_joined', 'user_left']);
      for (const text of client.texts) {
        const keys = Object.keys(JSON.parse(text) as object);
        expect(keys.slice(0, 6), text).to.deep.equal(SIX);
        expect(keys.slice(6), text).to.satisfy((rest: string[]) =>
          rest.every((key) => ['room', 'to', 'fromId'].includes(key)),
        );
      }
    });

    it(`1.1 from is the username of the sender's connection, or "system" (${door})`, async () => {
      const username = unique('Ana');
      const client = await connect(door, target(), { username });
      await accepted(client, { type: 'chat', content: 'Hola' });
      expect((await client.next((m) => m.type === 'chat' && m.from === username)).from).to.equal(username);
      expect(client.welcome.from).to.equal('system');
    });

    it(`1.1 timestamp is Unix time in seconds by the server's clock (${door})`, async () => {
      const client = await connect(door, target());
      const clock = (await request(`${target()}/healthz`)).headers['date'];
      const seconds = Date.parse(String(clock)) / 1000;
      expect(client.welcome.timestamp).to.be.within(seconds - 2, seconds + 2);
    });

    const kinds: [string, unknown][] = [
      ['an object', { b: 1, a: { c: [] } }],
      ['an array', [1, 'dos', null]],
      ['a string', 'texto'],
      ['an empty string', ''],
      ['a number', -1.5e-7],
      ['zero', 0],
      ['true', true],
      ['false', false],
    ];
    for (const [kind, data] of kinds) {
      it(`1.1 data is any JSON value: ${kind} (${door})`, async () => {
        const client = await connect(door, target());
        const { id } = await accepted(client, { type: 'chat', data });
        const echo = await client.next({ id });
        expect(echo.data).to.deep.equal(data);
        expect(JSON.stringify(echo.data)).to.equal(JSON.stringify(data));
      });
    }

    it(`1.1 data is null where none was given (${door})`, async () => {
      const client = await connect(door, target());
      const { id } = await accepted(client, { type: 'chat', content: 'Hola' });
      expect((await client.next({ id })).data).to.equal(null);
    });
  });

  it('1.1 data is what JSON.parse reads: the last of two equal keys, 1.0 as 1 (ws)', async () => {
    const client = await connect('ws', target());
    const text = '{"a":1,"b":1.0,"a":[2,12345678901234567890],"\\u0063":"\\u00e9\\/"}';
    const content = unique('chat');
    client.write(`{"type":"chat","content":"${content}","data":${text}}`);
    await client.next({ type: 'chat', content });
    const echo = client.texts.find((sent) => sent.includes(content))!;
    expect(echo).to.include(`"data":${JSON.stringify(JSON.parse(text))}`);
  });

  acrossDoors((here, there) => {
    it(`1.2 room is on messages of a room only (${here} to ${there})`, async () => {
      const room = unique('room');
      const userId = unique('user');
      const ana = await connect(here, target(), { rooms: [room] });
      const ben = await connect(there, target(), { rooms: [room], userId });
      const inRoom = await accepted(ana, { type: 'chat', content: 'Hola', room });
      const inGeneral = await accepted(ana, { type: 'chat', content: 'Hola', room: 'general' });
      const direct = await accepted(ana, { type: 'chat', content: 'Hola', to: userId });
      expect(Object.keys(await ben.next({ id: inRoom.id }))).to.deep.equal([...SIX, 'room']);
      expect(Object.keys(await ben.next({ id: inGeneral.id }))).to.deep.equal(SIX);
      expect(Object.keys(await ben.next({ id: direct.id }))).to.deep.equal([...SIX, 'to', 'fromId']);
    });

    it(`1.2 no room on ack, error and heartbeat, though the request named one (${here} to ${there})`, async () => {
      const room = unique('room');
      const ana = await connect(here, target(), { rooms: [room] });
      ana.send({ type: 'chat', content: 'Hola', room, clientMsgId: 'm-1' });
      ana.send({ type: 'heartbeat', room });
      ana.send({ type: 'chat', room });
      for (const type of ['ack', 'heartbeat', 'error']) {
        expect(Object.keys(await ana.next(type)), type).to.deep.equal(SIX);
      }
    });

    it(`1.3 the same JSON text, byte for byte, for each receiver (${here} to ${there})`, async () => {
      const room = unique('room');
      const clients = await Promise.all(
        [here, there, here, there].map((door) => connect(door, target(), { rooms: [room] })),
      );
      const content = `${unique('chat')} "ñ" \u2028 \u0001 😀 </script> \\ / é é`;
      const { id } = await accepted(clients[0]!, { type: 'chat', content, data: { b: 1, a: [1.5, 'ü'] }, room });
      const texts = await Promise.all(clients.map((client) => textOf(client, id)));
      expect(new Set(texts).size, texts.join('\n')).to.equal(1);
    });

    it(`1.3 user_joined and user_left are the same text for each receiver (${here} to ${there})`, async () => {
      const userId = unique('user');
      const clients = [await connect(here, target()), await connect(there, target())];
      const guest = await connect(there, target(), { userId, username: unique('Ana') });
      await guest.close();
      for (const type of ['user_joined', 'user_left']) {
        const seen = await Promise.all(clients.map((client) => client.next((m) => isAbout(m, type, userId))));
        const texts = await Promise.all(clients.map((client, index) => textOf(client, seen[index]!.id)));
        expect(texts[0]).to.equal(texts[1]);
      }
    });

    it(`1.3 N ascends for every connection over all its rooms and direct messages (${here} to ${there})`, async () => {
      await crowd(here, there);
    });

    it(`1.3 chat, notification, user_joined and user_left take a new N each (${here} to ${there})`, async () => {
      const room = unique('room');
      const ana = await connect(here, target(), { rooms: [room] });
      const guest = await connect(there, target(), { rooms: [room], userId: unique('user') });
      await accepted(guest, { type: 'chat', content: 'Hola', to: ana.userId });
      await accepted(guest, { type: 'notification', data: 1, room });
      await accepted(guest, { type: 'chat', content: 'Hola' });
      await guest.close();
      await ana.next((m) => isAbout(m, 'user_left', guest.userId) && m.room === room);
      await ana.next((m) => isAbout(m, 'user_left', guest.userId) && m.room === undefined);
      const own = ana.messages.filter((m) => positionOf(m.id).k === undefined);
      expect(new Set(own.map((m) => nOf(m.id))).size).to.equal(own.length);
      expect(own.length).to.be.at.least(7);
    });
  });

  byDoor((door) => {
    it(`1.3 user_list, ack, error and heartbeat end in N.k: everything up to N has come, and later ones are above (${door})`, async () => {
      const room = unique('room');
      const [client, talker] = [
        await connect(door, target(), { rooms: [room] }),
        await connect('ws', target(), { rooms: [room] }),
      ];
      const requests = Array.from({ length: 40 }, (_, index) => {
        talker.send({ type: 'chat', content: `${index}`, room });
        client.send({ type: 'heartbeat', content: `${index}` });
        if (index % 4 === 0) client.send({ type: 'user_list', room });
        if (index % 4 === 1) client.send({ type: 'leave' });
        if (index % 4 === 2) client.send({ type: 'auth', token: 'x', clientMsgId: `a-${index}` });
        return client.next({ type: 'heartbeat', content: `${index}` });
      });
      await Promise.all(requests);
      await client.collect({ type: 'chat', room }, 40);
      client.messages.forEach((message, place) => {
        if (!message.id.includes('.')) return;
        const late = client.messages
          .slice(place + 1)
          .filter((m) => !m.id.includes('.') && nOf(m.id) <= nOf(message.id));
        expect(late, message.id).to.deep.equal([]);
      });
    });

    it(`1.3 user_list, ack, error and heartbeat take no new N (${door})`, async () => {
      const room = unique('room');
      const client = await connect(door, target(), { rooms: [room] });
      const first = await accepted(client, { type: 'chat', content: 'Hola', room });
      for (let index = 0; index < 20; index += 1) {
        client.send({ type: 'heartbeat' });
        client.send({ type: 'user_list', clientMsgId: `u-${index}` });
        client.send({ type: 'leave' });
      }
      await client.barrier();
      const second = await accepted(client, { type: 'chat', content: 'Hola', room });
      const answers = client.messages.filter((m) => m.id.includes('.') && nOf(m.id) >= nOf(first.id));
      // Whoever else is at this server may take numbers in the meantime, but hardly as many as these answers.
      expect(answers.length).to.be.at.least(80);
      expect(nOf(second.id) - nOf(first.id) < 80n, `${first.id} to ${second.id}`).to.equal(true);
    });
  });

  it('1.4 one message is one text frame (ws)', async () => {
    const client = await connect('ws', target(), { userId: unique('user') });
    await hearEverything(client, unique('room'));
    expect(client.binaryFrames).to.equal(0);
    for (const text of client.texts) expect(() => JSON.parse(text), text).not.to.throw();
  });

  it("1.4 the event's name is the type, and its one argument the whole object (socketio)", async () => {
    const client = await connect('socketio', target(), { userId: unique('user') });
    await hearEverything(client, unique('room'));
    for (const { name, args } of client.events) {
      expect(args).to.have.lengthOf(1);
      expect((args[0] as Message).type).to.equal(name);
    }
  });
});

withSettings('PROTOCOL.md 1.3 with a clock that hurries', { pingInterval: 1e8, pingTimeout: 1e8 }, (server) => {
  const { now } = Date;
  const start = now();
  before(() => {
    // A second of the server's passes in a millisecond, so that every race with the turn of a second takes place.
    Date.now = () => start + (now() - start) * 1000;
  });
  after(() => {
    Date.now = now;
  });
  afterEach(closeAll);

  byDoor((door) => {
    it(`1.3 the date in the ids never goes back while N grows, over all connections (${door})`, async () => {
      const observer = await connect('ws', server().url, { rooms: ['a'] });
      const clients = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const client = await connect(door, server().url, { rooms: ['a'] });
          await accepted(client, { type: 'chat', content: 'Hola', room: 'a' });
          await accepted(client, { type: 'leave', room: 'a' });
          await accepted(client, { type: 'heartbeat' });
          return client;
        }),
      );
      await observer.barrier();
      const faults = dateFaults([observer, ...clients].flatMap(({ messages }) => messages));
      expect(faults.join('\n')).to.equal('');
    });
  });
});

/** Everybody talks everywhere at once; the order is examined on each connection. */
async function crowd(here: Door, there: Door): Promise<void> {
  const rooms = [unique('a'), unique('b'), unique('c')];
  const doors = [here, there, ...DOORS];
  const clients = await Promise.all(doors.map((door) => connect(door, target(), { rooms, userId: unique('user') })));
  const publishing = clients.flatMap((client, index) => [
    ...rooms.map((room) => accepted(client, { type: 'chat', content: `${index}`, room })),
    accepted(client, { type: 'notification', data: index }),
    ...clients.map(({ userId }) => accepted(client, { type: 'chat', content: `${index}`, to: userId })),
  ]);
  const ids = (await Promise.all(publishing)).map(({ id }) => id);
  expect(new Set(ids).size).to.equal(ids.length);
  for (const client of clients) {
    await client.barrier();
    const own = client.messages.filter((m) => !m.id.includes('.')).map((m) => nOf(m.id));
    own.forEach((n, index) => {
      expect(index === 0 || n > own[index - 1]!, `${n} after ${own[index - 1]}`).to.equal(true);
    });
    expect(client.messages.filter((m) => m.room && m.type === 'chat')).to.have.lengthOf(12);
    expect(
      client.messages.filter((m) => m.to),
      client.door,
    ).to.have.lengthOf(7);
  }
}

async function textOf(client: Client, id: string): Promise<string> {
  if (!client.messages.some((message) => message.id === id)) await client.next({ id });
  return client.texts[client.messages.findIndex((message) => message.id === id)]!;
}

function isAbout(message: Message, type: string, userId: string): boolean {
  return message.type === type && dataKey(message, 'userId') === userId;
}
