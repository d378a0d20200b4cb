import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readCommandLine } from '../src/command/command-line.ts';
import { helpText } from '../src/command/help.ts';
import { type Config, ConfigError, createConfig, type Settings } from '../src/config.ts';

const show = (value: unknown) => JSON.stringify(value) ?? String(value);

/** What the settings of a command line and an environment come to. */
const configOf = (args: string[], environment: NodeJS.ProcessEnv = {}): Config =>
  createConfig(readCommandLine(args, environment).settings);

function problemsOf(attempt: () => unknown): string {
  let result: unknown;
  try {
    result = attempt();
  } catch (error) {
    expect(error).to.be.an.instanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error(`nothing was wrong: ${show(result)}`);
}

const DEFAULTS: Config = {
  port: 3000,
  host: '',
  tlsCert: '',
  tlsKey: '',
  tlsPassphrase: '',
  locale: 'es',
  corsOrigins: ['*'],
  trustProxy: 0,
  namespace: '/',
  types: [],
  auth: 'auto',
  jwtSecret: '',
  jwtPublicKey: '',
  jwtJwksUrl: '',
  jwtAlgorithms: [],
  jwtIssuer: [],
  jwtAudience: [],
  jwtTolerance: 0,
  jwtJwksCache: 600_000,
  jwtJwksCooldown: 5000,
  tokenWarning: 60_000,
  maxTokenBytes: 8192,
  authUrl: '',
  authSecret: '',
  authTimeout: 2000,
  authCache: 30_000,
  authCacheSize: 10_000,
  apiKeys: [],
  logLevel: 'info',
  maxMessageBytes: 65_536,
  maxFrameBytes: 1_048_576,
  maxJsonDepth: 16,
  rateLimit: 100,
  rateBurst: 500,
  userRateLimit: 500,
  userRateBurst: 2500,
  maxRooms: 100,
  inboxSize: 256,
  maxConnections: 0,
  maxConnectionsPerIp: 0,
  maxConnectionsPerUser: 0,
  maxHandshakes: 100,
  handshakeQueue: 10_000,
  pingInterval: 25_000,
  pingTimeout: 20_000,
  handshakeTimeout: 10_000,
  closeTimeout: 2000,
  shutdownTimeout: 10_000,
  compression: false,
  sendBuffer: 1_048_576,
  log: 'sqlite',
  redisUrl: '',
  redisPrefix: 'ambos',
  dataDir: '.ambos',
  durability: 'normal',
  logMessages: 10_000,
  logAge: 86_400_000,
  dataBytes: 1_073_741_824,
  logBytes: 67_108_864,
  legacyRecovery: false,
  receiptInterval: 5000,
  presenceWindow: 50,
  presenceGrace: 10_000,
  replayLimit: 1000,
  announceLimit: 5000,
  userListLimit: 1000,
};

const KEYS = Object.keys(DEFAULTS) as (keyof Config)[];
const variableOf = (key: string) => key.replace(/[A-Z]/g, '_$&').toUpperCase();
const flagOf = (key: string) => `--${variableOf(key).toLowerCase().replaceAll('_', '-')}`;

describe('createConfig', () => {
  it('fills in every default', () => {
    expect(createConfig({})).to.deep.equal(DEFAULTS);
  });

  it('takes what is given and leaves the rest', () => {
    const given = { port: 0, locale: 'en' as const, corsOrigins: ['https://a.example'], logAge: 5 };
    expect(createConfig(given)).to.deep.equal({ ...DEFAULTS, ...given });
  });

  it('takes undefined for not given', () => {
    expect(createConfig({ port: undefined, locale: undefined })).to.deep.equal(DEFAULTS);
  });

  describe('durations are milliseconds, or a number with a unit', () => {
    const cases: [raw: string | number, ms: number][] = [
      [1, 1],
      ['1', 1],
      ['500', 500],
      ['500ms', 500],
      ['25s', 25_000],
      ['10m', 600_000],
      ['24h', 86_400_000],
      ['1.5s', 1500],
      ['0.25h', 900_000],
      [' 5 S ', 5000],
      ['5 s', 5000],
      ['2H', 7_200_000],
    ];
    for (const [raw, ms] of cases) {
      it(`${show(raw)} is ${ms}`, () => expect(createConfig({ pingInterval: raw }).pingInterval).to.equal(ms));
    }
    for (const raw of [
      '',
      ' ',
      '0',
      0,
      '0s',
      '0.5',
      '-1',
      -1,
      '5w',
      '25d',
      '5 s s',
      's',
      '1,5s',
      '1e3',
      '0x10',
      'soon',
      Number.NaN,
    ]) {
      it(`${show(raw)} is none`, () => {
        expect(problemsOf(() => createConfig({ pingInterval: raw }))).to.include('PING_INTERVAL (--ping-interval)');
      });
    }
  });

  describe('sizes are bytes, or a number with a unit', () => {
    const cases: [raw: string | number, bytes: number][] = [
      [1, 1],
      ['65536', 65_536],
      ['64KiB', 65_536],
      ['64 kib', 65_536],
      ['1MiB', 1_048_576],
      ['0.5MiB', 524_288],
      ['2GiB', 2_147_483_648],
    ];
    for (const [raw, bytes] of cases) {
      it(`${show(raw)} is ${bytes}`, () => expect(createConfig({ sendBuffer: raw }).sendBuffer).to.equal(bytes));
    }
    for (const raw of ['', '0', 0, '-5', '1KB', '1MB', '1k', '1B', 'MiB', '1 TiB', '1e6', Number.POSITIVE_INFINITY]) {
      it(`${show(raw)} is none`, () => {
        expect(problemsOf(() => createConfig({ sendBuffer: raw }))).to.include('SEND_BUFFER (--send-buffer)');
      });
    }
  });

  describe('counts are whole numbers within bounds', () => {
    const bounds: [key: keyof Settings, min: number, max?: number][] = [
      ['port', 0, 65_535],
      ['maxJsonDepth', 1, 1000],
      ['rateLimit', 1],
      ['rateBurst', 1],
      ['maxRooms', 0],
      ['inboxSize', 1],
      ['maxConnections', 0],
      ['maxConnectionsPerIp', 0],
      ['maxConnectionsPerUser', 0],
      ['userRateLimit', 0],
      ['maxHandshakes', 1],
      ['handshakeQueue', 0],
      ['logMessages', 1],
      ['announceLimit', 0],
      ['userListLimit', 1],
    ];
    for (const [key, min, max = 1_000_000] of bounds) {
      it(`${key} is at least ${min}${max === 1_000_000 ? '' : ` and at most ${max}`}`, () => {
        for (const value of [min, max, String(min), String(max)]) {
          expect(createConfig({ [key]: value })[key]).to.equal(Number(value));
        }
        const beyond = max === 1_000_000 ? [min - 1] : [min - 1, max + 1];
        for (const value of beyond)
          expect(problemsOf(() => createConfig({ [key]: value }))).to.include(variableOf(key));
      });
    }
    for (const raw of [
      'many',
      '1.5',
      1.5,
      '-1',
      '10s',
      '1,000',
      Number.NaN,
      Number.POSITIVE_INFINITY,
      '9'.repeat(20),
    ]) {
      it(`${show(raw)} is none`, () => {
        expect(problemsOf(() => createConfig({ rateLimit: raw }))).to.include('RATE_LIMIT (--rate-limit)');
      });
    }
  });

  describe('origins are a list', () => {
    const cases: [raw: string | string[], origins: string[]][] = [
      ['*', ['*']],
      ['https://a.example', ['https://a.example']],
      [' https://a.example , http://b.example:8080 ,', ['https://a.example', 'http://b.example:8080']],
      [['https://a.example', ' '], ['https://a.example']],
      [[], []],
      ['', []],
    ];
    for (const [raw, origins] of cases) {
      it(show(raw), () => expect(createConfig({ corsOrigins: raw }).corsOrigins).to.deep.equal(origins));
    }
  });

  describe('trusted proxies are addresses and networks, or so many in a row', () => {
    const cases: [raw: string | string[] | number, trust: number | string[]][] = [
      ['', []],
      ['0', 0],
      ['2', 2],
      [1, 1],
      ['127.0.0.1', ['127.0.0.1']],
      [' 10.0.0.0/8 , fd00::/8,', ['10.0.0.0/8', 'fd00::/8']],
      [['::1'], ['::1']],
    ];
    for (const [raw, trust] of cases) {
      it(show(raw), () => expect(createConfig({ trustProxy: raw }).trustProxy).to.deep.equal(trust));
    }
    for (const raw of [
      'true',
      '*',
      'localhost',
      '10.0.0.0/33',
      '::/129',
      '10.0.0/8',
      '1.2.3.4/',
      '1.2.3.4/8/8',
      '1.5',
    ]) {
      it(`${show(raw)} are none`, () => {
        expect(problemsOf(() => createConfig({ trustProxy: raw }))).to.include('TRUST_PROXY (--trust-proxy): expected');
      });
    }
    for (const raw of [-1, 1.5]) {
      it(`${raw} are none`, () =>
        expect(problemsOf(() => createConfig({ trustProxy: raw }))).to.include('TRUST_PROXY'));
    }
  });

  describe('a namespace is a path', () => {
    for (const namespace of ['/', '/chat', '/chat/v1', '/a-b_c.d']) {
      it(`${namespace} is one`, () => expect(createConfig({ namespace }).namespace).to.equal(namespace));
    }
    for (const namespace of ['', 'chat', '/a,b', '/a b', '/a?b', '/ñ', '/a\n']) {
      it(`${show(namespace)} is none`, () => {
        expect(problemsOf(() => createConfig({ namespace }))).to.include('expected a path such as / or /chat');
      });
    }
  });

  it('says which words are to be chosen from', () => {
    const problems = problemsOf(() => configOf(['--locale', 'fr', '--log-level', 'LOUD']));
    expect(problems).to.include('LOCALE (--locale): expected one of es, en, got "fr"');
    expect(problems).to.include('expected one of debug, info, warn, error, silent, got "LOUD"');
  });

  it('reports every problem in one error, a line each', () => {
    const problems = problemsOf(() =>
      configOf(['--port', '70000', '--ping-interval', 'soon'], { LOCALE: 'fr', SEND_BUFFER: '1MB', MAX_ROOMS: '-1' }),
    );
    expect(problems.split('\n')).to.deep.equal([
      'Configuration:',
      '  PORT (--port): expected at most 65535, got "70000"',
      '  LOCALE (--locale): expected one of es, en, got "fr"',
      '  MAX_ROOMS (--max-rooms): expected a whole number, got "-1"',
      '  PING_INTERVAL (--ping-interval): expected a duration such as 500ms, 25s, 10m, 24h or 7d, at most 24d, got "soon"',
      '  SEND_BUFFER (--send-buffer): expected a size such as 65536, 64KiB or 1MiB, got "1MB"',
    ]);
  });

  it('reports a setting that does not exist, whatever its name', () => {
    for (const name of ['prot', 'PORT', 'max-rooms', 'toString', 'constructor']) {
      const settings: object = { [name]: 1 };
      expect(
        problemsOf(() => createConfig(settings)),
        name,
      ).to.include(`${name}: no such setting`);
    }
  });
});

describe('readCommandLine', () => {
  it('asks for nothing where nothing is given', () => {
    expect(readCommandLine([], {})).to.deep.include({ help: false, version: false });
    expect(configOf([])).to.deep.equal(DEFAULTS);
  });

  const OTHERS: Record<keyof Config, [text: string, value: Config[keyof Config]]> = {
    port: ['8080', 8080],
    host: ['127.0.0.1', '127.0.0.1'],
    tlsCert: ['/etc/ambos/fullchain.pem', '/etc/ambos/fullchain.pem'],
    tlsKey: ['/etc/ambos/privkey.pem', '/etc/ambos/privkey.pem'],
    tlsPassphrase: ['open sesame', 'open sesame'],
    locale: ['en', 'en'],
    corsOrigins: ['https://a.example,https://b.example', ['https://a.example', 'https://b.example']],
    trustProxy: ['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1']],
    namespace: ['/chat', '/chat'],
    types: ['', []],
    auth: ['off', 'off'],
    jwtSecret: ['secret', 'secret'],
    jwtPublicKey: ['/etc/ambos.pem', '/etc/ambos.pem'],
    jwtJwksUrl: ['https://a.example/jwks.json', 'https://a.example/jwks.json'],
    jwtAlgorithms: ['RS256, ES256', ['RS256', 'ES256']],
    jwtIssuer: ['https://a.example/', ['https://a.example/']],
    jwtAudience: ['ambos,chat', ['ambos', 'chat']],
    jwtTolerance: ['5s', 5000],
    jwtJwksCache: ['1h', 3_600_000],
    jwtJwksCooldown: ['0', 0],
    tokenWarning: ['30s', 30_000],
    maxTokenBytes: ['1KiB', 1024],
    authUrl: ['https://a.example/ambos', 'https://a.example/ambos'],
    authSecret: ['other', 'other'],
    authTimeout: ['1s', 1000],
    authCache: ['0', 0],
    authCacheSize: ['7', 7],
    apiKeys: ['key-0123456789ab, key-ba9876543210', ['key-0123456789ab', 'key-ba9876543210']],
    logLevel: ['silent', 'silent'],
    maxMessageBytes: ['1KiB', 1024],
    maxFrameBytes: ['2MiB', 2_097_152],
    maxJsonDepth: ['8', 8],
    rateLimit: ['10', 10],
    rateBurst: ['20', 20],
    userRateLimit: ['0', 0],
    userRateBurst: ['30', 30],
    maxRooms: ['0', 0],
    inboxSize: ['1', 1],
    maxConnections: ['1000', 1000],
    maxConnectionsPerIp: ['10', 10],
    maxConnectionsPerUser: ['5', 5],
    maxHandshakes: ['1', 1],
    handshakeQueue: ['0', 0],
    pingInterval: ['1s', 1000],
    pingTimeout: ['2s', 2000],
    handshakeTimeout: ['3s', 3000],
    closeTimeout: ['4ms', 4],
    shutdownTimeout: ['1m', 60_000],
    compression: ['true', true],
    sendBuffer: ['512KiB', 524_288],
    log: ['memory', 'memory'],
    redisUrl: ['rediss://a:b@redis.example:6380/2', 'rediss://a:b@redis.example:6380/2'],
    redisPrefix: ['b', 'b'],
    dataDir: ['/var/lib/ambos', '/var/lib/ambos'],
    durability: ['full', 'full'],
    logMessages: ['5', 5],
    logAge: ['1h', 3_600_000],
    dataBytes: ['2GiB', 2_147_483_648],
    logBytes: ['1GiB', 1_073_741_824],
    legacyRecovery: ['true', true],
    receiptInterval: ['0', 0],
    presenceWindow: ['0', 0],
    presenceGrace: ['5s', 5000],
    replayLimit: ['7', 7],
    announceLimit: ['0', 0],
    userListLimit: ['2', 2],
  };
  for (const key of KEYS) {
    const [text, value] = OTHERS[key];
    it(`reads ${variableOf(key)}, and ${flagOf(key)} before it`, () => {
      const expected = { ...DEFAULTS, [key]: value, ...(key === 'redisUrl' && { log: 'redis' }) };
      expect(configOf([], { [variableOf(key)]: text })).to.deep.equal(expected);
      expect(configOf([flagOf(key), text])).to.deep.equal(expected);
      expect(configOf([`${flagOf(key)}=${text}`], { [variableOf(key)]: 'nonsense, were it read' })).to.deep.equal(
        expected,
      );
    });

    it(`takes an empty ${variableOf(key)} for an unset one`, () => {
      expect(configOf([], { [variableOf(key)]: '' })).to.deep.equal(DEFAULTS);
    });
  }

  it('lets the last of a repeated flag count', () => {
    expect(configOf(['--port', '1', '--port=2']).port).to.equal(2);
  });

  it('looks at no variable of another name', () => {
    expect(configOf([], { port: '1', AMBOS_PORT: '2', Port: '3', PATH: '/bin' })).to.deep.equal(DEFAULTS);
  });

  for (const [args, help, version] of [
    [['--help'], true, false],
    [['-h'], true, false],
    [['--version'], false, true],
    [['-v'], false, true],
    [['--port', '1', '-hv'], true, true],
  ] as const) {
    it(`understands ${args.join(' ')}`, () => {
      expect(readCommandLine([...args], {})).to.deep.include({ help, version });
    });
  }

  for (const args of [
    ['--prot', '1'],
    ['--maxRooms', '1'],
    ['-p', '1'],
    ['8080'],
    ['--port'],
    ['--help=1'],
    ['--port', '--host'],
  ]) {
    it(`refuses ${args.join(' ')}, and says where help is`, () => {
      const problem = problemsOf(() => readCommandLine(args, {}));
      expect(problem).to.match(/\nTry: ambos --help$/);
      expect(problem).not.to.match(/^\s+at /m);
    });
  }
});

