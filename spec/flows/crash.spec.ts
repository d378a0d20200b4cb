import { expect } from 'chai';
import { type Client, DOORS, type Door } from '../support/client.ts';
import { removeFolders } from '../support/folder.ts';
import { historyAfter } from '../support/http.ts';
import { Lives } from '../support/lives.ts';
import { type Accepted, idsOf, type Message, nOf, unique } from '../support/messages.ts';
import { expectOneOrder } from '../support/order.ts';
import { Person } from '../support/person.ts';
import { TcpProxy } from '../support/proxy.ts';
import { come, drop, leaveAll, PATIENCE, welcomeOf } from '../support/returning.ts';
import { keptBy, presenceIn, said } from '../support/talk.ts';
import { Writer } from '../support/writer.ts';

const OTHER: Record<Door, Door> = { ws: 'socketio', socketio: 'ws' };

/** Those of one door, in the room that the server dies over. */
class Cast {
  readonly door: Door;
  /** Is there until the server dies, and tries at once to come back. */
  readonly ivo: Person;
  /** Has vanished a while before; the server dies again in the middle of what it is given. */
  readonly ana: Person;
  /** Comes back with the id of a heartbeat. */
  readonly dora: Person;
  heartbeat = '';
  /** Says goodbye before. */
  readonly eva: Person;
  /** Has no session. */
  readonly writer: Writer;
  /** What the writer is told when it says everything again, by the other door. */
  again: Accepted[] = [];
  /** How often nobody was there for Ivo. */
  failures = 0;
  readonly proxies: TcpProxy[] = [];

  constructor(door: Door, room: string) {
    this.door = door;
    this.writer = new Writer(room);
    [this.ivo, this.ana, this.dora, this.eva] = Array.from({ length: 4 }, () => new Person(door, room)) as [
      Person,
      Person,
      Person,
      Person,
    ];
  }

  async enter(server: Lives): Promise<void> {
    for (const person of [this.ivo, this.ana, this.dora, this.eva]) await person.come(server);
    await this.writer.come(this.door, server);
  }

  /** While the writers go on. */
  async leave(): Promise<void> {
    await this.ana.client.collect({ type: 'chat' }, 50);
    await drop(this.ana.client);
    this.heartbeat = await heartbeatOf(this.dora.client);
    await drop(this.dora.client);
    await this.eva.client.close();
    const enough = this.ivo.client.messages.length + 300;
    await this.ivo.client.next(() => this.ivo.client.messages.length >= enough, PATIENCE);
  }

  /** As far as that can be before the server dies again. */
  async comeBack(server: Lives): Promise<void> {
    await this.dora.come(server, { lastId: this.heartbeat });
    const proxy = await TcpProxy.before(server.url);
    this.proxies.push(proxy);
    proxy.stallAfter(40_000);
    await this.ana.come(proxy);
    await this.writer.come(OTHER[this.door], server);
    this.again = await this.writer.repeat();
    await this.writer.write(20);
  }

  get clients(): Client[] {
    return [this.ivo, this.ana, this.dora, this.eva].flatMap(({ lives }) => lives).concat(this.writer.lives);
  }
}

