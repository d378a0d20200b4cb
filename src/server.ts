import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { Server as HttpsServer } from 'node:https';
import { fileURLToPath } from 'node:url';
import type Koa from 'koa';
import type { Server as SocketIoServer } from 'socket.io';
import { Admission } from './auth/admission.ts';
import { ApiKeys } from './auth/api-keys.ts';
import type { ApplicationAuth } from './auth/application.ts';
import { type Auth, AuthProblems, createAuth } from './auth/auth.ts';
import { Callers } from './auth/callers.ts';
import { Origins } from './auth/origins.ts';
import { Turnstile } from './auth/turnstile.ts';
import { Alone } from './cluster/alone.ts';
import { RedisNodes } from './cluster/redis.ts';
import { type Config, ConfigError, createConfig, inLines, type Settings } from './config.ts';
import type { AdminOptions } from './http/admin.ts';
import { type App, createApp } from './http/app.ts';
import { Runtime } from './http/runtime.ts';
import { type Application, toApplication } from './hub/application.ts';
import { systemClock } from './hub/clock.ts';
import { Hub } from './hub/hub.ts';
import type { Nodes } from './hub/nodes.ts';
import type { Log, Logger } from './hub/ports.ts';
import { Attempts } from './limits/attempts.ts';
import { Budgets } from './limits/budgets.ts';
import { Connections } from './limits/connections.ts';
import { MemoryLog } from './log/memory.ts';
import { RedisLog } from './log/redis.ts';
import { SqliteLog } from './log/sqlite.ts';
import { createLogger } from './logger.ts';
import type { CodecLimits } from './protocol/codec.ts';
import { HSTS, SECURITY_HEADERS, SHARED_HEADERS } from './protocol/headers.ts';
import { TlsServer } from './tls/server.ts';
import { Pacer } from './transport/pacer.ts';
import { SOCKET_IO_PATH, SocketIoTransport } from './transport/socketio.ts';
import { routeUpgrades } from './transport/upgrade.ts';
import { WsTransport } from './transport/ws.ts';

/** How to build a server: any setting, and the parts that code may bring. */
export interface Options extends Settings, ApplicationAuth {
  /** Where log lines go; by default JSON on the standard output. */
  logger?: Logger;
  /** An HTTP server of the application's own: Ambos joins it, and neither starts nor closes it. */
  http?: HttpServer;
  /**
   * A Koa app of the application's own: Ambos adds its paths, and leaves the rest (and `/`) to it. It answers the
   * requests of the HTTP server from `start` on, so do not put its `callback()` there yourself.
   */
  koa?: Koa;
}

/** A server, from the outside. */
export interface Server {
  /** What application code may do with the messages. */
  readonly hub: Application;
  /** For the application's own Socket.IO namespaces. */
  readonly io: SocketIoServer;
  /** Where it listens, once started: `http://localhost:3000`. */
  readonly url: string;
  /** Opens the log, and listens unless the HTTP server is the application's. Rejects with Node's error (`EADDRINUSE`). */
  start(): Promise<void>;
  /** Says goodbye to everyone and stops; calling it again waits for the same end. */
  close(): Promise<void>;
}

/**
 * Builds every room of the house and wires them. Nothing listens and nothing is stored before `start`, and nothing is
 * ever written to a disk unless a setting says so.
 * @throws ConfigError every problem of the settings at once
 */
export function createServer(options: Options = {}): Server {
  const { logger, http, koa, authenticate, authorize, ...settings } = options;
  const log = settings.log ?? (settings.dataDir === undefined && !settings.redisUrl ? 'memory' : undefined);
  const config = createConfig({ ...settings, log });
  if (http && (config.tlsCert || config.tlsKey))
    throw new ConfigError('Configuration:\n  TLS_CERT: the HTTP server is not ours');
  const write = (line: string) => process.stdout.write(line);
  return new AmbosServer(config, logger ?? createLogger(config.logLevel, false, write), {
    http,
    koa,
    authenticate,
    authorize,
  });
}

/** What of the application's the server joins, and asks. */
interface Host extends ApplicationAuth {
  http: HttpServer | undefined;
  koa: Koa | undefined;
}

class AmbosServer implements Server {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #hub: Hub;
  readonly #application: Application;
  readonly #log: Log;
  readonly #http: HttpServer;
  /** The HTTP server is ours to start and to stop. */
  readonly #ownHttp: boolean;
  /** Of a server of ours that speaks TLS. */
  readonly #tls: TlsServer | undefined;
  readonly #app: App;
  readonly #auth: Auth;
  readonly #admission: Admission;
  readonly #ws: WsTransport;
  readonly #socketio: SocketIoTransport;
  readonly #runtime = new Runtime();
  readonly #leaveUpgrades: () => void;
  #respond: RequestListener = (_request, response) => response.writeHead(503).end();
  #state: 'starting' | 'ready' | 'shutting_down' = 'starting';
  #closed: Promise<void> | undefined;

