import { z } from 'zod';
import { LOG_LEVELS } from './logger.ts';
import { LOCALES } from './protocol/texts.ts';
import {
  age,
  apiKeys,
  count,
  DURATION,
  duration,
  flag,
  folder,
  list,
  namespace,
  oneOf,
  pause,
  redisPrefix,
  redisUrl,
  size,
  trust,
  types,
} from './values.ts';

const setting = <S extends z.ZodType>(schema: S, fallback: z.input<S>, help: string) => ({ schema, fallback, help });
/** A setting that opens doors: no text ever shows its value. */
const secret = (help: string) => ({ ...setting(z.string(), '', help), secret: true });

/**
 * Every setting, its default and its meaning. The key gives the variable (`maxRooms` → `MAX_ROOMS`) and the flag
 * (`--max-rooms`); `--help` is made of this table.
 */
const SETTINGS = {
  port: setting(count(0, 65_535), 3000, 'TCP port; 0 takes any free one'),
  host: setting(z.string(), '', 'address to listen on; empty: all interfaces'),
  tlsCert: setting(
    z.string(),
    '',
    'file of the TLS certificate, with its chain (PEM): the port then speaks https and wss',
  ),
  tlsKey: setting(z.string(), '', 'file of its key (PEM)'),
  tlsPassphrase: secret('what opens the key, where that is locked'),
  locale: setting(oneOf(LOCALES), 'es', 'language of the texts that the server sends'),
  corsOrigins: setting(
    list,
    '*',
    'origins of pages that may connect, separated by commas; same-origin: those of this server; *: any',
  ),
  trustProxy: setting(
    trust,
    0,
    'proxies that are believed: addresses and networks, or how many stand in a row; 0: none',
  ),
  namespace: setting(namespace, '/', 'Socket.IO namespace of the hub'),
  types: setting(types, '', 'own message types as name:class, separated by commas (move:ephemeral,score:state)'),
  auth: setting(
    oneOf(['auto', 'on', 'off']),
    'auto',
    'auto: clients have to show who they are where one of the next settings says how; off: never, also in production',
  ),
  jwtSecret: secret('secret that JSON Web Tokens are signed with (HS256: 32 bytes at least)'),
  jwtPublicKey: setting(z.string(), '', 'public key of who signs them, as PEM or as the path of one'),
  jwtJwksUrl: setting(z.string(), '', 'address of the public keys of who signs them (JWKS)'),
  jwtAlgorithms: setting(list, '', 'algorithms that are accepted, separated by commas; empty: what goes with the key'),
  jwtIssuer: setting(list, '', 'issuers that are accepted (iss), separated by commas; empty: any'),
  jwtAudience: setting(list, '', 'audiences of which a token must name one (aud), separated by commas; empty: any'),
  jwtTolerance: setting(pause, '0', 'time by which clocks may differ, for exp and nbf'),
  jwtJwksCache: setting(duration, '10m', 'time for which keys of JWT_JWKS_URL are not fetched again'),
  jwtJwksCooldown: setting(pause, '5s', 'time after a fetch in which an unknown key is not looked for again'),
  tokenWarning: setting(
    pause,
    '60s',
    'time before its token expires at which a client is warned, at most half of what it has; 0: not at all',
  ),
  maxTokenBytes: setting(size, '8KiB', 'size of a token; larger ones are refused unread'),
  authUrl: setting(z.string(), '', 'address of a backend that is asked who a client is and what it may do'),
  authSecret: secret('secret that questions to AUTH_URL are signed with (32 bytes at least)'),
  authTimeout: setting(duration, '2s', 'time that an answer of AUTH_URL may take'),
  authCache: setting(pause, '30s', 'time for which an answer of AUTH_URL about a permission counts; 0: once'),
  authCacheSize: setting(count(1), 10_000, 'answers of AUTH_URL that are kept'),
  apiKeys: {
    ...setting(apiKeys, '', 'keys of backends that may use /api, separated by commas; without one there is no /api'),
    secret: true,
  },
  logLevel: setting(oneOf(LOG_LEVELS), 'info', 'least important log lines to write'),
  maxMessageBytes: setting(size, '64KiB', 'size of a message; larger ones are refused'),
  maxFrameBytes: setting(size, '1MiB', 'size of a frame or polling body; larger ones end the connection'),
  maxJsonDepth: setting(count(1, 1000), 16, 'levels of nesting in a message'),
  rateLimit: setting(count(1), 100, 'messages per second and connection'),
  rateBurst: setting(count(1), 500, 'messages that a connection may send at once'),
  userRateLimit: setting(count(0), 500, 'messages per second and user, over all its connections; 0: no limit'),
  userRateBurst: setting(count(1), 2500, 'messages that a user may send at once'),
  maxRooms: setting(count(0), 100, 'rooms per connection, the default room not counted'),
  inboxSize: setting(count(1), 256, 'requests of a connection that may wait to be handled'),
  maxConnections: setting(count(0), 0, 'connections in all; 0: no limit'),
  maxConnectionsPerIp: setting(count(0), 0, 'connections from one address, or from one /64 of IPv6; 0: no limit'),
  maxConnectionsPerUser: setting(count(0), 0, 'connections of one user; 0: no limit'),
  maxHandshakes: setting(count(1), 100, 'clients that are asked who they are at once'),
  handshakeQueue: setting(count(0), 10_000, 'clients that may wait for that'),
  pingInterval: setting(duration, '25s', 'silence after which a client is pinged'),
  pingTimeout: setting(duration, '20s', 'further silence after which it is taken for dead'),
  handshakeTimeout: setting(duration, '10s', 'time that a handshake may take'),
  closeTimeout: setting(duration, '2s', 'time that a peer has to answer a close'),
  shutdownTimeout: setting(duration, '10s', 'time that a shutdown may take'),
  compression: setting(flag, false, 'compress messages for clients that can take it; costs memory and time for each'),
  sendBuffer: setting(size, '1MiB', 'bytes waiting for a client above which it reads on from the log'),
  log: setting(
    oneOf(['sqlite', 'memory', 'redis']),
    'sqlite',
    'where messages are kept: in a folder, in memory alone, or in a Redis (the default with REDIS_URL)',
  ),
  redisUrl: {
    ...setting(redisUrl, '', 'address of the Redis that keeps the messages, for one server or several that are as one'),
    secret: true,
  },
  redisPrefix: setting(
    redisPrefix,
    'ambos',
    'what all its keys begin with: one for each deployment that shares a Redis',
  ),
  dataDir: setting(folder, '.ambos', 'folder of the log; one process at a time has it'),
  durability: setting(
    oneOf(['normal', 'full']),
    'normal',
    'what is acknowledged survives the process (normal), or a power cut too (full, slower)',
  ),
  logMessages: setting(count(1), 10_000, 'messages kept per room'),
  logAge: setting(age, '24h', 'time that a message is kept'),
  dataBytes: setting(size, '1GiB', 'size of a log on a disk: above it the oldest messages go'),
  logBytes: setting(size, '64MiB', 'size of a log in memory, in all'),
  legacyRecovery: setting(
    flag,
    false,
    'recover clients that send no lastId too, by what they have confirmed: messages may come twice',
  ),
  receiptInterval: setting(pause, '5s', 'time between two questions to a client how far it has received; 0: never'),
  presenceWindow: setting(pause, '50ms', 'time for which comings and goings are gathered; 0: not at all'),
  presenceGrace: setting(duration, '10s', 'time that one who vanished and may come back counts as present'),
  replayLimit: setting(count(1), 1000, 'missed messages up to which a connection is recovered'),
  announceLimit: setting(count(0), 5000, 'users in a room above which nobody is announced'),
  userListLimit: setting(count(1), 1000, 'rows of a user list'),
} as const;

