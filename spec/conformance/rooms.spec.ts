import { expect } from 'chai';
import { connect, type Door } from '../support/client.ts';
import { dataKey, idsOf, type Message, unique } from '../support/messages.ts';
import { accepted, errorCode, expectNone, refused } from './answers.ts';
import { acrossDoors, byDoor, conformance, target, withSettings } from './target.ts';

const GOOD_NAMES = [
  'a',
  '0',
  '-',
  `${unique('r')}-_.:/@AZaz09`,
  unique('r').padEnd(128, 'x'),
  '__proto__',
  'constructor',
  '//..',
];
const BAD_NAMES = ['', ' ', 'a b', ' a', 'x'.repeat(129), 'ñ', 'a,b', 'a\n', 'a#b', 'a*', '😀', 'a\u0000'];

conformance('6.1 Names', () => {
  byDoor((door) => {
    for (const room of GOOD_NAMES) {
      it(`6.1 a good name: ${room} (${door})`, async () => {
        const client = await connect(door, target(), { userId: unique('user') });
        await accepted(client, { type: 'join', room });
        expect(idsOf(await client.next({ type: 'user_list', room }))[0]).to.equal(client.userId);
        const { id } = await accepted(client, { type: 'chat', content: 'Hola', room });
        expect((await client.next({ id })).room).to.equal(room);
        await accepted(client, { type: 'leave', room });
      });
    }

    for (const room of BAD_NAMES) {
      it(`6.1 invalid_room: ${JSON.stringify(room)} (${door})`, async () => {
        const client = await connect(door, target());
        for (const type of ['join', 'leave', 'user_list', 'chat', 'notification']) {
          expect(await errorCode(client, { type, room, content: 'Hola' }), type).to.equal('invalid_room');
        }
      });
    }

    it(`6.1 names are case sensitive, and General is a room like others (${door})`, async () => {
      const room = unique('room');
      const client = await connect(door, target(), { rooms: [room] });
      const upper = { type: 'chat', content: 'Hola', room: room.toUpperCase() };
      expect((await refused(client, upper)).code).to.equal('not_in_room');
      expect((await refused(client, { ...upper, room: 'General' })).code).to.equal('not_in_room');
    });
  });

  acrossDoors((here, there) => {
    it(`6.1 room "general" is the same as no room, and its messages carry no room (${here} to ${there})`, async () => {
      const ana = await connect(here, target());
      const ben = await connect(there, target());
      const { id } = await accepted(ana, { type: 'chat', content: 'Hola', room: 'general' });
      expect(await ben.next({ id })).not.to.have.property('room');
      expect(await ana.next({ id })).not.to.have.property('room');
    });
  });
});

