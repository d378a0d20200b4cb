import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { io, type Message, type Socket } from '../../src/client/index.ts';
import { Balancer } from '../support/balancer.ts';
import { removeFolders } from '../support/folder.ts';
import { historyAfter } from '../support/http.ts';
import { Lives } from '../support/lives.ts';
import { idsOf, unique } from '../support/messages.ts';
import { expectOneOrder } from '../support/order.ts';
import { Person } from '../support/person.ts';
import { RedisServer } from '../support/redis.ts';
import { leaveAll } from '../support/returning.ts';
import { isPresence, said } from '../support/talk.ts';

const NODES = 3;
const PATIENCE = 20_000;
/** Between two things that one says, so that a gap holds fewer than are replayed. */
const BREATH = 20;

/** Writes by `ambos/client`, one thing after another, and notes what a page would hear. */
class Page {
  readonly client: Socket;
  readonly said: string[] = [];
  readonly messages: Message[] = [];
  readonly events: string[] = [];

  constructor(url: string, room: string) {
    const auth = { userId: unique('page'), username: 'Page' };
    this.client = io(url, { WebSocket, auth, rooms: [room], ackTimeout: 60_000 });
    this.client.onAny((_type, message) => void this.messages.push(message));
    for (const event of ['connect', 'disconnect', 'connect_error']) {
      this.client.on(event, () => void this.events.push(event));
    }
  }

  async arrived(): Promise<this> {
    while (this.messages.filter(({ type }) => type === 'user_list').length < 2) await pause(5);
    return this;
  }

  async write(room: string, wanted: () => boolean): Promise<void> {
    while (wanted()) {
      const content = unique('page-said');
      this.said.push(content);
      expect(await this.client.emitWithAck('chat', { room, content })).to.include({ ok: true });
      await pause(BREATH);
    }
  }

  get kept(): string[] {
    return this.messages.filter(({ type }) => type === 'chat').map(({ id }) => id);
  }
}

/** Says one thing after another, each until it is told that it is kept. */
async function speak(person: Person, all: string[], wanted: () => boolean): Promise<void> {
  while (wanted()) {
    const clientMsgId = unique('person-said');
    all.push(clientMsgId);
    while (!(await tell(person, clientMsgId))) await pause(5);
    await pause(BREATH);
  }
}

async function tell({ client, room }: Person, clientMsgId: string): Promise<boolean> {
  const request = client.request({ type: 'chat', room, content: clientMsgId, clientMsgId }).catch(() => undefined);
  const receipt = await Promise.race([request, client.closed.then(() => undefined)]);
  return receipt?.ok === true;
}

describe('several servers that are restarted one after another', function () {
  this.timeout(90_000);
  let redis: RedisServer | undefined;
  let balancer: Balancer | undefined;
  let nodes: Lives[] = [];
  let pages: Page[] = [];

  before(async function () {
    redis = await RedisServer.start(this);
  });

  afterEach(async () => {
    for (const { client } of pages) client.disconnect();
    await leaveAll();
    await Promise.all(nodes.map((node) => node.kill()));
    await balancer?.close();
    await redis?.stop();
    removeFolders();
  });

  it('lose nothing, give nothing twice, and nobody seems to have left', async () => {
    const settings = {
      LOG: 'redis',
      REDIS_URL: redis!.url,
      PRESENCE_GRACE: '5s',
      LOG_MESSAGES: '100000',
      RATE_LIMIT: '10000',
    };
    nodes = await Promise.all(Array.from({ length: NODES }, () => Lives.begin(settings)));
    balancer = await Balancer.before(...nodes.map(({ url }) => url));
    const { url } = balancer;
    const room = unique('room');
    const websocket = { transports: ['websocket' as const] };
    const people = [0, 1, 2].flatMap(() => [new Person('ws', room), new Person('socketio', room, websocket)]);
    for (const person of people) await person.come({ url });
    pages = Array.from({ length: 6 }, () => new Page(url, room));
    await Promise.all(pages.map((page) => page.arrived()));
    const everybody = people.length + pages.length;
    const start = await said(people[0]!.client, { type: 'chat', room });
    await Promise.all(pages.map((page) => until(() => page.kept.includes(start))));
    const marks = pages.map(({ messages }) => messages.length);

    let over = false;
    const staying = people.map((person) => person.stay({ url }, () => !over));
    const spoken = people.map((): string[] => []);
    const speaking = people.map((person, i) => speak(person, spoken[i]!, () => !over));
    const writing = pages.map((page) => page.write(room, () => !over));
    for (const node of nodes) {
      expect(await node.stop()).to.equal(0);
      await node.begin();
      await pause(500);
    }
    // Those of the lives before are seen out only now, if they are taken for gone.
    await until(async () => ((await redis!.command('ZCARD', '{ambos}:nodes')) as number) === NODES);
    over = true;
    await Promise.all([...speaking, ...writing]);

    const last = await said(people[0]!.client, { type: 'chat', room });
    await Promise.all(people.map(({ client }) => client.next({ id: last }, PATIENCE)));
    await Promise.all(pages.map((page) => until(() => page.kept.includes(last))));
    const truth = await historyAfter(nodes[0]!, room, start);
    const ids = truth.map(({ id }) => id);
    for (const { kept } of people) expect(kept.slice(kept.indexOf(start) + 1)).to.deep.equal(ids);
    for (const { kept } of pages) expect(kept.slice(kept.indexOf(start) + 1)).to.deep.equal(ids);
    const contents = truth.map(({ content }) => content);
    for (const own of [...spoken, ...pages.map((page) => page.said)]) {
      const set = new Set(own);
      expect(contents.filter((content) => set.has(content))).to.deep.equal(own);
    }
    expect(truth).to.have.length([...spoken, ...pages.map((page) => page.said)].flat().length + 1);
    expectOneOrder([...people.flatMap(({ lives }) => lives), ...pages].flatMap(({ messages }) => messages));

    for (const [i, { messages, events }] of pages.entries()) {
      const later = messages.slice(marks[i]);
      expect(later.filter(isPresence), 'comings and goings').to.deep.equal([]);
      for (const list of later.filter(({ type }) => type === 'user_list')) {
        expect(idsOf(list as never), 'a list').to.have.length(everybody);
      }
      expect(events, 'events of a page').to.deep.equal(['connect']);
    }
    expect(
      people.flatMap(({ lives }) => lives.slice(1)).flatMap(({ messages }) => messages.filter(isPresence)),
    ).to.deep.equal([]);
    console.log(`      ${truth.length} messages, ${people.map(({ drops }) => drops)} returns by hand`);
    await leaveAll();
    await Promise.all(staying);
  });
});

async function until(so: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await so())) await pause(20);
}