type Key = keyof typeof SETTINGS;

export const SETTING_KEYS = Object.keys(SETTINGS) as Key[];

/** The configuration, complete and checked. Durations are milliseconds, sizes bytes. */
export type Config = { readonly [K in Key]: z.output<(typeof SETTINGS)[K]['schema']> };

/** What a caller may give: any part of it, as values or as the texts of flags and variables. */
export type Settings = { [K in Key]?: z.input<(typeof SETTINGS)[K]['schema']> | undefined };

/** Defaults that are others where a server faces the world. */
export const PRODUCTION: Settings = { corsOrigins: 'same-origin' };

/** Every problem of a configuration, in one message. */
export class ConfigError extends Error {}

/** Where a value comes from. The first that gives one counts. */
export type Source = 'flag' | 'environment' | 'file' | 'default';
export type Sources = { [K in Key]?: Source };

/**
 * Fills in the defaults and checks everything.
 * @param sources where the values come from, for the messages
 * @throws ConfigError
 */
export function createConfig(settings: Settings, sources: Sources = {}): Config {
  const unknown = Object.keys(settings).filter((key) => !Object.hasOwn(SETTINGS, key));
  const problems = unknown.map((key) => `${key}: no such setting`);
  const config: Record<string, unknown> = {};
  for (const key of SETTING_KEYS) {
    const given = settings[key];
    const parsed = SETTINGS[key].schema.safeParse(given ?? SETTINGS[key].fallback);
    if (parsed.success) config[key] = parsed.data;
    else problems.push(problem(key, parsed.error.issues[0]?.message, given, sources[key]));
  }
  problems.push(...settleLog(config, settings));
  if (problems.length > 0) throw new ConfigError(inLines(problems));
  return config as Config;
}