describe('a server that is killed under load, and again while they come back', function () {
  this.timeout(30_000);
  const room = unique('room');
  const casts = DOORS.map((door) => new Cast(door, room));
  const ivos = casts.map(({ ivo }) => ivo);
  let server: Lives;
  /** Comes when the server is there again, before most others. */
  let newcomer: Client;
  /** All that the room holds in the end, oldest first. */
  let truth: Message[];

  before(async () => {
    server = await Lives.begin({ PRESENCE_GRACE: '1m' });
    await untilKilled();
    await untilKilledAgain();
    await server.begin();
    const last = await come('ws', server, { rooms: [room] });
    for (const { ivo, ana } of casts) await Promise.all([ivo.come(server), ana.come(server)]);
    const end = await said(last, { type: 'chat', room });
    await Promise.all(
      casts.flatMap(({ ivo, ana }) => [ivo, ana]).map(({ client }) => client.next({ id: end }, PATIENCE)),
    );
    truth = await historyAfter(server, room, ivos[0]!.lives[0]!.welcome.id);
  });

  after(async () => {
    await leaveAll();
    await Promise.all(casts.flatMap(({ proxies }) => proxies).map((proxy) => proxy.close()));
    await server.kill();
    removeFolders();
  });

  async function untilKilled(): Promise<void> {
    for (const cast of casts) await cast.enter(server);
    const writing = casts.map(({ writer }) => writer.write());
    await Promise.all(casts.map((cast) => cast.leave()));
    await server.kill();
    await Promise.all([...writing, ...ivos.map(({ client }) => client.closed)]);
  }

  async function untilKilledAgain(): Promise<void> {
    const insisting = casts.map(async (cast) => {
      cast.failures = await cast.ivo.insist(server);
    });
    await server.begin();
    newcomer = await come('ws', server, { rooms: [room] });
    await Promise.all(insisting);
    for (const cast of casts) await cast.comeBack(server);
    const last = await said(newcomer, { type: 'chat', room });
    await Promise.all(
      [newcomer, ...ivos.map(({ client }) => client)].map((client) => client.next({ id: last }, PATIENCE)),
    );
    await server.kill();
    // Stalled, it would not see the end.
    for (const { proxies } of casts) for (const proxy of proxies) proxy.cut();
    await Promise.all(casts.flatMap(({ ivo, ana }) => [ivo.client.closed, ana.client.closed]));
  }

  const idsOfTruth = () => truth.map(({ id }) => id);
  const everything = () => [newcomer, ...casts.flatMap(({ clients }) => clients)].flatMap(({ messages }) => messages);

  for (const [i, door] of DOORS.entries()) {
    describe(`by ${door}`, () => {
      const cast = casts[i]!;

      it('is come back to by those who find nobody at first: they miss nothing', () => {
        expect(cast.failures).to.be.greaterThan(0);
        expect(cast.ivo.kept).to.deep.equal(idsOfTruth());
      });

      it('goes on where it was killed in the midst of what it gave', () => {
        const [, given] = cast.ana.lives;
        expect(keptBy(given!).length).to.be.greaterThan(0).and.lessThan(welcomeOf(given!).replayed!);
        expect(cast.ana.kept).to.deep.equal(idsOfTruth());
      });

      it('knows an id of before that has no place of its own', () => {
        const { client } = cast.dora;
        const { replayed } = welcomeOf(client);
        expect(cast.heartbeat).to.match(/-\d+\.\d+$/);
        const missed = idsOfTruth().filter((id) => nOf(id) > nOf(cast.heartbeat));
        expect(replayed).to.be.greaterThan(0);
        expect(keptBy(client).slice(0, replayed)).to.deep.equal(missed.slice(0, replayed));
      });

      it('takes those with a session for present, and nobody hears of their return', () => {
        const present = idsOf(newcomer.messages.find((m) => m.type === 'user_list' && m.room === room)!);
        for (const { userId } of [cast.ivo, cast.ana, cast.dora]) {
          expect(present).to.include(userId);
          expect(presenceIn(newcomer, 0, userId)).to.deep.equal([]);
        }
      });

      it('takes those for gone who had said goodbye, or have no session', () => {
        const present = idsOf(newcomer.messages.find((m) => m.type === 'user_list' && m.room === room)!);
        expect(present).not.to.include.oneOf([cast.eva.userId, cast.writer.userId]);
        expect(presenceIn(newcomer, 0, cast.writer.userId)).to.include.members(['user_joined', `user_joined@${room}`]);
      });

      it('publishes once what is said again by the other door', () => {
        const { writer, again } = cast;
        expect(writer.told.size).to.be.greaterThan(0);
        for (const [j, clientMsgId] of writer.said.slice(0, again.length).entries()) {
          const told = writer.told.get(clientMsgId);
          if (told !== undefined) expect(again[j]).to.include({ id: told, duplicate: true });
          const found = truth.filter(({ content }) => content === clientMsgId);
          expect(found.map(({ id }) => id)).to.deep.equal([again[j]!.id]);
        }
      });
    });
  }

  it('gives no id twice, and no date that goes back', () => {
    expectOneOrder(everything());
  });

  it('goes on above the last N of its former life', () => {
    const lastOf = (life: number) => ivos.map(({ lives }) => nOf(lives[life]!.messages.at(-1)!.id));
    for (const { lives } of ivos) {
      const born = [lives[1]!, lives[2]!].map(({ messages }) => messages.findLast(({ type }) => type === 'chat')!);
      expect(nOf(born[0]!.id) > max(lastOf(0))).to.equal(true);
      expect(nOf(born[1]!.id) > max(lastOf(1))).to.equal(true);
    }
  });
});

describe('a server that is asked to end', function () {
  this.timeout(20_000);
  let server: Lives;
  let proxy: TcpProxy;

  beforeEach(async () => {
    server = await Lives.begin({ CLOSE_TIMEOUT: '100ms', PRESENCE_GRACE: '1m' });
    proxy = await TcpProxy.before(server.url);
  });
  afterEach(async () => {
    await leaveAll();
    await proxy.close();
    await server.kill();
    removeFolders();
  });

  it('is come back to by those who were there, who had just vanished, and who were half-open', async () => {
    const room = unique('room');
    const bo = await come('ws', server, { rooms: [room] });
    const three = () => DOORS.map((door) => new Person(door, room));
    const [there, vanished, halfOpen] = [three(), three(), three()];
    await Promise.all([...there, ...vanished].map((person) => person.come(server)));
    await Promise.all(halfOpen.map((person) => person.come(proxy)));
    await Promise.all(vanished.map(({ client }) => drop(client)));
    const heard = [await said(bo, { type: 'chat', room })];
    await Promise.all([...there, ...halfOpen].map(({ client }) => client.next({ id: heard[0]! })));
    proxy.blackHole();
    heard.push(await said(bo, { type: 'chat', room }));
    expect(await server.stop()).to.equal(0);
    proxy.cut();

    await server.begin();
    const newcomer = await come('ws', server, { rooms: [room] });
    const list = await newcomer.next({ type: 'user_list', room });
    const people = [...there, ...vanished, ...halfOpen];
    expect(idsOf(list)).to.have.members([newcomer.userId, ...people.map(({ userId }) => userId)]);
    for (const person of people) await person.come(server);
    heard.push(await said(newcomer, { type: 'chat', room }));
    await Promise.all(people.map(({ client }) => client.next({ id: heard.at(-1)! }, PATIENCE)));
    expect(people.map(({ kept }) => kept)).to.deep.equal(people.map(() => heard));
    expect(people.flatMap(({ userId }) => presenceIn(newcomer, 0, userId))).to.deep.equal([]);
  });
});

function max(numbers: bigint[]): bigint {
  return numbers.reduce((most, n) => (n > most ? n : most));
}

async function heartbeatOf(client: Client): Promise<string> {
  const content = unique('beat');
  client.send({ type: 'heartbeat', content });
  return (await client.next({ type: 'heartbeat', content })).id;
}
