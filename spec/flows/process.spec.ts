import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect as connectTcp, createServer } from 'node:net';
import { expect } from 'chai';
import { closeAll, connect } from '../support/client.ts';
import { upgrade } from '../support/http.ts';
import { Command } from '../support/process.ts';

describe('the process', function () {
  this.timeout(20_000);
  let command: Command | undefined;

  afterEach(async () => {
    await closeAll();
    command?.kill('SIGKILL');
    command = undefined;
  });

  const start = (args?: string[], environment?: Record<string, string>) => {
    command = new Command(args, environment);
    return command;
  };

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`threat 37: says goodbye on ${signal} by both doors and exits with 0`, async () => {
      const server = start();
      const url = await server.url();
      const raw = await connect('ws', url);
      const sdk = await connect('socketio', url);
      const began = Date.now();
      server.kill(signal);
      expect(await raw.closed).to.deep.equal({ code: 1001, reason: 'going_away' });
      const farewell = await sdk.next('error');
      expect(farewell.data).to.deep.equal({ code: 'going_away', retryable: true });
      await sdk.closed;
      expect(await server.exit()).to.equal(0);
      expect(Date.now() - began).to.be.below(10_000);
    });
  }

  it('says goodbye on a signal that comes the moment it says that it listens', async () => {
    const server = start();
    await server.url();
    server.kill('SIGTERM');
    expect(await server.exit()).to.equal(0);
  });

  it('threat 29: in production lets in the pages of its own host alone, unless it is told otherwise', async () => {
    const server = start([], { NODE_ENV: 'production', AUTH: 'off' });
    const url = await server.url();
    expect((await upgrade(`${url}/ws`, { origin: 'https://evil.example' })).status).to.equal(403);
    expect((await upgrade(`${url}/ws`, { origin: url })).status).to.equal(101);
    expect((await upgrade(`${url}/ws`)).status).to.equal(101);
    expect(server.stdout).not.to.include('CORS_ORIGINS');
    server.kill('SIGTERM');
    await server.exit();
    const told = new Command(['config'], { NODE_ENV: 'production', CORS_ORIGINS: 'https://app.example' });
    expect(await told.exit()).to.equal(0);
    expect(told.stdout).to.match(/CORS_ORIGINS +https:\/\/app\.example +environment/);
  });

  it('is not ready first thing, and takes nobody any more, while it says goodbye', async () => {
    const server = start([], { CLOSE_TIMEOUT: '60s', SHUTDOWN_TIMEOUT: '60s' });
    const url = await server.url();
    const { port } = new URL(url);
    const stubborn = connectTcp(Number(port), '127.0.0.1');
    stubborn.write(
      'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await once(stubborn, 'data');
    server.kill('SIGTERM');
    // It does not answer the close frame: until it has gone, there is time to ask.
    while ((await fetch(`${url}/readyz`)).status === 200);
    expect(await (await fetch(`${url}/readyz`)).json()).to.deep.equal({ ready: false, reasons: ['shutting_down'] });
    const refused = await fetch(`${url}/ws`);
    expect(refused.status).to.equal(503);
    expect(refused.headers.get('retry-after')).to.equal('1');
    const polling = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    expect(polling.status).to.equal(503);
    stubborn.destroy();
    expect(await server.exit()).to.equal(0);
  });

  it('ends at once on a second signal', async () => {
    const server = start([], { CLOSE_TIMEOUT: '60s', SHUTDOWN_TIMEOUT: '60s' });
    const url = await server.url();
    const client = await connect('ws', url);
    client.pause();
    server.kill('SIGTERM');
    while ((await fetch(`${url}/readyz`)).status === 200);
    server.kill('SIGTERM');
    expect(await server.exit()).to.equal(1);
  });

  it('tells a port in use in one line and exits with 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const server = start([], { PORT: String(port) });
    expect(await server.exit()).to.equal(1);
    expect(server.stderr).to.equal(`Port ${port} is in use: set PORT or --port to another one\n`);
    other.close();
  });

  it('tells every wrong setting at once and exits with 2', async () => {
    const server = start(['--max-rooms', 'many', '--locale', 'fr'], { PING_INTERVAL: 'soon' });
    expect(await server.exit()).to.equal(2);
    expect(server.stderr.trim().split('\n')).to.have.length(4);
    for (const name of ['MAX_ROOMS', 'LOCALE', 'PING_INTERVAL']) expect(server.stderr).to.include(name);
  });

  it('shows its settings and its version', async () => {
    const help = start(['--help']);
    expect(await help.exit()).to.equal(0);
    for (const word of ['--port', 'PORT', '3000', '--help']) expect(help.stdout).to.include(word);
    const version = start(['--version']);
    expect(await version.exit()).to.equal(0);
    expect(version.stdout).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  it('writes the documented lines, in either language', async () => {
    const server = start([], { LOCALE: 'en' });
    const client = await connect('ws', await server.url(), { username: 'Ana', userId: 'a1' });
    client.drop();
    await server.line('Client disconnected: Ana (a1) - Total: 0');
    expect(server.stdout).to.include('Client connected: Ana (a1) - Total: 1');
    expect(server.stdout).to.match(/WebSocket error: websocket: close 1006 \(/);
    for (const line of server.stdout.trim().split('\n')) expect(() => JSON.parse(line)).not.to.throw();
  });

  it('listens on all interfaces by default', async () => {
    const server = start([], { HOST: '' });
    const url = await server.url();
    expect(url).to.match(/^http:\/\/localhost:\d+$/);
    expect((await fetch(`http://127.0.0.1:${new URL(url).port}/healthz`)).status).to.equal(200);
  });
});