conformance('6.2 join and leave', () => {
  byDoor((door) => {
    it(`6.2 join is answered by that room's user_list, and a second one the same way again (${door})`, async () => {
      const room = unique('room');
      const client = await connect(door, target());
      for (let time = 0; time < 2; time += 1) {
        client.send({ type: 'join', room });
        const list = await client.next('user_list');
        expect(list.room).to.equal(room);
        expect(idsOf(list)).to.deep.equal([client.userId]);
      }
    });

    for (const [how, room] of [
      ['without a room', undefined],
      ['with "general"', 'general'],
    ]) {
      it(`6.2 join ${how}: the answer is the default room's user_list (${door})`, async () => {
        const client = await connect(door, target(), { userId: unique('user') });
        client.send({ type: 'join', ...(room && { room }) });
        const list = await client.next('user_list');
        expect(list).not.to.have.property('room');
        expect(idsOf(list)[0]).to.equal(client.userId);
      });

      it(`6.2 leave ${how} is forbidden (${door})`, async () => {
        const client = await connect(door, target());
        expect((await refused(client, { type: 'leave', ...(room && { room }) })).code).to.equal('forbidden');
        await accepted(client, { type: 'chat', content: 'Hola' });
      });
    }

    it(`6.2 leaving a room that one is not in is not_in_room (${door})`, async () => {
      const room = unique('room');
      const client = await connect(door, target(), { rooms: [room] });
      await accepted(client, { type: 'leave', room });
      expect((await refused(client, { type: 'leave', room })).code).to.equal('not_in_room');
      expect((await refused(client, { type: 'leave', room: unique('room') })).code).to.equal('not_in_room');
    });

    it(`6.2 one who has left may not write, and may join again (${door})`, async () => {
      const room = unique('room');
      const client = await connect(door, target(), { rooms: [room] });
      await accepted(client, { type: 'leave', room });
      expect((await refused(client, { type: 'chat', content: 'Hola', room })).code).to.equal('not_in_room');
      await accepted(client, { type: 'join', room });
      await accepted(client, { type: 'chat', content: 'Hola', room });
    });

    it(`6.2 a hundred rooms besides the default one; joining one more is room_limit (${door})`, async () => {
      const rooms = Array.from({ length: 100 }, () => unique('room'));
      const client = await connect(door, target());
      for (const room of rooms) client.send({ type: 'join', room });
      await client.collect('user_list', 100);
      expect((await refused(client, { type: 'join', room: unique('room') })).code).to.equal('room_limit');
      await accepted(client, { type: 'join', room: rooms[0]! });
      await accepted(client, { type: 'join' });
      await accepted(client, { type: 'join', room: 'general' });
      await accepted(client, { type: 'leave', room: rooms[1]! });
      await accepted(client, { type: 'join', room: unique('room') });
      expect((await refused(client, { type: 'join', room: rooms[1]! })).code).to.equal('room_limit');
    });
  });

  acrossDoors((here, there) => {
    it(`6.2 leave is answered by the leaver's own user_left, the last message of that room (${here}, while ${there} talks)`, async () => {
      const room = unique('room');
      const client = await connect(here, target(), { rooms: [room], username: 'Ana', userId: unique('user') });
      const talker = await connect(there, target(), { rooms: [room] });
      for (let index = 0; index < 50; index += 1) {
        talker.send({ type: 'chat', content: `${index}`, room });
        if (index === 25) client.send({ type: 'leave', room });
      }
      const left = await client.next({ type: 'user_left', room });
      expect(left.data).to.deep.equal({ username: 'Ana', userId: client.userId });
      await accepted(talker, { type: 'chat', content: 'later', room });
      const { id } = await accepted(talker, { type: 'chat', content: 'last' });
      await client.next({ id });
      expect(client.messages.filter((message) => message.room === room).at(-1)).to.equal(left);
    });
  });

  withSettings('with MAX_ROOMS=2', { maxRooms: 2 }, (server) => {
    byDoor((door) => {
      it(`10 MAX_ROOMS (${door})`, async () => {
        const client = await connect(door, server().url, { rooms: ['a', 'general', 'b'] });
        expect((await refused(client, { type: 'join', room: 'c' })).code).to.equal('room_limit');
      });
    });
  });
});

