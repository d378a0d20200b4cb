import { readdirSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import Koa from 'koa';
import { createServer, type Options, type Server } from '../../src/index.ts';
import { type Answer, type Asked, open, request, upgrade } from '../support/http.ts';
import { FIRST } from '../support/key-pairs.ts';
import { Tcp } from '../support/tcp.ts';

const WEB = join(import.meta.dirname, '../../web');
const POLLING = '/socket.io/?EIO=4&transport=polling';

const STRICT = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

/** Whatever is answered, good and bad, of pages, of ours, and of Socket.IO's. */
const GOOD = [
  '/',
  '/ws/test',
  '/websocket',
  '/ws/dashboard',
  '/style.css',
  '/lib/page.js',
  '/favicon.svg',
  '/i18n/es.js',
];
const OURS = ['/ws/stats', '/metrics', '/healthz', '/readyz', '/ws/endpoints', '/ws/history', '/ws'];
const BAD = [
  '/nope',
  '/%',
  '/%00',
  '/ws/',
  '/ws?username=system',
  '/ws/history?limit=x',
  '/../package.json',
  '/.git/config',
];
const SOCKET_IO = [
  '/socket.io/socket.io.js',
  '/socket.io/socket.io.js.map',
  POLLING,
  `${POLLING}&sid=none`,
  '/socket.io/?EIO=9&transport=none',
  '/socket.io/?EIO=4&transport=websocket',
  '/socket.io/?EIO=3&transport=polling&j=0',
  '/socket.io/nope',
];

const API = ['/api/messages', '/api/users', '/api/rooms', '/api/users/ana/disconnect', '/api/users/ana/bar'];
const KEY = 'the-key-of-a-backend';
const MAX_FRAME_BYTES = 100_000;

describe('security headers', () => {
  const servers: Server[] = [];
  let server: Server;
  let https: Server;
  const ca = FIRST.cert;

  const start = async (settings: Options = {}) => {
    const common = {
      port: 0,
      host: '127.0.0.1',
      logLevel: 'silent',
      apiKeys: KEY,
      maxFrameBytes: MAX_FRAME_BYTES,
    } as const;
    // Nobody of those who poll here ever answers a close.
    const started = createServer({ ...common, closeTimeout: 50, ...settings });
    servers.push(started);
    await started.start();
    return started;
  };

  before(async () => {
    const files = join(import.meta.dirname, '../fixtures/tls');
    server = await start();
    https = await start({ tlsCert: join(files, 'first.crt'), tlsKey: join(files, 'first.key') });
  });
  after(async () => {
    await Promise.all(servers.map((each) => each.close()));
  });

  const both = async (path: string, asked?: Asked): Promise<[plain: Answer, secure: Answer]> => [
    await request(server.url + path, asked),
    await request(https.url + path, { ...asked, ca }),
  ];

  for (const path of [...GOOD, ...OURS, ...BAD, ...API, ...SOCKET_IO]) {
    it(`are on ${path}, whatever the method`, async () => {
      for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
        const [plain, secure] = await both(path, { method });
        for (const { headers } of [plain, secure]) expectStrict(headers, path.startsWith('/socket.io/'));
        expect(plain.headers).not.to.have.property('strict-transport-security');
        expect(secure.headers).to.have.property('strict-transport-security', 'max-age=15552000');
      }
    });
  }

  it('are on what is answered to backends, good and bad', async () => {
    const key = { authorization: `Bearer ${KEY}` };
    const headers = { ...key, 'content-type': 'application/json' };
    const asked: [status: number, method: string, path: string, more?: Asked][] = [
      [200, 'GET', '/api/users', { headers }],
      [200, 'HEAD', '/api/rooms', { headers }],
      [200, 'POST', '/api/users/ana/disconnect', { headers: key }],
      [201, 'POST', '/api/messages', { headers, body: '{"content":"x"}' }],
      [204, 'OPTIONS', '/api/messages', { headers }],
      [400, 'POST', '/api/messages', { headers, body: 'x' }],
      [400, 'GET', '/api/users?limit=x', { headers }],
      [404, 'POST', '/api/messages', { headers, body: '{"content":"x","to":"nobody"}' }],
      [404, 'GET', '/api/none', { headers }],
      [404, 'GET', '/api/users/', { headers }],
      [405, 'PATCH', '/api/rooms', { headers }],
      [413, 'POST', '/api/messages', { headers, body: 'x'.repeat(MAX_FRAME_BYTES + 1) }],
      [415, 'POST', '/api/messages', { headers: key, body: '{}' }],
    ];
    const wrong = { headers: { authorization: 'Bearer a-key-of-nobody' } };
    for (let guess = 0; guess < 10; guess += 1) asked.push([401, 'GET', '/api/rooms', wrong]);
    asked.push([429, 'GET', '/api/rooms', { headers }]);
    for (const [status, method, path, more] of asked) {
      const [plain, secure] = await both(path, { method, ...more });
      for (const answer of [plain, secure]) {
        expect(answer.status, `${method} ${path}`).to.equal(status);
        expectStrict(answer.headers);
      }
      expect(secure.headers).to.have.property('strict-transport-security');
    }
  });

  it('are on an endless answer', async () => {
    const stream = await open(`${server.url}/ws/stats`, { headers: { accept: 'text/event-stream' } });
    expect(stream.headers['content-type']).to.include('text/event-stream');
    expectStrict(stream.headers);
    stream.destroy();
  });

  it('are on refused upgrades', async () => {
    for (const path of ['/nope', '/ws?username=system', `${POLLING.replace('polling', 'websocket')}&sid=none`]) {
      const { status, headers } = await upgrade(server.url + path);
      expect(status, path).to.be.within(400, 404);
      if (!path.startsWith('/socket.io/')) expectStrict(headers);
    }
    const { headers } = await upgrade(`${server.url}/ws`, { 'sec-websocket-version': '1' });
    expectStrict(headers);
  });

  it('are on what is refused since there are too many', async () => {
    const full = await start({ maxConnections: 1 });
    await request(full.url + POLLING);
    const refused = await Promise.all([
      request(full.url + POLLING),
      request(`${full.url}/ws`),
      upgrade(`${full.url}/ws`),
    ]);
    for (const [index, { status, headers }] of refused.entries()) {
      expect(status).to.equal(503);
      expectStrict(headers, index === 0);
    }
  });

  it('leave an application’s own answers alone, but for those of Socket.IO', async () => {
    const koa = new Koa();
    const http = createHttpServer();
    const joined = createServer({ http, koa, logLevel: 'silent' });
    koa.use((ctx) => {
      ctx.body = 'own';
    });
    await joined.start();
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const own = await request(`${joined.url}/own`);
    expect(own.body).to.equal('own');
    expect(own.headers).not.to.have.any.keys(...Object.keys(STRICT), 'content-security-policy');
    expectStrict((await request(joined.url + POLLING)).headers, true);
    expectStrict((await request(`${joined.url}/ws/test`)).headers);
    await joined.close();
    expect((await request(`${joined.url}${POLLING}`)).headers).not.to.have.property('x-frame-options');
    await new Promise((resolve) => http.close(resolve));
  });

  it('a page has nothing that they forbid: no style, no script and no handler of its own', () => {
    const pages = readdirSync(WEB, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'));
    expect(pages).to.have.length.above(3);
    for (const name of pages) {
      const text = readFileSync(join(WEB, name), 'utf8');
      expect(text, name).not.to.match(/<style|\sstyle=|<script(?![^>]*\bsrc="\/)|\son\w+=|<iframe|<base|https?:\/\//i);
    }
  });

  it('are not asked for by what is no HTTP: that is answered without a body', async () => {
    const tcp = new Tcp(server.url);
    tcp.socket.write('NONSENSE\r\n\r\n');
    expect(await tcp.status()).to.equal(400);
    expect(tcp.body).to.equal('');
  });
});

function expectStrict(headers: Answer['headers'], shared = false): void {
  expect(headers).to.include(STRICT);
  expect(headers['cross-origin-resource-policy']).to.equal(shared ? 'cross-origin' : 'same-origin');
  expect(headers['permissions-policy']).to.include('camera=()').and.include('microphone=()');
  const policy = String(headers['content-security-policy']).split('; ');
  expect(policy).to.include.members(["default-src 'self'", "object-src 'none'", "frame-ancestors 'none'"]);
  expect(policy.join()).not.to.match(/unsafe|\*|https?:|wss?:|data:/);
  expect(headers).not.to.have.any.keys('x-powered-by', 'server', 'set-cookie');
}
