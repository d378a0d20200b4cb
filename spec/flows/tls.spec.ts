import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { expect } from 'chai';
import { send } from '../../src/command/send.ts';
import { ConfigError, createServer, type Options, type Server } from '../../src/index.ts';
import { type Client, type Options as ClientOptions, closeAll, connect } from '../support/client.ts';
import { newFolder, removeFolders } from '../support/folder.ts';
import { request } from '../support/http.ts';
import { EXPIRED, FIRST, LOCKED, SECOND } from '../support/key-pairs.ts';
import { LogLines } from '../support/log-lines.ts';
import { unique } from '../support/messages.ts';
import { Command } from '../support/process.ts';
import { Tcp } from '../support/tcp.ts';

interface Pair {
  cert: string;
  key: string;
}

describe('TLS', () => {
  const servers: Server[] = [];
  let folder: string;
  let lines: LogLines;

  beforeEach(() => {
    folder = newFolder();
    lines = new LogLines();
  });
  afterEach(async () => {
    await closeAll();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  after(removeFolders);

  const files = (place = folder) => ({ tlsCert: join(place, 'tls.crt'), tlsKey: join(place, 'tls.key') });

  const put = ({ cert, key }: Pair, place = folder) => {
    writeFileSync(join(place, 'tls.crt'), cert);
    writeFileSync(join(place, 'tls.key'), key);
  };

  /** As careful programs replace a file. */
  const swap = (pair: Pair) => {
    const next = join(folder, 'next');
    mkdirSync(next);
    put(pair, next);
    for (const name of readdirSync(next)) renameSync(join(next, name), join(folder, name));
    rmSync(next, { recursive: true });
  };

  const build = (settings: Options = {}) => {
    const server = createServer({ port: 0, host: '127.0.0.1', logger: lines.logger, ...files(), ...settings });
    servers.push(server);
    return server;
  };

  const start = async (settings?: Options) => {
    const server = build(settings);
    await server.start();
    return server;
  };

  const enter = (door: Client['door'], server: Server, options: ClientOptions = {}) =>
    connect(door, server.url, { ca: FIRST.cert, ...options });

  // --- both doors ---

  it('serves https and wss on the port, to every client, in the same rooms', async () => {
    put(FIRST);
    const server = await start();
    expect(server.url).to.match(/^https:\/\/127\.0\.0\.1:\d+$/);
    const metrics = await request(`${server.url}/metrics`, { ca: FIRST.cert });
    expect(metrics.body).to.match(/^ambos_certificate_seconds_left [1-9]\d+$/m);
    const clients = [
      await enter('ws', server),
      await enter('ws', server, { query: { username: 'Zip' }, compression: true }),
      await enter('socketio', server),
      await enter('socketio', server, { transports: ['polling', 'websocket'] }),
      await enter('socketio', server, { transports: ['polling'] }),
      // Where Node has a WebSocket of its own version 2 takes that, which can't be told whom to trust.
      await enter('socketio', server, { sdk: 2, transports: ['WebSocket' in globalThis ? 'polling' : 'websocket'] }),
    ];
    for (const speaker of clients) {
      const content = unique('tls');
      expect(await speaker.request({ type: 'chat', content })).to.include({ ok: true });
      for (const client of clients) await client.next({ type: 'chat', content });
    }
    expect(await request(`${server.url}/healthz`, { ca: FIRST.cert })).to.include({ status: 200 });
  });

  it('lets one that reads slowly read on, and loses nothing', async () => {
    put(FIRST);
    const server = await start({ sendBuffer: '64KiB', rateBurst: 2000 });
    const [slow, quick] = [await enter('ws', server), await enter('socketio', server)];
    slow.pause();
    const words = Array.from({ length: 300 }, (_, i) => `${i} `.padEnd(40_000, 'x'));
    for (const content of words) quick.send({ type: 'chat', content });
    await quick.collect('chat', words.length, 5000);
    slow.resume();
    const heard = await slow.collect('chat', words.length, 5000);
    expect(heard.map(({ content }) => content)).to.deep.equal(words);
  });

  it('sees who lives by what comes through, and closes who is silent', async () => {
    put(FIRST);
    const server = await start({ pingInterval: 50, pingTimeout: 300 });
    const alive = await enter('ws', server);
    const silent = await connect('ws', server.url, { ca: FIRST.cert, autoPong: false });
    expect(await silent.closed).to.deep.equal({ code: 4012, reason: 'no_heartbeat' });
    await alive.barrier();
  });

  it('speaks TLS 1.2 and 1.3, and nothing older', async () => {
    put(FIRST);
    const { url } = await start();
    const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
    const spoken = await Promise.all(versions.map((version) => agreed(url, version)));
    expect(spoken).to.deep.equal([undefined, undefined, 'TLSv1.2', 'TLSv1.3']);
  });

  // --- what is no TLS ---

  it('ends a plain request, without a word to it or to the log', async () => {
    put(FIRST);
    const server = await start();
    const before = [...lines.texts];
    const plain = new Tcp(server.url.replace('https', 'http'), { halfOpen: true });
    plain.socket.write('GET /healthz?token=x HTTP/1.1\r\nHost: a\r\n\r\n');
    let fault: Error | undefined;
    plain.socket.on('error', (error) => {
      fault = error;
    });
    plain.socket.on('end', () => plain.socket.end());
    await plain.closed;
    expect([plain.answer, fault]).to.deep.equal(['', undefined]);
    expect(lines.texts).to.deep.equal(before);
    await (await enter('ws', server)).barrier();
  });

  it('threat 24: outlives peers that reset, or talk nonsense, in the midst of the TLS handshake', async () => {
    put(FIRST);
    const server = await start();
    const before = [...lines.texts];
    const hello = await clientHello(server.url);
    for (let i = 0; i < 100; i += 1) {
      const peer = new Tcp(server.url.replace('https', 'http'));
      peer.socket.write(i % 2 ? hello.subarray(0, i) : hello);
      if (i % 3 === 0) peer.socket.write(Buffer.alloc(100, i));
      peer.socket.once('connect', () => peer.close(true));
      await peer.closed;
    }
    await (await enter('ws', server)).close();
    expect(lines.texts.filter((text) => !text.startsWith('Cliente'))).to.deep.equal(before);
  });

  it('threat 23: cuts who does not end the TLS handshake in time', async () => {
    put(FIRST);
    const server = await start({ handshakeTimeout: 100 });
    const hello = await clientHello(server.url);
    const peers = [0, 50].map((bytes) => {
      const peer = new Tcp(server.url.replace('https', 'http'));
      peer.socket.write(hello.subarray(0, bytes));
      return peer;
    });
    await Promise.all(peers.map(({ closed }) => closed));
  });

  it('is not held up by them when it stops', async () => {
    put(FIRST);
    const server = await start({ handshakeTimeout: '1h' });
    const peer = new Tcp(server.url.replace('https', 'http'));
    await new Promise<void>((resolve) => peer.socket.once('connect', () => resolve()));
    await server.close();
    await peer.closed;
  });

  // --- renewal ---

  describe('takes a renewed certificate up while it runs', () => {
    const placed = () => {
      put(FIRST);
      return folder;
    };
    const ways: Record<string, { first(): string; renew(): void }> = {
      'written over': { first: placed, renew: () => put(SECOND) },
      'renamed over': { first: placed, renew: () => swap(SECOND) },
      'linked anew (certbot)': {
        first: () => {
          versioned('archive', FIRST, 1);
          mkdirSync(join(folder, 'live'));
          for (const name of NAMES) symlinkSync(`../archive/1.${name}`, join(folder, 'live', name));
          return join(folder, 'live');
        },
        renew: () => {
          versioned('archive', SECOND, 2);
          for (const name of NAMES) relink(`../archive/2.${name}`, join(folder, 'live', name));
        },
      },
      'behind a link that is turned (Kubernetes)': {
        first: () => {
          mkdirSync(join(folder, '..1'));
          put(FIRST, join(folder, '..1'));
          symlinkSync('..1', join(folder, '..data'));
          for (const name of NAMES) symlinkSync(`..data/${name}`, join(folder, name));
          return folder;
        },
        renew: () => {
          mkdirSync(join(folder, '..2'));
          put(SECOND, join(folder, '..2'));
          relink('..2', join(folder, '..data'));
          rmSync(join(folder, '..1'), { recursive: true });
        },
      },
      'in a folder that is itself a link': {
        first: () => {
          for (const [name, pair] of [
            ['v1', FIRST],
            ['v2', SECOND],
          ] as const) {
            mkdirSync(join(folder, name));
            put(pair, join(folder, name));
          }
          symlinkSync('v1', join(folder, 'now'));
          return join(folder, 'now');
        },
        renew: () => relink('v2', join(folder, 'now')),
      },
    };

    for (const [how, { first, renew }] of Object.entries(ways)) {
      it(`${how}: for those who come; those who are there stay`, async () => {
        const server = await start(files(first()));
        const clients = [await enter('ws', server), await enter('socketio', server)];
        expect(await servedBy(server.url)).to.equal('first');
        renew();
        await lines.next('A new TLS certificate is in use');
        expect(await servedBy(server.url)).to.equal('second');
        const newcomer = await enter('ws', server, { ca: SECOND.cert });
        await newcomer.request({ type: 'chat', content: 'renewed' });
        for (const client of clients) await client.next({ content: 'renewed' });
        expect(lines.texts.filter((text) => text.includes('stays'))).to.deep.equal([]);
      });
    }

    const versioned = (name: string, pair: Pair, version: number) => {
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, `${version}.tls.crt`), pair.cert);
      writeFileSync(join(folder, name, `${version}.tls.key`), pair.key);
    };
  });

  it('keeps the old one where the new one is bad, and says so once, until it is good', async () => {
    put(FIRST);
    const server = await start();
    writeFileSync(files().tlsCert, SECOND.cert);
    const said = await lines.next('The TLS certificate stays as it was: ');
    expect(said).to.include(`The TLS key ${files().tlsKey} does not belong to the certificate`);
    expect(await servedBy(server.url)).to.equal('first');
    writeFileSync(files().tlsKey, SECOND.key);
    await lines.next('A new TLS certificate is in use');
    expect(await servedBy(server.url)).to.equal('second');
    expect(lines.texts.filter((text) => text.includes('stays as it was'))).to.deep.equal([said]);
  });

  // --- the start ---

  describe('at the start', () => {
    const cases: [what: string, pair: Partial<Pair>, words: (crt: string, key: string) => string][] = [
      [
        'no certificate',
        { key: FIRST.key },
        (crt) => `The TLS certificate ${crt} can't be read: there is no such file`,
      ],
      ['no key', { cert: FIRST.cert }, (_, key) => `The TLS key ${key} can't be read: there is no such file`],
      [
        'a key of another',
        { ...FIRST, key: SECOND.key },
        (crt, key) => `The TLS key ${key} does not belong to the certificate ${crt}`,
      ],
      ['a locked key', LOCKED, (_, key) => `The TLS key ${key} is locked: set TLS_PASSPHRASE`],
    ];
    for (const [what, pair, words] of cases) {
      it(`says ${what} in one line, and listens nowhere`, async () => {
        const { tlsCert, tlsKey } = files();
        if (pair.cert) writeFileSync(tlsCert, pair.cert);
        if (pair.key) writeFileSync(tlsKey, pair.key);
        const server = build();
        const fault = await server.start().then(
          () => 'none',
          (error: Error) => error.message,
        );
        expect(fault).to.equal(words(tlsCert, tlsKey));
        expect(() => server.url).to.throw();
      });
    }

    it('of the command: one line on the standard error, and 1', async () => {
      const { tlsCert } = files();
      const command = new Command([], { TLS_CERT: tlsCert, TLS_KEY: files().tlsKey });
      expect(await command.exit()).to.equal(1);
      expect(command.stderr).to.equal(`The TLS certificate ${tlsCert} can't be read: there is no such file\n`);
      expect(command.stdout).to.equal('');
    });

    it('opens a locked key, and tells a wrong passphrase without it', async () => {
      put(LOCKED);
      const server = await start({ tlsPassphrase: LOCKED.passphrase });
      expect(await servedBy(server.url)).to.equal('first');
      const fault = await build({ tlsPassphrase: 'wrong-horse' })
        .start()
        .catch((error: Error) => error.message);
      expect(fault).to.equal(`The TLS key ${files().tlsKey} can't be opened: is TLS_PASSPHRASE the right one?`);
    });

    it('takes an expired certificate, and says so', async () => {
      put(EXPIRED);
      const server = await start();
      expect(lines.texts).to.include(
        `The TLS certificate ${files().tlsCert} has expired, and clients refuse it: renew it`,
      );
      expect(await servedBy(server.url)).to.equal('expired');
    });

    it('takes no half of the settings, and none beside a server of the application', () => {
      const half = () => createServer({ tlsCert: 'a' });
      expect(half).to.throw(ConfigError, 'TLS_CERT, TLS_KEY: each needs the other');
      const http = createHttpServer();
      expect(() => createServer({ http, tlsCert: 'a', tlsKey: 'b' })).to.throw(ConfigError, 'not ours');
    });
  });

  it('joins an https server of the application', async () => {
    const http = createHttpsServer(FIRST);
    const server = build({ http, tlsCert: '', tlsKey: '', host: '127.0.0.1' });
    await server.start();
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    expect(server.url).to.match(/^https:/);
    const [ana, bo] = [await enter('ws', server), await enter('socketio', server)];
    await ana.request({ type: 'chat', content: 'host' });
    await bo.next({ content: 'host' });
    await closeAll();
    await server.close();
    await new Promise((resolve) => http.close(resolve));
  });

  it('lets the command in where the certificate is trusted, or need not be', async () => {
    put(FIRST);
    const server = await start();
    const ana = await enter('socketio', server);
    await send(server.url, 'trusting', { insecure: true });
    await ana.next({ content: 'trusting' });
    const fault = await send(`${server.url}/ws?token=hush`, 'x', {}).catch((error: Error) => error.message);
    expect(fault).to.include('is not trusted').and.include('NODE_EXTRA_CA_CERTS').and.include('--insecure');
    expect(fault).not.to.include('hush');
  });
});