  constructor(config: Config, logger: Logger, host: Host) {
    const { locale, handshakeTimeout } = config;
    const clock = systemClock;
    const { authenticate, authorize } = host;
    this.#auth = checked(() => createAuth({ ...config, authenticate, authorize, clock, logger }));
    const origins = new Origins(config.corsOrigins);
    const callers = new Callers(config.trustProxy);
    const connections = new Connections(config);
    const elsewhere = (userId: string) => this.#hub.connectionsElsewhere(userId);
    const budgets = new Budgets({ ...config, clock, elsewhere });
    const ownTypes = new Map(config.types.map((type) => [type.name, type]));
    this.#config = config;
    this.#logger = logger;
    this.#ownHttp = host.http === undefined;
    this.#admission = new Admission({
      ...this.#auth,
      origins,
      turnstile: new Turnstile(config),
      clock,
      maxRooms: config.maxRooms,
      timeout: handshakeTimeout,
      isBarred: (userId) => this.#hub.administrator.isBarred(userId),
    });
    this.#log = createLog(config, logger);
    this.#hub = new Hub({
      nodes: createNodes(config, logger),
      log: this.#log,
      // What others share lives on elsewhere.
      movable: config.log === 'redis',
      clock,
      logger,
      locale,
      ownTypes,
      authorize: this.#auth.authorize,
      renew: (user, token) => this.#auth.authenticator.renew(user, token),
      newBudget: (user) => budgets.open(user),
      // An honest burst is never refused, also by polling where its requests have to wait.
      limits: { ...config, inboxSize: Math.max(config.inboxSize, config.rateBurst), inboxBytes: config.maxFrameBytes },
    });
    this.#application = toApplication(this.#hub, this.#hub.administrator);
    const codec = { maxJsonDepth: config.maxJsonDepth, ownTypes };
    const shared = { admission: this.#admission, connections, callers, origins, clock, logger, locale };
    const tls = createTls(config, logger);
    const runtime = () => this.#runtime.figures(clock.now());
    const figures = () => ({ ...this.#hub.snapshot(), ...runtime() });
    const stats = () => ({ ...this.#hub.deployment(), ...runtime() });
    this.#app = createApp(
      {
        ...shared,
        namespace: config.namespace,
        figures,
        stats,
        notReady: () => this.#notReady(),
        admin: this.#adminOptions(codec, callers),
        history: (request) => this.#log.history(request),
        checkPlace: (newcomer) => this.#hub.checkPlace(newcomer),
        certificate: tls && (() => (tls.validTo - clock.now()) / 1000),
        webFolder: WEB_FOLDER,
      },
      host.koa,
    );
    this.#tls = tls;
    this.#http = host.http ?? this.#tls?.http ?? createHttpServer(httpOptions(handshakeTimeout));
    // Koa before Socket.IO: Engine.IO takes the listeners that it finds and calls them for what is not its own.
    if (this.#ownHttp || host.koa) this.#http.on('request', (request, response) => this.#respond(request, response));
    const pacer = new Pacer();
    this.#ws = new WsTransport({ ...config, ...shared, hub: this.#hub, codec, pacer });
    this.#socketio = new SocketIoTransport(this.#http, { ...config, ...shared, hub: this.#hub, codec, pacer });
    // Behind Socket.IO, and before it: it answers without asking anybody.
    this.#http.prependListener('request', this.#protect);
    this.#leaveUpgrades = routeUpgrades(this.#http, {
      paths: new Map([['/ws', (request, socket, head) => void this.#ws.upgrade(request, socket, head)]]),
      leave: SOCKET_IO_PATH,
      refuseOthers: this.#ownHttp,
      locale,
    });
  }

  get hub(): Application {
    return this.#application;
  }

  get io(): SocketIoServer {
    return this.#socketio.io;
  }

  get url(): string {
    const address = this.#http.address();
    if (address === null || typeof address === 'string') throw new Error('The server does not listen');
    const { host } = this.#config;
    const everywhere = host === '' || host === '0.0.0.0' || host === '::';
    const scheme = this.#http instanceof HttpsServer ? 'https' : 'http';
    return `${scheme}://${everywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${address.port}`;
  }

  /** Without a key there is nothing to be opened. */
  #adminOptions(codec: CodecLimits, callers: Callers): AdminOptions | undefined {
    const { apiKeys, maxMessageBytes, maxFrameBytes: maxBodyBytes, locale } = this.#config;
    if (apiKeys.length === 0) return undefined;
    const keys = new ApiKeys(apiKeys);
    const attempts = new Attempts(systemClock);
    const limits = { maxMessageBytes, maxBodyBytes };
    return { ...limits, keys, attempts, callers, hub: this.#hub.administrator, codec, logger: this.#logger, locale };
  }

  async start(): Promise<void> {
    await this.#tls?.start();
    // Only now: the application may have added to its app until here.
    this.#respond = this.#app.koa.callback();
    await this.#hub.start(this.#ws, this.#socketio).catch((error) => {
      this.#tls?.stop();
      throw error;
    });
    if (this.#ownHttp) await this.#listen().catch((error) => this.#giveUp(error));
    this.#state = 'ready';
    if (!this.#auth.on) this.#tellOpen();
    if (this.#config.corsOrigins.includes('*')) {
      this.#logger.warn({ setting: 'CORS_ORIGINS' }, 'Pages of any origin may connect: set CORS_ORIGINS in production');
    }
  }

  #tellOpen(): void {
    const production = process.env['NODE_ENV'] === 'production';
    const words = 'Authentication is off: anybody may connect under any userId (docs/auth.md)';
    this.#logger[production ? 'warn' : 'info']({ setting: 'AUTH' }, words);
  }

  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  /** What every answer carries. Those of an application's own server are not ours, but for Socket.IO's. */
  readonly #protect = ({ url }: IncomingMessage, response: ServerResponse): void => {
    const shared = url?.startsWith(SOCKET_IO_PATH) === true;
    if (!shared && !this.#ownHttp) return;
    for (const header of Object.entries(shared ? SHARED_HEADERS : SECURITY_HEADERS)) response.setHeader(...header);
    if (this.#tls) response.setHeader(...HSTS);
  };

  /** The log's thread would keep the process alive. */
  async #giveUp(error: unknown): Promise<never> {
    this.#tls?.stop();
    await this.#log.close();
    throw error;
  }

  #listen(): Promise<void> {
    const { port, host } = this.#config;
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen({ port, backlog: BACKLOG, ...(host !== '' && { host }) }, () => {
        this.#http.off('error', reject);
        resolve();
      });
    });
  }

  /** Not ready first, so that whoever balances load looks elsewhere; then goodbye; then whatever is left is cut. */
  async #shutDown(): Promise<void> {
    this.#state = 'shutting_down';
    this.#admission.closed = true;
    // A part of the time is kept for what remains after the goodbyes.
    await this.#hub.close(this.#config.shutdownTimeout * 0.8);
    this.#ws.stop();
    this.#socketio.stop();
    this.#app.close();
    this.#runtime.stop();
    this.#tls?.stop();
    this.#leaveUpgrades();
    this.#http.off('request', this.#protect);
    if (this.#ownHttp) await this.#stopListening();
  }

  #stopListening(): Promise<void> {
    return new Promise((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
      this.#tls?.cut();
    });
  }

  #notReady(): string[] {
    return this.#state === 'ready' ? this.#log.ready() : [this.#state];
  }
}

