import { expect } from 'chai';
import { WebSocket } from 'ws';
import { type Answer, io, type Message, type Options, type Socket } from '../../src/client/index.ts';
import { accepted, eventually } from '../conformance/answers.ts';
import { type Client, closeAll, connect } from '../support/client.ts';
import { newFolder, removeFolders } from '../support/folder.ts';
import { json, request } from '../support/http.ts';
import { TcpProxy } from '../support/proxy.ts';
import { type Running, startServer } from '../support/server.ts';

type Settings = Parameters<typeof startServer>[0];

const HOUR = 3_600_000;

/** What a page sees of a client, in the order in which it sees it. */
class Diary {
  readonly client: Socket;
  /** Signals of the page around it, as a browser gives them. */
  readonly page = new EventTarget();
  readonly entries: string[] = [];
  readonly chats: Message[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(url: string, options: Options) {
    this.client = io(url, { WebSocket, page: this.page, ...options });
    this.client.onAny((type, { room }) => this.#note(room === undefined ? type : `${type}@${room}`));
    this.client.on('chat', (chat) => void this.chats.push(chat));
    this.client.on('connect', () => {
      const { recovered, reason } = this.client;
      this.#note(`connect ${recovered ? 'recovered' : (reason ?? 'fresh')}`);
    });
    this.client.on('disconnect', (why, { code, reason }) => this.#note(`disconnect ${why} ${code} ${reason}`.trim()));
  }

  /** Resolves when it is so, at the latest after the next entry. */
  async until(test: (diary: this) => boolean): Promise<void> {
    while (!test(this)) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** The rest of the entries, from the nth connection on. */
  life(n: number): string[] {
    const starts = this.entries.flatMap((entry, i) => (entry.startsWith('connect ') ? [i] : []));
    return this.entries.slice(starts[n - 1]).filter((entry) => !/^user_(joined|left)$/.test(entry));
  }

  get ids(): string[] {
    return this.chats.map(({ id }) => id);
  }

  /** The network is there again, says the browser. */
  wake(): void {
    this.page.dispatchEvent(new Event('online'));
  }

  #note(entry: string): void {
    this.entries.push(entry);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    // What listens to the same event behind this has its turn first.
    queueMicrotask(() => {
      for (const resolve of waiting) resolve();
    });
  }
}

describe('the client comes back to a server', () => {
  let server: Running;
  let proxy: TcpProxy;
  let bo: Client;
  const diaries: Diary[] = [];

  afterEach(async () => {
    for (const { client } of diaries.splice(0)) client.disconnect();
    await closeAll();
    await proxy.close();
    await server.close();
  });
  after(removeFolders);

  /** A server behind a network that a case can break, and Bo beside it. */
  async function start(settings: Settings = {}): Promise<void> {
    server = await startServer(settings);
    proxy = await TcpProxy.before(server.url);
    await callBo();
  }

  async function callBo(): Promise<void> {
    bo = await connect('socketio', server.url, { username: 'Bo', userId: 'bo', rooms: ['tea'] });
  }

  /** The same address, and perhaps the same folder. */
  async function restart(settings: Settings): Promise<void> {
    await closeAll();
    await server.close();
    server = await startServer({ ...settings, port: Number(new URL(server.url).port) });
    await callBo();
  }

  /** A client whose list of the room has come. Unless it is woken it stays away for long, once its connection is lost. */
  async function ana(options: Options = {}): Promise<Diary> {
    const patient = { reconnectionDelay: HOUR, reconnectionDelayMax: HOUR };
    const diary = new Diary(proxy.url, {
      auth: { username: 'Ana', userId: 'ana' },
      rooms: ['tea'],
      ...patient,
      ...options,
    });
    diaries.push(diary);
    await diary.until(({ entries }) => entries.includes('user_list@tea'));
    return diary;
  }

  async function lose(diary: Diary): Promise<void> {
    const before = diary.entries.length;
    proxy.cut();
    await diary.until(({ entries }) => entries.slice(before).some((entry) => entry.startsWith('disconnect')));
  }

  const said = async (fields: object = { room: 'tea' }) =>
    (await accepted(bo, { type: 'chat', content: 'x', ...fields })).id;

  /** Bo has all that was published before, and how much of it has this content. */
  async function heardByBo(content: string): Promise<number> {
    await bo.next({ id: await said({ to: 'bo' }) });
    return bo.messages.filter((message) => message.content === content).length;
  }

  it('hears what it missed, each message once: connect, the lists, what was missed, what is new', async () => {
    await start();
    const diary = await ana();
    const before = await said();
    await diary.until(({ ids }) => ids.includes(before));
    const { session } = diary.client;
    await lose(diary);
    const missed = [await said(), await said({}), await said({ to: 'ana' })];
    diary.wake();
    await diary.until(({ ids }) => ids.includes(missed[2]!));
    const live = await said();
    await diary.until(({ ids }) => ids.includes(live));
    expect(diary.ids).to.deep.equal([before, ...missed, live]);
    expect(diary.life(1)).to.deep.equal([
      'connect fresh',
      'user_list',
      'user_list@tea',
      'chat@tea',
      'disconnect transport close 1006',
      'connect recovered',
      'user_list',
      'user_list@tea',
      'chat@tea',
      'chat',
      'chat',
      'chat@tea',
    ]);
    expect(diary.client.session).to.equal(session);
    expect(bo.messages.filter(({ type }) => type === 'user_left')).to.deep.equal([]);
  });

  it('loses nothing and hears nothing twice, however often the network fails while others talk', async () => {
    await start();
    const diary = await ana({ reconnectionDelay: 1, reconnectionDelayMax: 1 });
    const ids: string[] = [];
    for (let i = 0; i < 200; i += 1) {
      ids.push(await said());
      if (i % 40 !== 20) continue;
      await diary.until((those) => those.client.connected && those.ids.includes(ids[i - 5]!));
      proxy.cut();
    }
    await diary.until((those) => those.ids.includes(ids.at(-1)!));
    expect(diary.ids).to.deep.equal(ids);
    const ways = diary.entries.filter((entry) => entry.startsWith('connect '));
    expect(ways).to.deep.equal(['connect fresh', ...Array.from({ length: 5 }, () => 'connect recovered')]);
  });

  it('goes on where a replay was cut off', async () => {
    await start();
    const diary = await ana();
    await lose(diary);
    const ids: string[] = [];
    for (let i = 0; i < 60; i += 1) ids.push(await said({ room: 'tea', content: 'x'.repeat(1000) }));
    proxy.cutAfter(30_000);
    diary.wake();
    await diary.until(({ entries }) => entries.filter((entry) => entry.startsWith('disconnect')).length === 2);
    expect(diary.ids.length).to.be.within(1, 59);
    proxy.heal();
    diary.wake();
    await diary.until((those) => those.ids.includes(ids.at(-1)!));
    expect(diary.ids).to.deep.equal(ids);
  });

  it('finds a half-open connection out, and misses nothing that went into it', async () => {
    await start();
    const diary = await ana({ heartbeatInterval: 40, heartbeatTimeout: 40 });
    proxy.blackHole();
    const missed = [await said(), await said({ to: 'ana' })];
    await diary.until(({ entries }) => entries.some((entry) => entry.startsWith('disconnect')));
    expect(diary.entries.at(-1)).to.equal('disconnect ping timeout 4012 no_heartbeat');
    diary.wake();
    await diary.until(({ ids }) => ids.includes(missed[1]!));
    expect(diary.ids).to.deep.equal(missed);
    expect(diary.life(2)[0]).to.equal('connect recovered');
    // The dead one was replaced, which is no business of the one that lives.
    proxy.heal();
    const live = await said();
    await diary.until(({ ids }) => ids.includes(live));
    expect(diary.client.connected).to.equal(true);
  });

  it('misses nothing over a restart of the server', async () => {
    const settings: Settings = { log: 'sqlite', dataDir: newFolder() };
    await start(settings);
    const diary = await ana();
    const before = await said();
    await diary.until(({ ids }) => ids.includes(before));
    await lose(diary);
    const missed = [await said()];
    await restart(settings);
    missed.push(await said({ room: 'tea', content: 'after' }));
    diary.wake();
    await diary.until(({ ids }) => ids.includes(missed[1]!));
    expect(diary.ids).to.deep.equal([before, ...missed]);
    expect(diary.life(2)[0]).to.equal('connect recovered');
  });

  it('is told where the store is another one, and begins anew there', async () => {
    await start({ log: 'sqlite', dataDir: newFolder() });
    const diary = await ana();
    const { session } = diary.client;
    await lose(diary);
    await said();
    await restart({ log: 'sqlite', dataDir: newFolder() });
    diary.wake();
    await diary.until(({ entries }) => entries.filter((entry) => entry === 'user_list@tea').length === 2);
    expect(diary.life(2)).to.deep.equal(['connect session', 'user_list', 'user_list@tea']);
    expect(diary.client.session).to.be.a('string').and.not.equal(session);
    await lose(diary);
    const missed = await said();
    diary.wake();
    await diary.until(({ ids }) => ids.includes(missed));
    expect(diary.life(3)[0]).to.equal('connect recovered');
  });

  it('is told where it has missed too much', async () => {
    await start({ replayLimit: 2 });
    const diary = await ana();
    await lose(diary);
    for (let i = 0; i < 3; i += 1) await said();
    diary.wake();
    await diary.until(({ entries }) => entries.includes('connect too_many'));
    expect([diary.client.recovered, diary.client.reason]).to.deep.equal([false, 'too_many']);
    const live = await said();
    await diary.until(({ ids }) => ids.includes(live));
    expect(diary.ids).to.deep.equal([live]);
  });

  it('sends once what was emitted without a connection, in order, and hears it once', async () => {
    await start();
    const diary = await ana();
    await lose(diary);
    const contents = ['one', 'two', 'three'];
    const answers = contents.map((content) => diary.client.emitWithAck('chat', { content, room: 'tea' }));
    const missed = await said();
    diary.wake();
    const given = (await Promise.all(answers)) as (Answer & { ok: true })[];
    expect(given.map(({ ok, duplicate }) => [ok, duplicate])).to.deep.equal(contents.map(() => [true, undefined]));
    const chats = await bo.collect(({ from, type }) => from === 'Ana' && type === 'chat', 3);
    expect(chats.map(({ content, id }) => [content, id])).to.deep.equal(given.map(({ id }, i) => [contents[i], id]));
    expect(diary.ids).to.deep.equal([missed, ...given.map(({ id }) => id)]);
  });

  for (const [where, settings] of [
    ['', {}],
    [', also by a server that was started anew', { log: 'sqlite' }],
  ] as [string, Settings][]) {
    it(`is told once what became of a message whose answer was lost${where}`, async () => {
      const folder = newFolder();
      const kept = { ...settings, dataDir: folder };
      await start(kept);
      const diary = await ana();
      proxy.stallAfter(0);
      let answers = 0;
      const answer = new Promise<Answer>((resolve) => {
        diary.client.emit('chat', { content: 'once', room: 'tea' }, (given) => {
          answers += 1;
          resolve(given);
        });
      });
      const { id, timestamp } = await bo.next({ type: 'chat', content: 'once' });
      await lose(diary);
      proxy.heal();
      if (settings?.log) await restart(kept);
      diary.wake();
      expect(await answer).to.deep.equal({ ok: true, id, timestamp, duplicate: true });
      await diary.client.emitWithAck('heartbeat');
      expect([answers, diary.ids]).to.deep.equal([1, [id]]);
      expect(await heardByBo('once')).to.equal(settings?.log ? 0 : 1);
    });
  }

  it('does not fight with who took its session over', async () => {
    await start();
    const diary = await ana({ reconnectionDelay: 1, reconnectionDelayMax: 1 });
    const { session, lastId } = diary.client;
    const other = await ana({ session: session!, lastId: lastId! });
    await diary.until(({ entries }) => entries.some((entry) => entry.startsWith('disconnect')));
    expect(diary.entries.at(-1)).to.equal('disconnect io server disconnect 4504 replaced');
    expect([diary.client.connected, diary.client.active]).to.deep.equal([false, false]);
    diary.wake();
    const live = await said();
    await other.until(({ ids }) => ids.includes(live));
    expect(other.life(1)[0]).to.equal('connect recovered');
    expect(other.client.connected).to.equal(true);
    // Bo, and two of Ana: nobody has come since.
    const stats = json(await request(`${server.url}/ws/stats`));
    expect(stats).to.include({ total_connections: 3 });
    expect(bo.messages.filter(({ type }) => type === 'user_left')).to.deep.equal([]);
    await eventually('the replaced one is gone', async () => {
      return json(await request(`${server.url}/ws/stats`))['current_connections'] === 2;
    });
  });

  it('comes back to the rooms that it has joined since, not to those that it left', async () => {
    await start();
    const diary = await ana();
    await diary.client.join('hall');
    await diary.client.leave('tea');
    await lose(diary);
    diary.wake();
    await diary.until(({ entries }) => entries.filter((entry) => entry === 'user_list@hall').length === 2);
    await diary.client.emitWithAck('heartbeat');
    expect(diary.life(2)).to.deep.equal(['connect recovered', 'user_list', 'user_list@hall', 'heartbeat']);
  });

  it('goes on as who it was, where the server has named it', async () => {
    await start();
    const diary = await ana({ auth: {} });
    const { userId } = diary.client;
    await lose(diary);
    const missed = await said({ to: userId });
    diary.wake();
    await diary.until(({ ids }) => ids.includes(missed));
    expect([diary.client.userId, diary.life(2)[0]]).to.deep.equal([userId, 'connect recovered']);
  });
});