const NAMES = ['tls.crt', 'tls.key'];

function relink(target: string, link: string): void {
  symlinkSync(target, `${link}.next`);
  renameSync(`${link}.next`, link);
}

/** Whose certificate a newcomer is shown. */
async function servedBy(url: string): Promise<string> {
  const socket = await handshake(url, {});
  const [, name = ''] = /CN=(\w+)\.ambos\.test/.exec(socket.getPeerX509Certificate()?.subject ?? '') ?? [];
  socket.destroy();
  return name;
}

/** The version that is spoken with one who speaks that one alone. */
async function agreed(url: string, version: tls.SecureVersion): Promise<string | null | undefined> {
  const only = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
  const socket = await handshake(url, only).catch(() => undefined);
  const spoken = socket?.getProtocol();
  socket?.destroy();
  return spoken;
}

function handshake(url: string, options: tls.ConnectionOptions): Promise<tls.TLSSocket> {
  const { hostname: host, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host, port: Number(port), rejectUnauthorized: false, ...options });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** What a client says first. */
function clientHello(url: string): Promise<Buffer> {
  const { hostname: host } = new URL(url);
  return new Promise((resolve) => {
    const wire = new Duplex({
      read() {},
      write(chunk: Buffer) {
        resolve(chunk);
        setImmediate(() => socket.destroy());
      },
    });
    const socket = tls.connect({ socket: wire, host, rejectUnauthorized: false });
    socket.on('error', () => {});
  });
}
