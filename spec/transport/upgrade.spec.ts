import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect } from 'chai';
import { type ErrorCode, Refusal } from '../../src/protocol/errors.ts';
import { SECURITY_HEADERS } from '../../src/protocol/headers.ts';
import { refusalBody, refuseUpgrade, routeUpgrades } from '../../src/transport/upgrade.ts';

const NOT_FOUND = '{"error":{"code":"not_found","message":"No such address"}}';

/** All that a peer is sent until the server has ended its side. */
function textOf(client: Socket): Promise<string> {
  let text = '';
  client.on('data', (chunk) => {
    text += chunk;
  });
  return new Promise((resolve) => client.once('end', () => resolve(text)));
}

/** What a refusal looks like on the wire. */
function written(refusal: Refusal, locale: 'es' | 'en' = 'en'): Promise<string> {
  let text = '';
  const write = (chunk: Buffer, _encoding: string, done: () => void) => {
    text += chunk;
    done();
  };
  const socket = new Duplex({ read() {}, write });
  refuseUpgrade(socket, refusal, locale);
  return new Promise((resolve) => socket.once('close', () => resolve(text)));
}

/** Node's `once` would reject where an error comes first. */
const closeOf = (socket: Duplex) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

describe('refusalBody', () => {
  it('is the code for programs and the words for people, in their language', () => {
    const refusal = new Refusal('room_limit', { detail: 'rooms', value: 100 });
    expect(refusalBody(refusal, 'es')).to.equal(
      '{"error":{"code":"room_limit","message":"Demasiadas salas: el máximo es de 100 por conexión"}}',
    );
    expect(refusalBody(refusal, 'en')).to.equal(
      '{"error":{"code":"room_limit","message":"Too many rooms: the limit is 100 per connection"}}',
    );
  });
});

describe('refuseUpgrade', () => {
  it('answers with a complete HTTP response', async () => {
    expect(await written(new Refusal('not_found'))).to.equal(
      [
        'HTTP/1.1 404 Not Found',
        'Connection: close',
        'Content-Type: application/json; charset=utf-8',
        `Content-Length: ${NOT_FOUND.length}`,
        ...Object.entries(SECURITY_HEADERS).map(([name, value]) => `${name}: ${value}`),
        '',
        NOT_FOUND,
      ].join('\r\n'),
    );
  });

  const codes: [code: ErrorCode, line: string][] = [
    ['invalid_username', 'HTTP/1.1 400 Bad Request'],
    ['unauthorized', 'HTTP/1.1 401 Unauthorized'],
    ['forbidden_origin', 'HTTP/1.1 403 Forbidden'],
    ['rate_limited', 'HTTP/1.1 429 Too Many Requests'],
    ['internal', 'HTTP/1.1 500 Internal Server Error'],
    ['over_capacity', 'HTTP/1.1 503 Service Unavailable'],
  ];
  for (const [code, line] of codes) {
    it(`${code} is ${line}`, async () => expect((await written(new Refusal(code))).split('\r\n')[0]).to.equal(line));
  }

  it('says when to try again', async () => {
    expect(await written(new Refusal('over_capacity', { retryAfter: 5 }))).to.include('\r\nRetry-After: 5\r\n');
    expect(await written(new Refusal('not_found'))).not.to.include('Retry-After');
  });

  it('counts the length in bytes', async () => {
    const [head, body] = (await written(new Refusal('forbidden_origin'), 'es')).split('\r\n\r\n') as [string, string];
    expect(body).to.include('página');
    expect(head).to.include(`Content-Length: ${Buffer.byteLength(body)}`);
  });
});

describe('routeUpgrades', () => {
  let server: Server;
  let taken: { url: string | undefined; head: string }[];
  let clients: Socket[];

  beforeEach(async () => {
    taken = [];
    clients = [];
    server = createServer();
    const take = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      taken.push({ url: request.url, head: head.toString() });
      socket.end('taken');
    };
    routeUpgrades(server, { paths: new Map([['/ws', take]]), leave: '/socket.io/', refuseOthers: true, locale: 'en' });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });

  afterEach(() => {
    for (const client of clients) client.destroy();
    server.close();
  });

  /** Asks for an upgrade of a target. The peer keeps its side open after the server has ended its own. */
  function ask(target: string, rest = ''): Socket {
    const { port } = server.address() as AddressInfo;
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    client.on('error', () => {});
    client.write(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${rest}`);
    clients.push(client);
    return client;
  }

  for (const target of ['/ws', '/ws?', '/ws?username=Ana&room=/socket.io/', '/ws??', '/ws?%', 'http://a/ws?x']) {
    it(`gives ${target} to whoever takes its path`, async () => {
      expect(await textOf(ask(target))).to.equal('taken');
      expect(taken).to.deep.equal([{ url: target, head: '' }]);
    });
  }

  it('passes on what came with the handshake', async () => {
    await textOf(ask('/ws', 'early bytes'));
    expect(taken[0]!.head).to.equal('early bytes');
  });

  const others = [
    '/',
    '/ws/',
    '/WS',
    '/ws/test',
    '//ws',
    '/wss',
    '/%77s',
    '/x?/ws',
    '/socket.io',
    '/x/socket.io/',
    '*',
  ];
  for (const target of [...others, 'http://[', '/%', '/ws#a']) {
    it(`answers ${target} with 404, and nobody takes it`, async () => {
      const answer = await textOf(ask(target));
      expect(answer).to.match(/^HTTP\/1.1 404 Not Found\r\n/);
      expect(answer.endsWith(NOT_FOUND)).to.equal(true);
      expect(taken).to.deep.equal([]);
    });
  }

  for (const target of ['/socket.io/', '/socket.io/?EIO=4&transport=websocket']) {
    it(`leaves ${target} to whoever else listens`, async () => {
      server.on('upgrade', (_request, socket) => socket.end('somebody else'));
      expect(await textOf(ask(target))).to.equal('somebody else');
      expect(taken).to.deep.equal([]);
    });
  }

  it('lives on when a peer resets while nobody listens to its socket', async () => {
    const upgrading = once(server, 'upgrade');
    const client = ask('/socket.io/');
    const [, socket] = (await upgrading) as [IncomingMessage, Socket];
    const closed = closeOf(socket);
    socket.resume();
    client.resetAndDestroy();
    await closed;
    expect(await textOf(ask('/ws'))).to.equal('taken');
  });

  it('lets go of a refused peer that never ends its own side', async () => {
    const upgrading = once(server, 'upgrade');
    const client = ask('/nowhere');
    const [, socket] = (await upgrading) as [IncomingMessage, Socket];
    const closed = closeOf(socket);
    await textOf(client);
    await closed;
    expect(client.writable).to.equal(true);
  });
});
