import { expect } from 'chai';
import { type Client, connect, DOORS, type Door } from '../support/client.ts';
import { dataKey, idsOf, type Message, rowsOf, unique } from '../support/messages.ts';
import type { Running } from '../support/server.ts';
import { accepted, eventually, expectNone, refused } from './answers.ts';
import { acrossDoors, byDoor, conformance, target, withSettings } from './target.ts';

conformance('5.4 user_list', () => {
  acrossDoors((here, there) => {
    it(`5.4 one row per user, {id, username, status}, the receiver's own first (${here} among ${there})`, async () => {
      const room = unique('room');
      const others = [
        await connect(there, target(), { rooms: [room] }),
        await connect(here, target(), { rooms: [room] }),
      ];
      const client = await connect(here, target(), { rooms: [room], username: 'Ana', userId: unique('user') });
      const list = await client.next({ type: 'user_list', room });
      expect(list).to.include({ from: 'system', content: 'Lista de usuarios conectados' });
      expect(rowsOf(list)[0]).to.deep.equal({ id: client.userId, username: 'Ana', status: 'online' });
      expect(idsOf(list)).to.have.members([...others, client].map(({ userId }) => userId));
      for (const row of rowsOf(list)) expect(Object.keys(row)).to.deep.equal(['id', 'username', 'status']);
      for (const row of rowsOf(list)) expect(row.status).to.equal('online');
      for (const other of others) {
        const own = rowsOf(await listOf(other, room))[0]!;
        expect(own.id).to.equal(other.userId);
      }
    });

    it(`5.4 a user with several connections has one row, with the username of the newest (${here}, then ${there})`, async () => {
      const [room, userId] = [unique('room'), unique('user')];
      const observer = await connect('ws', target(), { rooms: [room] });
      await observer.next({ type: 'user_list', room });
      const names = async () => rowsOf(await listOf(observer, room)).filter(({ id }) => id === userId);
      await connect(here, target(), { userId, username: 'Ana', rooms: [room] });
      expect(await names()).to.deep.equal([{ id: userId, username: 'Ana', status: 'online' }]);
      const newest = await connect(there, target(), { userId, username: 'Anita', rooms: [room] });
      expect(await names()).to.deep.equal([{ id: userId, username: 'Anita', status: 'online' }]);
      await newest.close();
      await presenceSettled(observer);
      expect(await names()).to.deep.equal([{ id: userId, username: 'Ana', status: 'online' }]);
    });

    it(`5.4 the default room's list has the people of both doors (${here} sees ${there})`, async () => {
      const ben = await connect(there, target());
      const ana = await connect(here, target());
      expect(idsOf(ana.welcome)).to.include(ben.userId);
      expect(ana.welcome).not.to.have.property('total');
    });
  });

  byDoor((door) => {
    for (const [how, room] of [
      ['without room', undefined],
      ['with "general"', 'general'],
    ]) {
      it(`5.4 a client may ask for the default room's list ${how} (${door})`, async () => {
        const client = await connect(door, target(), { userId: unique('user') });
        client.send({ type: 'user_list', ...(room && { room }) });
        const list = await client.next('user_list');
        expect(list).not.to.have.property('room');
        expect(idsOf(list)[0]).to.equal(client.userId);
      });
    }

    it(`5.4 a client may ask for the list of its room, which has its members alone (${door})`, async () => {
      const room = unique('room');
      await connect('ws', target());
      const client = await connect(door, target(), { rooms: [room] });
      await client.next({ type: 'user_list', room });
      expect(idsOf(await listOf(client, room))).to.deep.equal([client.userId]);
    });

    it(`5.4 the list of a room that was not joined is not_in_room (${door})`, async () => {
      const room = unique('room');
      await connect('ws', target(), { rooms: [room] });
      const client = await connect(door, target());
      expect((await refused(client, { type: 'user_list', room })).code).to.equal('not_in_room');
    });

    it(`5.4 the answer to one who asks reaches nobody else (${door})`, async () => {
      const room = unique('room');
      const observer = await connect('ws', target(), { rooms: [room] });
      const client = await connect(door, target(), { rooms: [room], userId: observer.userId });
      await accepted(client, { type: 'user_list', room });
      const { id } = await accepted(client, { type: 'chat', content: 'last', room });
      await observer.next({ id });
      expect(observer.messages.filter((m) => m.type === 'user_list')).to.have.lengthOf(2);
    });
  });

  withSettings('with USER_LIST_LIMIT=3', { userListLimit: 3 }, (server) => {
    byDoor((door) => {
      it(`5.4 rows beyond the limit are left out and total tells the number of users (${door})`, async () => {
        const rooms = [unique('room')];
        const clients = await crowd(server(), 4, { rooms });
        const client = await connect(door, server().url, { rooms, userId: unique('me') });
        for (const list of [client.welcome, await client.next({ type: 'user_list', room: rooms[0]! })]) {
          expect(list.data).to.have.lengthOf(3);
          expect(list.total).to.equal(5);
          expect(idsOf(list)[0]).to.equal(client.userId);
          expect(Object.keys(list).at(-1)).to.equal('total');
        }
        await closeAndWait(server(), [...clients, client]);
      });

      it(`5.4 as many as the limit are no reason for total (${door})`, async () => {
        const rooms = [unique('room')];
        const clients = await crowd(server(), 2, { rooms });
        const client = await connect(door, server().url, { rooms });
        for (const list of [client.welcome, await client.next({ type: 'user_list', room: rooms[0]! })]) {
          expect(list.data).to.have.lengthOf(3);
          expect(list).not.to.have.property('total');
        }
        await closeAndWait(server(), [...clients, client]);
      });
    });
  });
});

