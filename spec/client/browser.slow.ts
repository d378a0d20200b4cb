import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { build } from 'esbuild';
import Koa from 'koa';
import type { Page } from 'playwright-core';
import type { Options, Socket } from '../../src/client/index.ts';
import { createServer, type Server } from '../../src/index.ts';
import { accepted } from '../conformance/answers.ts';
import { openBrowser, type TestBrowser } from '../support/browser.ts';
import { type Client, closeAll, connect } from '../support/client.ts';
import { dataKey, unique } from '../support/messages.ts';
import { TcpProxy } from '../support/proxy.ts';

interface Window {
  io(options: Options): Socket;
  client: Socket;
  /** The contents of the chats that the page has heard. */
  heard: string[];
  /** What `connect` has found of recovery. */
  ways: string[];
  sessionStorage: NonNullable<Options['storage']> & { length: number };
}

const HOUR = 3_600_000;

describe('the client in a real browser', function () {
  this.timeout(60_000);
  let browser: TestBrowser;
  let http: HttpServer;
  let server: Server;
  let url: string;
  /** A network that a case can break. */
  let proxy: TcpProxy;
  /** Who watches the room, and talks in it. */
  let bo: Client;
  /** Whom the page is for, in each case another one: who has vanished counts as present for a while. */
  let ana: string;

  before(async function () {
    browser = await openBrowser(this);
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const { outputFiles } = await build({
      stdin: { contents: "import { io } from './src/client/index.ts'; window.io = io;", resolveDir: root },
      bundle: true,
      minify: true,
      write: false,
    });
    const koa = new Koa();
    http = createHttpServer();
    server = createServer({ http, koa, logLevel: 'silent' });
    koa.use((ctx) => {
      ctx.type = 'html';
      ctx.body = `<!doctype html><link rel="icon" href="data:,"><script>${outputFiles[0]?.text}</script>`;
    });
    await server.start();
    await once(http.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });
  beforeEach(async () => {
    proxy = await TcpProxy.before(url);
    ana = unique('ana');
    bo = await connect('socketio', url, { username: 'Bo', rooms: ['tea'] });
    await bo.next({ type: 'user_list', room: 'tea' });
  });
  afterEach(async () => {
    await browser.closeVisits();
    await Promise.all([closeAll(), proxy.close()]);
  });
  after(async () => {
    await server.close();
    http.closeAllConnections();
    http.close();
  });

  it('finds the page’s own server, and is answered', async () => {
    const { page, problems, sockets } = await browser.visit(url);
    const answer = await page.evaluate(() => {
      const { io } = globalThis as typeof globalThis & Window;
      return io({ auth: { username: 'Ana', token: 'abc' }, rooms: ['tea'] }).emitWithAck('chat', {
        content: 'hola',
        room: 'tea',
      });
    });
    expect(answer).to.include({ ok: true });
    expect(sockets).to.deep.equal([`${url.replace('http', 'ws')}/ws?username=Ana&session=&room=tea`]);
    expect(problems).to.deep.equal([]);
  });

  it('learns why it is refused', async () => {
    const { page } = await browser.visit(url);
    const said = await page.evaluate(() => {
      const { io } = globalThis as typeof globalThis & Window;
      const client = io({ auth: { username: 'system' } });
      return new Promise((resolve) => client.on('connect_error', ({ data }) => resolve([data, client.active])));
    });
    expect(said).to.have.nested.property('[0].code', 'invalid_username');
    expect(said).to.have.nested.property('[1]', false);
  });

  it('comes back at once when the network does: nothing is lost, what was emitted meanwhile is sent once', async () => {
    const { page } = await browser.visit(proxy.url);
    await begin(page, ana, { reconnectionDelay: HOUR, reconnectionDelayMax: HOUR, heartbeatTimeout: 100 });
    await page.context().setOffline(true);
    // Being offline does not end a WebSocket by itself.
    proxy.cut();
    await page.waitForFunction(() => !(globalThis as typeof globalThis & Window).client.connected);
    for (const content of ['one', 'two']) await say(content);
    await page.evaluate(() => {
      const { client } = globalThis as typeof globalThis & Window;
      for (const content of ['three', 'four']) client.emit('chat', { content, room: 'tea' });
    });
    await page.context().setOffline(false);
    await heard(page, 'four');
    await say('five');
    await heard(page, 'five');
    expect(await seen(page)).to.deep.equal([
      ['one', 'two', 'three', 'four', 'five'],
      ['fresh', 'recovered'],
    ]);
    expect(bo.messages.filter(({ from, type }) => from === 'Ana' && type === 'chat')).to.have.length(2);
    expect(comingsOfAna()).to.deep.equal(['user_joined', 'user_joined']);
  });

  it('finds out that it talks to nobody any more, and misses nothing of it', async () => {
    const { page } = await browser.visit(proxy.url);
    await begin(page, ana, { reconnectionDelay: 1, heartbeatInterval: 100, heartbeatTimeout: 100 });
    proxy.blackHole();
    await say('one');
    await heard(page, 'one');
    await say('two');
    await heard(page, 'two');
    const [chats, [first, second]] = await seen(page);
    expect([chats, first, second]).to.deep.equal([['one', 'two'], 'fresh', 'recovered']);
  });

  it('goes on where it was when the page is loaded anew, also after a while elsewhere', async () => {
    const { page } = await browser.visit(url);
    const stored = () => page.evaluate(() => (globalThis as typeof globalThis & Window).sessionStorage.length);
    const session = await begin(page, ana);
    expect(await stored(), 'while the page lives').to.equal(0);
    await page.goto('about:blank');
    for (const content of ['one', 'two']) await say(content);
    await page.goto(url);
    expect(await stored(), 'while it is away').to.equal(1);
    expect(await begin(page, ana)).to.equal(session);
    await heard(page, 'two');
    expect(await stored(), 'once it is back').to.equal(0);
    await page.reload();
    expect(await begin(page, ana)).to.equal(session);
    await say('three');
    await heard(page, 'three');
    expect(await seen(page)).to.deep.equal([['three'], ['recovered']]);
    expect(comingsOfAna(), 'one presence over all of it').to.deep.equal(['user_joined', 'user_joined']);
  });

  it('shares its session with no duplicate of the tab', async () => {
    const { page } = await browser.visit(url);
    const session = await begin(page, ana);
    // What a page opens is given a copy of its session storage, as a duplicate of its tab is.
    await page.evaluate(() => void (globalThis as typeof globalThis & Window).sessionStorage.setItem('copied', 'yes'));
    const opening = page.context().waitForEvent('page');
    await page.evaluate(
      (address) => void (globalThis as typeof globalThis & { open(url: string): void }).open(address),
      url,
    );
    const twin = await opening;
    await twin.waitForLoadState();
    const copied = await twin.evaluate(() =>
      (globalThis as typeof globalThis & Window).sessionStorage.getItem('copied'),
    );
    expect(copied).to.equal('yes');
    const other = await begin(twin, ana);
    expect(other).to.be.a('string').and.not.equal(session);
    await say('one');
    for (const tab of [page, twin]) await heard(tab, 'one');
    await Promise.all([page.reload(), twin.reload()]);
    expect([await begin(page, ana), await begin(twin, ana)]).to.deep.equal([session, other]);
    await say('two');
    for (const tab of [page, twin]) {
      await heard(tab, 'two');
      expect(await seen(tab)).to.deep.equal([['two'], ['recovered']]);
    }
  });

  async function say(content: string): Promise<void> {
    await accepted(bo, { type: 'chat', content, room: 'tea' });
  }

  /** What Bo has heard of Ana's comings and goings: in the room and in the default one. */
  function comingsOfAna(): string[] {
    return bo.messages.filter((message) => dataKey(message, 'userId') === ana).map(({ type }) => type);
  }
});

/** Opens the page's client, and resolves with its session when its lists have come. */
function begin(page: Page, userId: string, options: Options = {}): Promise<string | undefined> {
  return page.evaluate(
    ([id, given]) => {
      const world = globalThis as typeof globalThis & Window;
      world.heard = [];
      world.ways = [];
      const auth = { username: 'Ana', userId: id, rooms: ['tea'] };
      const client = world.io({ auth, storage: world.sessionStorage, ...given });
      world.client = client;
      client.on('chat', ({ content }) => void world.heard.push(content));
      client.on('connect', () => void world.ways.push(client.recovered ? 'recovered' : (client.reason ?? 'fresh')));
      return new Promise<string | undefined>((resolve) => {
        client.on('user_list', ({ room }) => room === 'tea' && resolve(client.session));
      });
    },
    [userId, options] as const,
  );
}

async function heard(page: Page, content: string): Promise<void> {
  await page.waitForFunction((word) => (globalThis as typeof globalThis & Window).heard.includes(word), content);
}

function seen(page: Page): Promise<[heard: string[], ways: string[]]> {
  return page.evaluate(() => {
    const world = globalThis as typeof globalThis & Window;
    return [world.heard, world.ways];
  });
}
