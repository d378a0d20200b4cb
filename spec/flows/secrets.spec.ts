import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { showConfig } from '../../src/command/show-config.ts';
import { ConfigError, createConfig } from '../../src/config.ts';
import { createServer, type Logger, type Server, type Options as Settings } from '../../src/index.ts';
import { createLogger } from '../../src/logger.ts';
import { Elsewhere } from '../support/backend.ts';
import { closeAll, connect, DOORS, type Door, type Options, Refused } from '../support/client.ts';
import { type Asked, request, upgrade } from '../support/http.ts';
import { INTERNAL } from '../support/internals.ts';
import { LOCKED } from '../support/key-pairs.ts';
import { sessionOf } from '../support/returning.ts';
import { Tcp, upgradeRequest } from '../support/tcp.ts';
import { bytesOf, inSeconds, tokenOf } from '../support/tokens.ts';

// Where a name stands in it, the failure says which place was not guarded.
const SECRETS = {
  token: 'hush-token-0123456789',
  accessToken: 'hush-access-0123456789',
  bearer: 'hush-bearer-0123456789',
  protocol: 'hush-protocol-0123456789',
  session: 'hush-session-0123456789',
  cookie: 'hush-cookie-0123456789',
  auth: 'hush-auth-0123456789',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodXNoIn0.hush-signature-0123456789',
  jwtSecret: 'hush-jwt-secret-0123456789-0123456789',
  authSecret: 'hush-callback-secret-0123456789-0123456789',
  authUrl: 'hush-callback-key-0123456789',
  apiKey: 'hush-api-key-0123456789',
  wrongKey: 'hush-wrong-key-0123456789',
  passphrase: 'hush-passphrase-0123456789',
};
const QUERY = `token=${SECRETS.token}&access_token=${SECRETS.accessToken}&session=${SECRETS.session}`;
const HEADERS = {
  authorization: `Bearer ${SECRETS.bearer}`,
  cookie: `sid=${SECRETS.cookie}`,
  'x-api-key': SECRETS.jwt,
};
const PROTOCOLS = ['ambos', `bearer.${SECRETS.protocol}`];

