import { inspect } from 'node:util';
import { expect } from 'chai';
import { showConfig } from '../../src/command/show-config.ts';
import { ConfigError, createConfig } from '../../src/config.ts';
import { createServer, type Logger, type Server } from '../../src/index.ts';
import { createLogger } from '../../src/logger.ts';
import { closeAll, connect, DOORS, type Door, type Options, Refused } from '../support/client.ts';
import { request, upgrade } from '../support/http.ts';
import { sessionOf } from '../support/returning.ts';
import { Tcp, upgradeRequest } from '../support/tcp.ts';

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
};
const QUERY = `token=${SECRETS.token}&access_token=${SECRETS.accessToken}&session=${SECRETS.session}`;
const HEADERS = {
  authorization: `Bearer ${SECRETS.bearer}`,
  cookie: `sid=${SECRETS.cookie}`,
  'x-api-key': SECRETS.jwt,
};
const PROTOCOLS = ['ambos', `bearer.${SECRETS.protocol}`];

/** What only the inside knows: stacks, paths, the words of libraries and of Node. */
const INTERNAL =
  /\bat .+[:(]\d|node_modules|\.[jt]s:\d+|\/tmp\/|\/src\/|ENOENT|ECONN|ERR_[A-Z]|Unexpected token|not valid JSON|ZodError|\bError:/;

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
    const settings = { port: 0, host: '127.0.0.1', maxConnections: 30, closeTimeout: 100, dataDir: undefined };
    server = createServer({ ...settings, corsOrigins: 'https://a.example', logger: recorder() });
    await server.start();
  });
  afterEach(async () => {
    await closeAll();
    await server.close();
  });

  /** At the most talkative level, once for programs and once for people. */
  function recorder(): Logger {
    const loggers = [false, true].map((plain) => createLogger('debug', plain, (line) => written.push(line)));
    const note = (level: keyof Logger) => (fields: object, text: string) => {
      handed.push(inspect([fields, text], { depth: 20, showHidden: true }));
      for (const logger of loggers) logger[level](fields, text);
    };
    return { info: note('info'), warn: note('warn'), error: note('error') };
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

  it('among the settings are not shown, not even where they are wrong', () => {
    const given = { tlsPassphrase: 'hush', corsOrigins: 'redis://me:hush@host' };
    expect(showConfig(given, {})).not.to.include('hush');
    const wrong = () => createConfig({ tlsPassphrase: ['hush'] as never, port: 'x' });
    expect(wrong).to.throw(ConfigError, 'TLS_PASSPHRASE').with.property('message').that.does.not.include('hush');
  });
});