conformance('5.5 user_joined and user_left', () => {
  acrossDoors((here, there) => {
    it(`5.5 a user's first connection is announced to the others, its last one's end too (${there} to ${here})`, async () => {
      const observer = await connect(here, target());
      const userId = unique('user');
      const first = await connect(there, target(), { userId, username: 'Ana' });
      const joined = await observer.next((m) => isAbout(m, 'user_joined', userId));
      expect(joined).to.deep.include({ from: 'system', data: { username: 'Ana', userId } });
      expect(joined.content).to.equal('Ana se ha unido al chat');
      const second = await connect(here, target(), { userId, username: 'Ana' });
      await first.close();
      await presenceSettled(observer);
      await second.close();
      const left = await observer.next((m) => isAbout(m, 'user_left', userId));
      expect(left).to.deep.include({ from: 'system', data: { username: 'Ana', userId } });
      expect(left.content).to.equal('Ana ha salido del chat');
      await presenceSettled(observer);
      expect(observer.messages.filter((m) => dataKey(m, 'userId') === userId)).to.deep.equal([joined, left]);
    });

    it(`5.5 the newcomer does not get its own user_joined (${here}, ${there})`, async () => {
      const room = unique('room');
      const client = await connect(here, target(), { userId: unique('user') });
      await accepted(client, { type: 'join', room });
      const other = await connect(there, target());
      const { id } = await accepted(other, { type: 'chat', content: 'last' });
      await client.next({ id });
      expectNone(client, (m) => isAbout(m, 'user_joined', client.userId), 'own user_joined');
    });

    it(`5.5 the presence ends with the connection, at once, though it ended without a word (${there} to ${here})`, async () => {
      const observer = await connect(here, target());
      const guest = await connect(there, target(), { userId: unique('user') });
      await observer.next((m) => isAbout(m, 'user_joined', guest.userId));
      guest.drop();
      await observer.next((m) => isAbout(m, 'user_left', guest.userId), 500);
      const receipt = await refused(observer, { type: 'chat', content: 'Hola', to: guest.userId });
      expect(receipt.code).to.equal('user_not_found');
      observer.send({ type: 'user_list' });
      expect(idsOf(await observer.next('user_list'))).not.to.include(guest.userId);
    });

    it(`5.5 who comes back is announced again (${there} to ${here})`, async () => {
      const observer = await connect(here, target());
      const userId = unique('user');
      for (let time = 0; time < 3; time += 1) {
        const guest = await connect(there, target(), { userId });
        await observer.next((m) => isAbout(m, 'user_joined', userId));
        await guest.close();
        await observer.next((m) => isAbout(m, 'user_left', userId));
      }
    });
  });

  it('5.5 list and events fit together: everybody is listed or announced, once', async () => {
    const doors = Array.from({ length: 24 }, (_, index) => DOORS[index % 2]!);
    const room = unique('room');
    const arrive = (door: Door) => connect(door, target(), { userId: unique('user'), rooms: [room] });
    const clients = await Promise.all(doors.map(arrive));
    const { id } = await accepted(clients[0]!, { type: 'chat', content: 'last' });
    for (const client of clients) {
      await client.next({ id });
      for (const { userId } of clients) {
        expect(knownAs(client, userId, undefined), 'in the default room').to.equal(1);
        expect(knownAs(client, userId, room), 'in the room').to.equal(1);
      }
    }
  });

  it('5.5 list and events fit together while people come and go', async () => {
    const room = unique('room');
    const moving = Array.from({ length: 8 }, async (_, index) => {
      const guest = await connect(DOORS[index % 2]!, target(), { userId: unique('user') });
      for (let time = 0; time < 5; time += 1) {
        await accepted(guest, { type: 'join', room });
        await accepted(guest, { type: 'leave', room });
      }
      await accepted(guest, { type: 'join', room });
      return guest;
    });
    const observers = await Promise.all(DOORS.map((door) => connect(door, target(), { rooms: [room] })));
    const guests = await Promise.all(moving);
    const { id } = await accepted(guests[0]!, { type: 'chat', content: 'last', room });
    for (const observer of observers) {
      await observer.next({ id });
      const present = [...guests, ...observers].map(({ userId }) => userId);
      expect([...followed(observer, room)]).to.have.members(present);
    }
  });

  withSettings('with ANNOUNCE_LIMIT=2', { announceLimit: 2 }, (server) => {
    byDoor((door) => {
      it(`5.5 up to the limit users are announced, beyond it nobody, neither coming nor going (${door})`, async () => {
        const rooms = [unique('room')];
        const observer = await connect(door, server().url, { rooms });
        const [second] = await crowd(server(), 1, { rooms });
        await observer.next((m) => isAbout(m, 'user_joined', second!.userId) && m.room === undefined);
        await observer.next((m) => isAbout(m, 'user_joined', second!.userId) && m.room === rooms[0]);
        const third = await crowd(server(), 1, { rooms });
        const more = await crowd(server(), 2, { rooms });
        await Promise.all(more.map((client) => client.close()));
        await eventually('three are left', async () => rowsOf(await listOf(observer, rooms[0]!)).length === 3);
        await observer.barrier();
        const silent = more.map(({ userId }) => userId);
        expectNone(observer, (m) => silent.includes(String(dataKey(m, 'userId'))), 'announced beyond the limit');
        await closeAndWait(server(), [observer, second!, ...third]);
      });

      it(`5.4 the list of a room with more users than that has total, though all rows are there (${door})`, async () => {
        const rooms = [unique('room')];
        const clients = await crowd(server(), 1, { rooms });
        const second = await connect(door, server().url, { rooms });
        const small = [second.welcome, await second.next({ type: 'user_list', room: rooms[0]! })];
        const third = await connect(door, server().url, { rooms });
        const large = [third.welcome, await third.next({ type: 'user_list', room: rooms[0]! })];
        for (const list of small) expect(list).not.to.have.property('total');
        for (const list of large) expect(list).to.include({ total: 3 });
        for (const list of large) expect(list.data).to.have.lengthOf(3);
        await closeAndWait(server(), [...clients, second, third]);
      });
    });
  });
});