/** @throws ConfigError */
function checked<T>(create: () => T): T {
  try {
    return create();
  } catch (error) {
    throw error instanceof AuthProblems ? new ConfigError(inLines(error.problems)) : error;
  }
}

function createLog(config: Config, logger: Logger): Log {
  const { logMessages: messages, logAge: age, dataDir: folder, durability } = config;
  const clock = systemClock;
  const { redisUrl: url, redisPrefix: prefix } = config;
  if (config.log === 'redis') return new RedisLog({ clock, logger, url, prefix, messages, age });
  if (config.log === 'memory') return new MemoryLog({ clock, messages, age, bytes: config.logBytes });
  return new SqliteLog({ clock, logger, folder, durability, messages, age, bytes: config.dataBytes });
}

/** Whoever shares a log is one deployment. */
function createNodes(config: Config, logger: Logger): Nodes {
  const { redisUrl: url, redisPrefix: prefix, presenceGrace: grace } = config;
  return config.log === 'redis' ? new RedisNodes({ url, prefix, grace, clock: systemClock, logger }) : new Alone();
}

function createTls(config: Config, logger: Logger): TlsServer | undefined {
  const { tlsCert: cert, tlsKey: key, tlsPassphrase: passphrase, handshakeTimeout } = config;
  if (cert === '' && key === '') return undefined;
  if (cert === '' || key === '') throw new ConfigError('Configuration:\n  TLS_CERT, TLS_KEY: each needs the other');
  const http = httpOptions(handshakeTimeout);
  return new TlsServer({ files: { cert, key, passphrase }, clock: systemClock, logger, http, handshakeTimeout });
}

/** Connections that wait to be accepted: a crowd that comes back at once is more than Node's 511. The system may allow less. */
const BACKLOG = 4096;

const WEB_FOLDER = fileURLToPath(new URL('../web', import.meta.url));

/** A handshake that trickles in is cut; Node looks only so often. */
function httpOptions(handshakeTimeout: number) {
  return {
    headersTimeout: handshakeTimeout,
    requestTimeout: 3 * handshakeTimeout,
    connectionsCheckingInterval: Math.min(1000, handshakeTimeout),
  };
}