describe('helpText', () => {
  const lines = helpText().split('\n');

  for (const key of KEYS) {
    it(`has ${flagOf(key)} with its variable, its default and its meaning`, () => {
      const row = lines.find((line) => line.trim().startsWith(`${flagOf(key)} `));
      expect(row, 'the row').to.be.a('string');
      const [flag, variable, ...rest] = row!.trim().split(/ {2,}/);
      expect([flag, variable]).to.deep.equal([flagOf(key), variableOf(key)]);
      const shown = rest.length === 1 ? '' : rest[0];
      expect(createConfig({ [key]: shown })[key]).to.deep.equal(DEFAULTS[key]);
      expect(rest.at(-1)!.length).to.be.greaterThan(10);
    });
  }

  it('has no setting that there is not, and the three flags that are none', () => {
    const flags = lines.flatMap((line) => /^ {2}(--[a-z-]+)/.exec(line)?.[1] ?? []);
    expect(flags).to.deep.equal([...KEYS.map(flagOf), '--config', '--help', '--version']);
  });
});

describe('PROTOCOL.md, section 10', () => {
  const protocol = readFileSync(join(import.meta.dirname, '../PROTOCOL.md'), 'utf8');
  const table = protocol.split('## 10 Settings')[1]!.split('## 11')[0]!;
  const rows = [...table.matchAll(/^\| (`[A-Z].*?) +\| (.*?) +\|/gm)].flatMap(([, names, defaults]) => {
    const values = defaults!.split(/, /);
    return [...names!.matchAll(/`(\w+)`/g)].map(([, name], index): [string, string] => [name!, values[index]!]);
  });

  it('has rows', () => expect(rows.length).to.be.greaterThan(20));

  for (const [variable, shown] of rows) {
    it(`says the default of ${variable}: ${shown}`, () => {
      const key = KEYS.find((name) => variableOf(name) === variable);
      expect(key, 'the setting').to.be.a('string');
      const text = shown
        .replace(/[`,]| \(none\)/g, '')
        .replace('any', '*')
        .replace('none', '');
      expect(configOf([], { [variable]: text })).to.deep.equal(DEFAULTS);
    });
  }
});