/** Who gives a Redis wants it used. @returns what contradicts that */
function settleLog(config: Record<string, unknown>, { log, redisUrl }: Settings): string[] {
  if (redisUrl && log === undefined) config['log'] = 'redis';
  if (log === 'redis' && !redisUrl) return ['LOG (--log): redis needs REDIS_URL (--redis-url)'];
  if (redisUrl && (log === 'sqlite' || log === 'memory'))
    return [`REDIS_URL (--redis-url): is given, but LOG (--log) is ${log}: leave one of them out`];
  return [];
}

/** Does a setting say how clients have to show who they are? */
export function authenticates({ jwtSecret, jwtPublicKey, jwtJwksUrl, authUrl }: Config): boolean {
  return [jwtSecret, jwtPublicKey, jwtJwksUrl, authUrl].some((value) => value !== '');
}

/** @throws ConfigError where the text is no duration such as `1h` */
export function readDuration(text: string): number {
  const parsed = age.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new ConfigError(`expected ${DURATION}, got ${JSON.stringify(text)}`);
}

/** Problems as a person reads them, one a line. */
export function inLines(problems: readonly string[]): string {
  return `Configuration:\n${problems.map((line) => `  ${line}`).join('\n')}`;
}

function problem(key: Key, message: string | undefined, given: unknown, source: Source | undefined): string {
  const origin = source ? ` (${source})` : '';
  const shown = isSecret(key) ? '' : `, got ${JSON.stringify(given)}`;
  return `${variableOf(key)} (--${flagOf(key)}): ${message}${shown}${origin}`;
}

/** A setting, as help and documents show it. */
export interface SettingInfo {
  key: Key;
  flag: string;
  variable: string;
  fallback: string;
  help: string;
  /** Its value is not to be shown. */
  secret: boolean;
}

/** Every setting, in the order of the table. */
export function settingInfos(): SettingInfo[] {
  return SETTING_KEYS.map((key) => {
    const { fallback, help } = SETTINGS[key];
    return {
      key,
      flag: `--${flagOf(key)}`,
      variable: variableOf(key),
      fallback: String(fallback),
      help,
      secret: isSecret(key),
    };
  });
}

function isSecret(key: Key): boolean {
  return 'secret' in SETTINGS[key];
}

/** `maxRooms` → `MAX_ROOMS` */
export function variableOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** `maxRooms` → `max-rooms` */
export function flagOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