/** How often this client was told that the user is there: by the first list, or by an event. */
function knownAs(client: Client, userId: string, room: string | undefined): number {
  const of = client.messages.filter((message) => message.room === room);
  const list = of.find(({ type }) => type === 'user_list')!;
  const listed = idsOf(list).filter((id) => id === userId).length;
  return listed + of.filter((m) => isAbout(m, 'user_joined', userId)).length;
}

/** Who is in the room, as this client can know it from its first list and the events after it. */
function followed(client: Client, room: string): Set<string> {
  const present = new Set<string>();
  for (const message of client.messages.filter((m) => m.room === room)) {
    const userId = String(dataKey(message, 'userId'));
    if (message.type === 'user_list') for (const id of idsOf(message)) present.add(id);
    if (message.type === 'user_joined') {
      expect(present.has(userId), `${userId} joined, though present`).to.equal(false);
      present.add(userId);
    }
    if (message.type === 'user_left') {
      expect(present.delete(userId), `${userId} left, though absent`).to.equal(true);
    }
  }
  return present;
}

/** Lets another connection come and go, so that whatever happened before has been told. */
async function presenceSettled(observer: Client): Promise<void> {
  const passer = await connect('ws', observer.url, { userId: unique('passer') });
  await passer.close();
  await observer.next((m) => isAbout(m, 'user_left', passer.userId));
}

async function listOf(client: Client, room: string): Promise<Message> {
  client.send({ type: 'user_list', room });
  return client.next({ type: 'user_list', room });
}

function crowd(server: Running, count: number, options: { rooms: string[] }): Promise<Client[]> {
  const arriving = Array.from({ length: count }, (_, index) => connect(DOORS[index % 2]!, server.url, options));
  return Promise.all(arriving);
}

/** Leaves the server empty for the next case. */
async function closeAndWait(server: Running, clients: Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.close()));
  const last = await connect('ws', server.url);
  await eventually('one is left', async () => rowsOf(await generalOf(last)).length === 1);
  await last.close();
}

async function generalOf(client: Client): Promise<Message> {
  client.send({ type: 'user_list' });
  return client.next('user_list');
}

function isAbout(message: Message, type: string, userId: string): boolean {
  return message.type === type && dataKey(message, 'userId') === userId;
}