describe('secrets', () => {
  let server: Server;
  /** What code handed to the logger, with everything that hangs on it, and what became of it as lines. */
  let handed: string[];
  let written: string[];
  let answers: string[];

  beforeEach(async () => {
    handed = [];
    written = [];
    answers = [];
    server = await start({ corsOrigins: 'https://a.example' });
  });
  afterEach(async () => {
    await closeAll();
    await server.close();
  });

  const start = async (settings: Settings) => {
    const common = { port: 0, host: '127.0.0.1', maxConnections: 30, closeTimeout: 100, logger: recorder() };
    const started = createServer({ ...common, ...settings });
    await started.start();
    return started;
  };

  /** Another one in its place. */
  const restart = async (settings: Settings) => {
    await server.close();
    server = await start(settings);
  };

  /** At the most talkative level, once for programs and once for people. */
  function recorder(): Logger {
    const loggers = [false, true].map((plain) => createLogger('debug', plain, (line) => written.push(line)));
    const note = (level: keyof Logger) => (fields: object, text: string) => {
      handed.push(inspect([fields, text], { depth: 20, showHidden: true }));
      for (const logger of loggers) logger[level](fields, text);
    };
    return { info: note('info'), warn: note('warn'), error: note('error') };
  }

  /** Knocks with a token in every place where one may stand. @returns the codes of the refusals */
  async function knock(token: string): Promise<unknown[]> {
    const bearer = { authorization: `Bearer ${token}` };
    const ways: [Door, Options][] = [
      ['ws', { query: { token } }],
      ['ws', { headers: bearer }],
      ['ws', { protocols: ['ambos', `bearer.${token}`] }],
      ['socketio', { auth: { token } }],
      ['socketio', { query: { token }, transports: ['polling'] }],
      ['socketio', { headers: bearer }],
    ];
    const codes: unknown[] = [];
    for (const [door, options] of ways) {
      const refused = await connect(door as 'ws', server.url, options).then(
        () => expect.fail('it came in'),
        (error: Error & Partial<Refused>) => error,
      );
      answers.push(JSON.stringify([refused.data, refused.headers]), refused.body ?? '', refused.message);
      // By Socket.IO a connection that may be tried again is just closed.
      if (!(refused instanceof Refused)) continue;
      codes.push(refused.code);
    }
    for (const path of ['/ws', '/ws/history']) {
      const inQuery = await request(`${server.url}${path}?token=${token}`);
      const inHeader = await request(server.url + path, { headers: bearer });
      for (const { headers, body } of [inQuery, inHeader]) answers.push(JSON.stringify(headers), body);
    }
    return [...new Set(codes)];
  }

  const arrivalOf = (door: Door): Options =>
    door === 'ws'
      ? { query: QUERY, headers: HEADERS, protocols: PROTOCOLS }
      : { query: QUERY, headers: HEADERS, auth: { token: SECRETS.auth, session: SECRETS.session, username: 'Ana' } };

  function expectKept(): void {
    for (const [place, secret] of Object.entries(SECRETS)) {
      for (const line of [...handed, ...written]) expect(line, place).not.to.include(secret);
    }
    expect([...handed, ...written].join()).not.to.include('hush');
  }

  function expectNothingInternal(): void {
    for (const answer of answers) expect(answer).not.to.match(INTERNAL);
    // What came with the request is not said again either.
    for (const answer of answers) expect(answer).not.to.include('hush');
  }

  const ask = async (path: string, headers: Record<string, string> = HEADERS) => {
    for (const method of ['GET', 'POST']) {
      const answer = await request(server.url + path, { method, headers });
      answers.push(JSON.stringify(answer.headers), answer.body);
    }
    const answer = await upgrade(server.url + path, { ...headers, 'sec-websocket-protocol': PROTOCOLS.join() });
    if (answer.status !== 101) answers.push(JSON.stringify(answer.headers), answer.body);
  };

  for (const door of DOORS) {
    it(`of a client that comes, talks, errs and goes are in no line (${door})`, async () => {
      const ana = await connect(door, server.url, arrivalOf(door));
      for (const type of ['chat', 'nope', 'system', 'join', 'auth', 'ack']) {
        ana.send({ type, content: 'x', room: '/', data: { token: SECRETS.jwt } } as never);
      }
      await ana.barrier();
      answers.push(...ana.messages.filter(({ type }) => type === 'error').map((message) => JSON.stringify(message)));
      expect(answers).to.have.length.above(2);
      ana.drop();
      await ana.closed;
      await (await connect(door, server.url, arrivalOf(door))).close();
      expect(written.join()).to.include('Cliente conectado').and.include('Cliente desconectado');
      expectKept();
      expectNothingInternal();
    });

    it(`that the server gives are in no line, nor what is given back wrongly (${door})`, async () => {
      const ana = await connect(door, server.url, { userId: 'ana', session: '' });
      const session = sessionOf(ana)!;
      ana.drop();
      await (await connect(door, server.url, { userId: 'ana', session, lastId: ana.welcome.id })).close();
      await (await connect(door, server.url, { userId: 'eve', session })).close();
      expect([...handed, ...written].join()).not.to.include(session);
      expect(session).to.match(/^[\w-]{22,}$/);
    });

    it(`of a client that is refused are in no line, and the refusal tells nothing (${door})`, async () => {
      for (const wrong of [{ username: 'system' }, { userId: 'a b' }, { rooms: ['a\nb'] }] as Options[]) {
        await refusedWith({
          ...arrivalOf(door),
          ...(door === 'ws' ? {} : { auth: { ...arrivalOf(door).auth, ...wrong } }),
          ...wrong,
        });
      }
      await refusedWith({ ...arrivalOf(door), headers: { ...HEADERS, origin: 'https://evil.example' } });
      expectKept();
      expectNothingInternal();

      async function refusedWith(options: Options): Promise<void> {
        const error = await connect(door, server.url, options).catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(Refused);
        answers.push(JSON.stringify(error), (error as Refused).body ?? '');
      }
    });
  }

  it('of requests for any address, right and wrong, are in no line and in no answer', async () => {
    const paths = [
      '/ws',
      '/ws/',
      '/ws/test',
      '/ws/stats',
      '/ws/history',
      '/nope',
      '/%',
      '/%00',
      '/healthz',
      '/metrics',
    ];
    for (const path of paths) await ask(`${path}?${QUERY}&room=%00&limit=x`);
    for (const path of [
      '/ws?username=system&',
      '/ws/history?before=x&',
      '/socket.io/?EIO=4&transport=polling&sid=none&',
    ]) {
      await ask(path + QUERY);
    }
    for (const transport of ['none', 'websocket', '__proto__'])
      await ask(`/socket.io/?EIO=4&transport=${transport}&${QUERY}`);
    expectKept();
    expectNothingInternal();
  });

  it('of requests that no library would send are in no line and in no answer', async () => {
    const targets = [`//?${QUERY}`, `http://[?${QUERY}`, `/ws?${QUERY}%`, `*?${QUERY}`, `/socket.io/?${QUERY}&EIO=4`];
    const wrong = { 'Sec-WebSocket-Key': SECRETS.token, Authorization: HEADERS.authorization };
    const texts = [
      ...targets.map((target) => upgradeRequest(target, wrong)),
      `GET /ws?${QUERY} HTTP/1.1\r\nHost: a\r\nAuthorization Bearer ${SECRETS.bearer}\r\n\r\n`,
      `GET /ws?${QUERY} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${SECRETS.bearer.padEnd(20_000, 'x')}\r\n\r\n`,
      `${SECRETS.token}\r\n\r\n`,
    ];
    for (const text of texts) {
      const tcp = new Tcp(server.url);
      tcp.socket.write(text);
      answers.push(String(await tcp.status()), tcp.answer, tcp.body);
      tcp.close();
    }
    expectKept();
    expectNothingInternal();
  });

  it('in frames and packets that break the protocol are in no line and in no reason of a close', async () => {
    const frames = [
      { opcode: 1, payload: `{"token":"${SECRETS.token}"`, reserved: 0x40 },
      { opcode: 2, payload: SECRETS.token },
      { opcode: 1, payload: SECRETS.token, masked: false },
      { opcode: 8, payload: Buffer.from(`\x03\xe8${SECRETS.token}`, 'latin1') },
      { opcode: 1, payload: `42["chat",{"token":"${SECRETS.token}"` },
      { opcode: 1, payload: `451-["chat",{"_placeholder":true,"num":"${SECRETS.token}"}]` },
    ];
    for (const target of [`/ws?${QUERY}`, `/socket.io/?EIO=4&transport=websocket&${QUERY}`]) {
      for (const frame of frames) {
        const tcp = await Tcp.open(server.url, '', target);
        tcp.send(`{"type":"chat","token":"${SECRETS.token}"`);
        tcp.send(`40{"token":"${SECRETS.auth}"}`);
        tcp.write(frame);
        tcp.write({ opcode: 8, payload: Buffer.from([3, 232]) });
        await tcp.closed;
        // A close is echoed (RFC 6455 5.5.1), and no page of anybody else's sees it.
        const own = tcp.frames.filter(({ opcode }) => opcode !== 8 || frame.opcode !== 8);
        answers.push(...own.map(({ payload }) => payload.toString()));
      }
    }
    expectKept();
    expectNothingInternal();
  });

  it('that hang on an error of the application’s are cut out of its line, which is all that tells of it', async () => {
    server.hub.on('connect', () => {
      const wrong = new Error(`GET /ws?${QUERY} failed with Authorization: Bearer ${SECRETS.bearer}`);
      throw Object.assign(wrong, { request: { headers: HEADERS, body: 'hush-body' }, payload: SECRETS.jwt });
    });
    const ana = await connect('ws', server.url);
    await ana.barrier();
    answers.push(...ana.texts);
    expect(written.filter((line) => line.includes('a listener of the application failed'))).to.have.length(2);
    expect(written.join()).not.to.include('hush');
    expectNothingInternal();
  });

  it('of tokens that are signed wrongly are in no line and in no answer, nor is what they are signed with', async () => {
    const { jwtSecret } = SECRETS;
    await restart({ jwtSecret });
    const key = bytesOf(jwtSecret);
    const claims = { username: 'hush-name', ambos: 'hush-claim' };
    const good = await tokenOf('hush-user', {}, { key });
    const wrong = [
      SECRETS.token,
      jwtSecret,
      SECRETS.jwt,
      `${good}x`,
      good.slice(0, -5),
      await tokenOf('hush-user', {}),
      await tokenOf('hush-user', { exp: inSeconds(-5) }, { key }),
      // Signed as it should be, and of no use: that is told to the operator.
      await tokenOf('hush-user', claims, { key }),
    ];
    for (const token of wrong) expect(await knock(token)).to.deep.equal(['unauthorized']);
    const token = await tokenOf('ana', {}, { key });
    for (const door of DOORS) {
      const ana = await connect(door, server.url, door === 'ws' ? { query: { token } } : { auth: { token } });
      for (const bad of wrong) ana.send({ type: 'auth', token: bad });
      answers.push(...(await ana.collect('error', wrong.length)).map((message) => JSON.stringify(message)));
    }
    expect(written.join()).to.include('An identity that is believed is unusable');
    expect([...handed, ...written].join()).not.to.include(token);
    expectKept();
    expectNothingInternal();
  });

  it('that a backend is asked with, and what it says in its trouble, are in no line and in no answer', async () => {
    const { authSecret, token } = SECRETS;
    const backend = await Elsewhere.start(() => ({ status: 500, body: `hush: no user for ${token}` }));
    const authUrl = `${backend.url}?key=${SECRETS.authUrl}`;
    const told: string[] = [];
    const replies: Elsewhere['reply'][] = [
      backend.reply,
      () => ({ body: `hush ${token}, which is no JSON` }),
      () => ({ body: { name: `hush ${token}` } }),
      () => ({ status: 302, headers: { location: `http://127.0.0.1:1/?token=${token}` } }),
      () => ({ body: 'hush'.repeat(50_000) }),
      () => new Promise(() => {}),
    ];
    for (const reply of replies) {
      await restart({ authUrl, authSecret, authTimeout: 50 });
      backend.reply = reply;
      told.push(String((await knock(token))[0]));
    }
    await restart({ authUrl, authSecret });
    await backend.close();
    told.push(String((await knock(token))[0]));
    const unavailable = 'unavailable';
    expect(told).to.deep.equal(told.map((_, index) => (index === 2 ? 'unauthorized' : unavailable)));
    expect(written.filter((line) => line.includes('AUTH_URL gives no answer'))).to.have.length.above(10);
    expectKept();
    expectNothingInternal();
  });

  it('that an authenticator of the application’s throws are cut out of its line, and in no answer', async () => {
    const words = (token = '') => [
      `no user for ${token}`,
      `GET /me?token=${token} failed`,
      `Bearer ${token} is unknown`,
    ];
    for (const index of words().keys()) {
      await restart({
        authenticate: ({ token }) => {
          throw new Error(words(token)[index], { cause: new Error(`it was ${token}`) });
        },
      });
      expect(await knock(SECRETS.token)).to.deep.equal(['unauthorized']);
    }
    expect(written.filter((line) => line.includes('authenticate has thrown'))).to.have.length.above(10);
    expectKept();
    expectNothingInternal();
  });

  it('of backends are in no line and in no answer, neither the right key nor those that are guessed', async () => {
    await restart({ apiKeys: SECRETS.apiKey });
    const right = { authorization: `Bearer ${SECRETS.apiKey}`, 'content-type': 'application/json' };
    const calls: [string, Asked][] = [
      ['/api/users', { headers: right }],
      ['/api/messages', { method: 'POST', headers: right, body: `{"content":"${SECRETS.token}"` }],
      ['/api/messages', { method: 'POST', headers: right, body: `{"type":"${SECRETS.token}"}` }],
      [`/api/users/${SECRETS.session}/none?key=${SECRETS.apiKey}`, { headers: right }],
      ['/api/rooms', { headers: { authorization: `Basic ${SECRETS.apiKey}` } }],
      [`/api/rooms?key=${SECRETS.apiKey}`, {}],
    ];
    const wrong = { headers: { authorization: `Bearer ${SECRETS.wrongKey}` } };
    for (let guess = 0; guess <= 10; guess += 1) calls.push(['/api/rooms', wrong]);
    for (const [path, asked] of calls) {
      const { headers, body } = await request(server.url + path, asked);
      answers.push(JSON.stringify(headers), body);
    }
    answers.push((await request(`${server.url}/metrics`)).body);
    expect(written.join()).to.include('Too many wrong API keys');
    expectKept();
    expectNothingInternal();
  });

  it('that open the key of a certificate are in no line and in no error', async () => {
    const folder = join(import.meta.dirname, '../fixtures/tls');
    const files = { tlsCert: join(folder, 'first.crt'), tlsKey: join(folder, 'locked.key') };
    await restart({ ...files, tlsPassphrase: LOCKED.passphrase });
    const wrong = await start({ ...files, tlsPassphrase: SECRETS.passphrase }).catch((error: Error) => error);
    const shown = inspect(wrong, { depth: 20, showHidden: true });
    expect(shown).to.include('is TLS_PASSPHRASE the right one?').and.not.to.include('hush');
    expect([...handed, ...written].join()).not.to.include(LOCKED.passphrase);
    expectKept();
  });

  it('among the settings are not shown, not even where they are wrong', () => {
    const { jwtSecret, authSecret, passphrase, apiKey } = SECRETS;
    const secrets = { jwtSecret, authSecret, tlsPassphrase: passphrase, apiKeys: `${apiKey},${SECRETS.wrongKey}` };
    const given = { ...secrets, authUrl: 'http://me:hush@host/?key=hush', corsOrigins: 'redis://me:hush@host' };
    expect(showConfig(given, {})).not.to.include('hush');
    const short = { jwtSecret: 'hush', authUrl: 'http://a', authSecret: 'hush', apiKeys: 'hush' };
    for (const [key, value] of Object.entries(short)) {
      const { message } = problemOf(() => createServer({ ...short, apiKeys: '', [key]: value }));
      expect(message)
        .to.match(/^Configuration:/)
        .and.not.to.include('hush');
    }
    const wrong = () => createConfig({ tlsPassphrase: ['hush'] as never, port: 'x' });
    expect(wrong).to.throw(ConfigError, 'TLS_PASSPHRASE').with.property('message').that.does.not.include('hush');
  });
});

function problemOf(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was wrong');
}