conformance('6.3 Membership and presence', () => {
  acrossDoors((here, there) => {
    it(`6.3 membership belongs to the connection: another one of the user neither hears nor writes (${here} in, ${there} out)`, async () => {
      const [room, userId] = [unique('room'), unique('user')];
      const inside = await connect(here, target(), { userId, rooms: [room] });
      const outside = await connect(there, target(), { userId });
      await accepted(inside, { type: 'chat', content: 'Hola', room });
      for (const type of ['chat', 'notification', 'leave', 'user_list']) {
        expect((await refused(outside, { type, content: 'Hola', room })).code, type).to.equal('not_in_room');
      }
      const { id } = await accepted(inside, { type: 'chat', content: 'last' });
      await outside.next({ id });
      expectNone(outside, (message) => message.room === room, 'heard outside');
    });

    it(`6.3 the others get user_joined for the first connection and user_left for the last (${here}, ${there})`, async () => {
      const [room, userId] = [unique('room'), unique('user')];
      const observers = await Promise.all([here, there].map((door) => connect(door, target(), { rooms: [room] })));
      const outsider = await connect(there, target());
      const ana = await connect(here, target(), { userId, username: 'Ana' });
      const anita = await connect(there, target(), { userId, username: 'Ana' });
      await accepted(ana, { type: 'join', room });
      await accepted(anita, { type: 'join', room });
      await accepted(ana, { type: 'leave', room });
      await accepted(anita, { type: 'leave', room });
      for (const observer of observers) await observer.next((m) => isAbout(m, 'user_left', userId));
      for (const observer of observers) {
        const ofRoom = observer.messages.filter((m) => m.room === room && dataKey(m, 'userId') === userId);
        expect(ofRoom.map(({ type, content }) => [type, content])).to.deep.equal([
          ['user_joined', 'Ana se ha unido al chat'],
          ['user_left', 'Ana ha salido del chat'],
        ]);
      }
      const { id } = await accepted(ana, { type: 'chat', content: 'last' });
      await outsider.next({ id });
      expectNone(outsider, (m) => m.room === room, 'told outside');
      expectNone(outsider, (m) => isAbout(m, 'user_left', userId), 'told without room');
    });

    it(`6.3 where another connection of the user stays, only the leaver gets a user_left (${here} leaves, ${there} stays)`, async () => {
      const [room, userId] = [unique('room'), unique('user')];
      const observer = await connect('ws', target(), { rooms: [room] });
      const leaver = await connect(here, target(), { userId, rooms: [room] });
      const staying = await connect(there, target(), { userId, rooms: [room] });
      leaver.send({ type: 'leave', room });
      await leaver.next({ type: 'user_left', room });
      const { id } = await accepted(staying, { type: 'chat', content: 'last', room });
      for (const client of [observer, staying]) {
        await client.next({ id });
        expectNone(client, (m) => isAbout(m, 'user_left', userId), 'user_left');
      }
      observer.send({ type: 'user_list', room });
      expect(idsOf(await observer.next((m) => m.type === 'user_list' && idsOf(m).includes(userId)))).to.have.lengthOf(
        2,
      );
    });

    it(`6.3 the leaver, too, gets one user_left when it is the last (${here}, ${there})`, async () => {
      const room = unique('room');
      const observer = await connect(there, target(), { rooms: [room] });
      const leaver = await connect(here, target(), { rooms: [room], userId: unique('user') });
      const { id } = await accepted(leaver, { type: 'leave', room });
      const left = await leaver.next({ type: 'user_left', room });
      expect(await observer.next((m) => isAbout(m, 'user_left', leaver.userId))).to.deep.equal(left);
      await leaver.barrier();
      expect(leaver.messages.filter((m) => m.type === 'user_left' && m.room === room)).to.have.lengthOf(1);
      expect(id).to.match(/^\d{14}-\d+$/);
    });

    it(`6.3 when the last connection ends, each of its rooms gets a user_left, and everybody one without room (${there} to ${here})`, async () => {
      await endsWith(here, there, (client) => client.close());
    });

    it(`6.3 the same when it ends without a word (${there} to ${here})`, async () => {
      await endsWith(here, there, (client) => client.drop());
    });

    it(`6.3 a connection that ends leaves its room, though another one of the user stays outside (${there} to ${here})`, async () => {
      const [room, userId] = [unique('room'), unique('user')];
      const observer = await connect(here, target(), { rooms: [room] });
      const staying = await connect(here, target(), { userId });
      const inside = await connect(there, target(), { userId, rooms: [room] });
      await inside.close();
      await observer.next((m) => isAbout(m, 'user_left', userId) && m.room === room);
      const { id } = await accepted(staying, { type: 'chat', content: 'last' });
      await observer.next({ id });
      expectNone(observer, (m) => isAbout(m, 'user_left', userId) && m.room === undefined, 'left the default room');
    });

    it(`6.3 rooms of the handshake are announced to those who are in them (${there} to ${here})`, async () => {
      const [room, userId] = [unique('room'), unique('user')];
      const inside = await connect(here, target(), { rooms: [room] });
      const outside = await connect(here, target());
      await connect(there, target(), { userId, rooms: [room] });
      await inside.next((m) => isAbout(m, 'user_joined', userId) && m.room === room);
      await inside.next((m) => isAbout(m, 'user_joined', userId) && m.room === undefined);
      await outside.next((m) => isAbout(m, 'user_joined', userId) && m.room === undefined);
      await outside.barrier();
      expectNone(outside, (m) => m.room === room, 'told outside');
    });
  });
});

async function endsWith(
  here: Door,
  there: Door,
  end: (client: Awaited<ReturnType<typeof connect>>) => unknown,
): Promise<void> {
  const rooms = [unique('a'), unique('b')];
  const observer = await connect(here, target(), { rooms });
  const outsider = await connect(here, target(), { rooms: [rooms[0]!] });
  const guest = await connect(there, target(), { rooms, userId: unique('user') });
  await outsider.next((m) => isAbout(m, 'user_joined', guest.userId) && m.room === undefined);
  await end(guest);
  for (const room of [...rooms, undefined]) {
    await observer.next((m) => isAbout(m, 'user_left', guest.userId) && m.room === room);
  }
  for (const room of [rooms[0], undefined]) {
    await outsider.next((m) => isAbout(m, 'user_left', guest.userId) && m.room === room);
  }
  const { id } = await accepted(observer, { type: 'chat', content: 'last' });
  await outsider.next({ id });
  expect(observer.messages.filter((m) => isAbout(m, 'user_left', guest.userId))).to.have.lengthOf(3);
  expect(outsider.messages.filter((m) => isAbout(m, 'user_left', guest.userId))).to.have.lengthOf(2);
}

function isAbout(message: Message, type: string, userId: string): boolean {
  return message.type === type && dataKey(message, 'userId') === userId;
}
