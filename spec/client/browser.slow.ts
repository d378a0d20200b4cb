import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { build } from 'esbuild';
import Koa from 'koa';
import type { Options, Socket } from '../../src/client/index.ts';
import { createServer, type Server } from '../../src/index.ts';
import { openBrowser, type TestBrowser } from '../support/browser.ts';

interface Window {
  io(options: Options): Socket;
  client: Socket;
  sessionStorage: NonNullable<Options['storage']>;
}

describe('the client in a real browser', function () {
  this.timeout(60_000);
  let browser: TestBrowser;
  let http: HttpServer;
  let server: Server;
  let url: string;
  const connections = new Set<Duplex>();

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
    http.on('connection', (socket) => connections.add(socket));
    server = createServer({ http, koa, logLevel: 'silent' });
    koa.use((ctx) => {
      ctx.type = 'html';
      ctx.body = `<!doctype html><link rel="icon" href="data:,"><script>${outputFiles[0]?.text}</script>`;
    });
    await server.start();
    await once(http.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });
  afterEach(() => browser.closeVisits());
  after(async () => {
    await server.close();
    http.closeAllConnections();
    http.close();
  });

  it('finds the page’s own server, and is answered', async () => {
    const { page, problems, sockets } = await browser.visit(url);
    const answer = await page.evaluate(() => {
      const { io } = globalThis as unknown as Window;
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
      const { io } = globalThis as unknown as Window;
      const client = io({ auth: { username: 'system' } });
      return new Promise((resolve) => client.on('connect_error', ({ data }) => resolve([data, client.active])));
    });
    expect(said).to.have.nested.property('[0].code', 'invalid_username');
    expect(said).to.have.nested.property('[1]', false);
  });

  it('goes on where it was when the page is loaded anew', async () => {
    const { page, sockets } = await browser.visit(url);
    const open = () =>
      page.evaluate(() => {
        const { io, sessionStorage } = globalThis as unknown as Window;
        const client = io({ storage: sessionStorage });
        return new Promise<string>((resolve) => client.on('user_list', ({ id }) => resolve(id)));
      });
    const lastId = await open();
    await page.reload();
    await open();
    expect(new URL(sockets[1] ?? '').searchParams.get('lastId')).to.equal(lastId);
  });

  it('comes back at once when the network does', async () => {
    const { page } = await browser.visit(url);
    await page.evaluate(() => {
      const world = globalThis as unknown as Window;
      world.client = world.io({ reconnectionDelay: 3_600_000, reconnectionDelayMax: 3_600_000, heartbeatTimeout: 100 });
      return new Promise((resolve) => world.client.on('user_list', resolve));
    });
    await page.context().setOffline(true);
    // Being offline does not end a WebSocket by itself.
    for (const socket of connections) socket.destroy();
    await page.waitForFunction(() => !(globalThis as unknown as Window).client.connected);
    await page.context().setOffline(false);
    await page.waitForFunction(() => (globalThis as unknown as Window).client.connected);
  });
});
