import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import Koa from 'koa';
import { z } from 'zod';
import { createServer, defineType } from '../../src/index.ts';
import { closeAll, connect, DOORS } from '../support/client.ts';

describe('the library', () => {
  afterEach(closeAll);

  it('joins an application’s own Koa app and HTTP server, leaves it its paths, and gives it back', async () => {
    const koa = new Koa();
    const http = createHttpServer();
    const ambos = createServer({ http, koa, logLevel: 'silent' });
    koa.use((ctx) => {
      ctx.body = `mine: ${ctx.path}`;
    });
    await ambos.start();
    await once(http.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const text = async (path: string) => (await fetch(url + path)).text();
    expect([await text('/'), await text('/api')]).to.deep.equal(['mine: /', 'mine: /api']);
    expect((await fetch(url)).headers.get('content-security-policy')).to.equal(null);
    expect(JSON.parse(await text('/ws/stats'))).to.have.property('success', true);
    for (const door of DOORS) await (await connect(door, url)).request({ type: 'chat', content: 'x' });
    await ambos.close();
    expect(await text('/still')).to.equal('mine: /still');
    http.closeAllConnections();
    http.close();
  });

  it('leaves upgrades of other paths to whoever else listens on that server', async () => {
    const http = createHttpServer();
    http.on('upgrade', (request, socket) => {
      if (request.url === '/other') socket.end('HTTP/1.1 418 mine\r\n\r\n');
    });
    const ambos = createServer({ http, logLevel: 'silent' });
    await ambos.start();
    await once(http.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    await connect('ws', url);
    const { WebSocket } = await import('ws');
    const other = new WebSocket(`${url.replace('http', 'ws')}/other`);
    const [error] = (await once(other, 'error')) as [Error];
    expect(error.message).to.include('418');
    await closeAll();
    await ambos.close();
    http.closeAllConnections();
    http.close();
  });

  it('gives typed own types on both protocols, and listeners hear each message once', async () => {
    const move = defineType('move', { class: 'ephemeral', schema: z.object({ x: z.number() }) });
    const server = createServer({ port: 0, host: '127.0.0.1', logLevel: 'silent', types: [move] });
    const heard: number[] = [];
    server.hub.on(move, ({ data }) => heard.push(data.x));
    await server.start();
    const [ana, bo] = [await connect('ws', server.url), await connect('socketio', server.url)];
    ana.send({ type: 'move', data: { x: 1 } });
    bo.send({ type: 'move', data: { x: 2 } });
    for (const client of [ana, bo]) expect(await client.collect('move', 2)).to.have.length(2);
    await server.hub.announce({ type: 'move', data: { x: 3 } });
    for (const client of [ana, bo]) expect((await client.next('move')).from).to.equal('system');
    expect(heard.sort()).to.deep.equal([1, 2]);
    await closeAll();
    await server.close();
  });

  it('writes nothing to the disk, and two servers share nothing', async () => {
    const servers = [1, 2].map(() => createServer({ port: 0, host: '127.0.0.1', logLevel: 'silent' }));
    await Promise.all(servers.map((server) => server.start()));
    const [ana, bo] = await Promise.all(servers.map((server) => connect('ws', server.url)));
    await ana?.request({ type: 'chat', content: 'only here' });
    await bo?.barrier();
    expect(bo?.messages.map(({ type }) => type)).to.deep.equal(['user_list', 'heartbeat']);
    await closeAll();
    await Promise.all(servers.map((server) => server.close()));
    expect(existsSync('.ambos')).to.equal(false);
  });
});
