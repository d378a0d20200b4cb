import { expect } from 'chai';
import { type Client, DOORS } from '../support/client.ts';
import { removeFolders } from '../support/folder.ts';
import { historyAfter } from '../support/http.ts';
import { Lives } from '../support/lives.ts';
import { idsOf, unique } from '../support/messages.ts';
import { expectOneOrder } from '../support/order.ts';
import { Person } from '../support/person.ts';
import { type Coming, come, leaveAll } from '../support/returning.ts';
import { aboutUser, hearAll, presenceIn, said } from '../support/talk.ts';
import { Writer } from '../support/writer.ts';

const LIVES = 6;
const PATIENCE = 20_000;
/** Every way in which a client of Socket.IO may be there. */
const WAYS: Coming[] = [
  {},
  { transports: ['polling'] },
  { transports: ['polling', 'websocket'] },
  { sdk: 3 },
  { sdk: 2 },
];

describe('a server that is killed again and again', function () {
  this.timeout(120_000);
  let server: Lives;

  afterEach(async () => {
    await leaveAll();
    await server.kill();
    removeFolders();
  });

  it('loses nothing that it has acknowledged, and gives nothing twice, however they come back', async () => {
    server = await Lives.begin({ PRESENCE_GRACE: '1m' });
    const room = unique('room');
    const people = WAYS.flatMap((way) => [new Person('socketio', room, way), new Person('ws', room)]);
    const writers = [...DOORS, ...DOORS].map(() => new Writer(room));
    await Promise.all(people.map((person) => person.come(server)));
    const start = people[0]!.client.welcome.id;
    let over = false;
    const staying = people.map((person) => person.stay(server, () => !over));

    for (let life = 1; life <= LIVES; life += 1) {
      // By the other door than in the life before.
      await Promise.all(writers.map((writer, i) => writer.come(DOORS[(i + life) % 2]!, server)));
      await Promise.all(writers.map((writer) => writer.catchUp()));
      const writing = writers.map((writer) => writer.write());
      await hasHeard(writers[life % 4]!.client, 100 + 20 * life);
      await server.kill();
      await Promise.all(writing);
      await server.begin();
      if (life % 3 === 0) await killThoseWhoReturn(people);
    }

    await Promise.all(writers.map((writer) => writer.come('ws', server)));
    const again = await Promise.all(writers.map((writer) => writer.repeat()));
    const last = await said(writers[0]!.client, { type: 'chat', room });
    over = true;
    await Promise.all(people.map((person) => person.client.next({ id: last }, PATIENCE)));
    const truth = await historyAfter(server, room, start);
    for (const { kept } of people) expect(kept).to.deep.equal(truth.map(({ id }) => id));
    for (const [i, { said: all, told }] of writers.entries()) {
      for (const [j, clientMsgId] of all.entries()) {
        const id = told.get(clientMsgId);
        if (id !== undefined) expect(again[i]![j]).to.include({ id, duplicate: true });
      }
      const contents = new Map(truth.map(({ id, content }) => [id, content]));
      expect(again[i]!.map(({ id }) => contents.get(id))).to.deep.equal(all);
    }
    expect(truth.length - 1).to.equal(writers.flatMap((writer) => writer.said).length);
    expectOneOrder([...people, ...writers].flatMap(({ lives }) => lives).flatMap(({ messages }) => messages));
    await leaveAll();
    await Promise.all(staying);
  });

  /** The first of them is back, the others are on their way. */
  async function killThoseWhoReturn(people: Person[]): Promise<void> {
    const before = people.map(({ lives }) => lives.length);
    while (people.every(({ lives }, i) => lives.length === before[i])) await new Promise(setImmediate);
    await server.kill();
    await server.begin();
  }

  it('misses those who are not back when their time is up, and them alone', async () => {
    server = await Lives.begin({ PRESENCE_GRACE: '3s' });
    const room = unique('room');
    const returning = DOORS.map((door) => new Person(door, room));
    const lost = DOORS.map((door) => new Person(door, room));
    for (const person of [...returning, ...lost]) await person.come(server);
    await server.kill();
    await server.begin();
    const newcomer = await come('ws', server, { rooms: [room] });
    const list = await newcomer.next({ type: 'user_list', room });
    expect(idsOf(list)).to.include.members([...returning, ...lost].map(({ userId }) => userId));
    for (const person of returning) await person.come(server);
    for (const { userId } of lost) {
      await newcomer.next((m) => m.type === 'user_left' && m.room === undefined && aboutUser(m) === userId, PATIENCE);
      expect(presenceIn(newcomer, 0, userId)).to.deep.equal([`user_left@${room}`, 'user_left']);
    }
    await hearAll(newcomer);
    expect(returning.flatMap(({ userId }) => presenceIn(newcomer, 0, userId))).to.deep.equal([]);
    // Later they are newcomers, who miss nothing either.
    for (const person of lost) {
      await person.come(server);
      await newcomer.next((m) => m.type === 'user_joined' && m.room === room && aboutUser(m) === person.userId);
    }
  });
});

/** Resolves when it has received so many more messages, whatever they are. */
async function hasHeard(client: Client, count: number): Promise<void> {
  const enough = client.messages.length + count;
  await client.next(() => client.messages.length >= enough, PATIENCE);
}
