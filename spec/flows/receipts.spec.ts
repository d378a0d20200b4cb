import { expect } from 'chai';
import { type Client, closeAll, connect, DOORS, type Door, type Options } from '../support/client.ts';
import { json, request } from '../support/http.ts';
import { type Message, unique } from '../support/messages.ts';
import { TcpProxy } from '../support/proxy.ts';
import { type Running, startServer } from '../support/server.ts';

interface Lag {
  measured: number;
  level: number;
  largest: number;
  reading: number;
}

/** Pages that know nothing of recovery: they send neither `lastId` nor `session`, and look at neither. */
describe('clients that know nothing of recovery', () => {
  let server: Running;
  let proxy: TcpProxy;
  let room: string;
  let bo: Client;

  before(async () => {
    server = await startServer({ legacyRecovery: true, receiptInterval: '10ms' });
  });
  beforeEach(async () => {
    proxy = await TcpProxy.before(server.url);
    room = unique('room');
    bo = await connect('ws', server.url, { userId: unique('bo'), rooms: [room] });
    await bo.next({ type: 'user_list', room });
  });
  afterEach(async () => {
    await closeAll();
    await proxy.close();
    await until(async () => (await figures()).current_connections === 0);
  });
  after(() => server.close());

  const ROADS: [how: string, door: Door, options: Options][] = [
    ['ws', 'ws', {}],
    ['socketio', 'socketio', {}],
    ['socketio, upgraded from polling', 'socketio', { transports: ['polling', 'websocket'] }],
    ['socketio, an SDK of version 2', 'socketio', { sdk: 2 }],
  ];
  for (const [how, door, options] of ROADS) {
    it(`find what went out and never arrived, after a line that went dead (${how})`, async () => {
      const userId = unique('ana');
      const ana = await connect(door, proxy.url, { ...options, userId, rooms: [room] });
      const heard = await said('heard');
      await ana.next({ id: heard });
      await until(allLevel);
      proxy.blackHole();
      const missed = [await said('into the void'), await said('into the void too')];
      proxy.cut();
      await ana.closed;
      missed.push(await said('while away'));
      const back = await connect(door, server.url, { ...options, userId });
      const live = await said('live');
      await back.next({ id: live });
      expect(back.welcome).to.include({ recovered: true, replayed: 3 });
      expect(chats(back)).to.deep.equal([...missed, live]);
      expect(chats(ana)).to.deep.equal([heard]);
      const presence = bo.messages.filter((m) => about(m) === userId && m.type.startsWith('user_'));
      expect(presence.map(({ type }) => type)).to.deep.equal(['user_joined', 'user_joined']);
    });
  }

  it('are looked after by both doors alike: one that drops by one comes back by the other', async () => {
    const userId = unique('ana');
    for (const door of [...DOORS, ...DOORS]) {
      const ana = await connect(door, proxy.url, { userId, rooms: [room] });
      const last = ana.welcome as Message & { replayed?: number };
      expect(last.replayed ?? 0).to.equal(chats(ana).length);
      await until(allLevel);
      ana.drop();
      await ana.closed;
      await until(async () => (await figures()).current_connections === 1);
      await said('missed');
    }
  });

  it('are told by the statistics how far they are: whoever takes nothing falls behind', async () => {
    const ana = await connect('ws', proxy.url, { userId: unique('ana'), rooms: [room] });
    const eva = await connect('socketio', server.url, { userId: unique('eva'), rooms: [room] });
    await until(allLevel);
    proxy.blackHole();
    const last = (await Promise.all(Array.from({ length: 20 }, (_, i) => said(`${i}`)))).at(-1)!;
    await eva.next({ id: last });
    await until(async () => {
      const { level, largest, measured, reading } = (await figures()).lag;
      return measured === 3 && level === 2 && largest >= 20 && reading === 0;
    });
    proxy.heal();
    await ana.next({ id: last });
    await until(allLevel);
  });

  /** @returns the id of what Bo says */
  async function said(content: string): Promise<string> {
    const receipt = await bo.request({ type: 'chat', content, room });
    if (!receipt.ok) throw new Error(JSON.stringify(receipt));
    return receipt.id;
  }

  async function figures(): Promise<{ current_connections: number; lag: Lag }> {
    return json<{ current_connections: number; lag: Lag }>(await request(`${server.url}/ws/stats`));
  }

  async function allLevel(): Promise<boolean> {
    const { current_connections, lag } = await figures();
    return lag.level === current_connections && lag.largest === 0;
  }
});

function chats({ messages }: Client): string[] {
  return messages.filter(({ type }) => type === 'chat').map(({ id }) => id);
}

function about({ data }: Message): string | undefined {
  return (data as { userId?: string } | null)?.userId;
}

async function until(test: () => Promise<boolean>): Promise<void> {
  while (!(await test())) await new Promise((resolve) => setTimeout(resolve, 5));
}
