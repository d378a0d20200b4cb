import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Server as SocketIoServer } from 'socket.io';
import { Admission } from './auth/admission.ts';
import { OpenAuthenticator } from './auth/authenticator.ts';
import { authorizeAll } from './auth/authorize.ts';
import { Origins } from './auth/origins.ts';
import { type Config, createConfig, type Settings } from './config.ts';
import { type App, createApp } from './http/app.ts';
import { systemClock } from './hub/clock.ts';
import { Hub } from './hub/hub.ts';
import type { Log, Logger } from './hub/ports.ts';
import { Connections } from './limits/connections.ts';
import { TokenBucket } from './limits/token-bucket.ts';
import { MemoryLog } from './log/memory.ts';
import { createLogger } from './logger.ts';
import { SOCKET_IO_PATH, SocketIoTransport } from './transport/socketio.ts';
import { routeUpgrades } from './transport/upgrade.ts';
import { WsTransport } from './transport/ws.ts';

/** How to build a server: any setting, and the parts that code may bring. */
export interface Options extends Settings {
  /** Where log lines go; by default JSON on the standard output. */
  logger?: Logger;
}

/** A server, from the outside. */
export interface Server {
  readonly hub: Hub;
  /** For the application's own Socket.IO namespaces. */
  readonly io: SocketIoServer;
  /** Where it listens, once started: `http://localhost:3000`. */
  readonly url: string;
  /** Listens. Rejects where it can't, with Node's error (`EADDRINUSE`). */
  start(): Promise<void>;
  /** Says goodbye to everyone and stops; calling it again waits for the same end. */
  close(): Promise<void>;
}

/**
 * Builds every room of the house and wires them. Nothing listens and nothing is stored before `start`.
 * @throws ConfigError every problem of the settings at once
 */
export function createServer({ logger, ...settings }: Options = {}): Server {
  const config = createConfig(settings);
  return new AmbosServer(config, logger ?? createLogger(config.logLevel, false, (line) => process.stdout.write(line)));
}

class AmbosServer implements Server {
  readonly hub: Hub;
  readonly #config: Config;
  readonly #log: Log;
  readonly #logger: Logger;
  readonly #http: HttpServer;
  readonly #app: App;
  readonly #admission: Admission;
  readonly #ws: WsTransport;
  readonly #socketio: SocketIoTransport;
  #state: 'starting' | 'ready' | 'shutting_down' = 'starting';
  #closed: Promise<void> | undefined;

  constructor(config: Config, logger: Logger) {
    const { locale, closeTimeout, handshakeTimeout, maxFrameBytes, maxRooms } = config;
    const clock = systemClock;
    const authenticator = new OpenAuthenticator(clock);
    const origins = new Origins(config.corsOrigins);
    const connections = new Connections(config);
    const admission = new Admission({
      authenticator,
      authorize: authorizeAll,
      origins,
      clock,
      maxRooms,
      timeout: handshakeTimeout,
    });
    const log = new MemoryLog({ clock, messages: config.logMessages, age: config.logAge, bytes: config.logBytes });
    const hub = new Hub({
      log,
      clock,
      logger,
      locale,
      authorize: authorizeAll,
      renew: () => authenticator.renew(),
      newBudget: () => new TokenBucket({ clock, rate: config.rateLimit, burst: config.rateBurst }),
      limits: { ...config, inboxBytes: maxFrameBytes },
    });
    const app = createApp({
      snapshot: () => hub.snapshot(),
      notReady: () => this.#notReady(),
      admission,
      connections,
      origins,
      clock,
      logger,
      locale,
      webFolder: fileURLToPath(new URL('../web', import.meta.url)),
    });
    // Koa first: Engine.IO takes the listeners that it finds and calls them for what is not its own.
    const http = createHttpServer(httpOptions(handshakeTimeout), app.koa.callback());
    const door = { ...config, hub, admission, connections, clock, logger, codec: config, closeTimeout };
    this.#ws = new WsTransport(door);
    this.#socketio = new SocketIoTransport(http, { ...door, origins });
    routeUpgrades(http, {
      paths: new Map([['/ws', (request, socket, head) => void this.#ws.upgrade(request, socket, head)]]),
      leave: SOCKET_IO_PATH,
      locale,
    });
    this.hub = hub;
    this.#config = config;
    this.#log = log;
    this.#logger = logger;
    this.#http = http;
    this.#app = app;
    this.#admission = admission;
  }

  get io(): SocketIoServer {
    return this.#socketio.io;
  }

  get url(): string {
    const { port } = this.#http.address() as AddressInfo;
    const { host } = this.#config;
    const everywhere = host === '' || host === '0.0.0.0' || host === '::';
    return `http://${everywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  async start(): Promise<void> {
    await this.hub.start(this.#ws, this.#socketio);
    await this.#listen();
    this.#state = 'ready';
    if (this.#config.corsOrigins.includes('*')) {
      this.#logger.warn({ setting: 'CORS_ORIGINS' }, 'Pages of any origin may connect: set CORS_ORIGINS in production');
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  #listen(): Promise<void> {
    const { port, host } = this.#config;
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen({ port, ...(host !== '' && { host }) }, () => {
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
    await this.hub.close(this.#config.shutdownTimeout * 0.8);
    this.#ws.stop();
    this.#socketio.stop();
    this.#app.close();
    await this.#stopListening();
  }

  #stopListening(): Promise<void> {
    return new Promise((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
  }

  #notReady(): string[] {
    return this.#state === 'ready' ? this.#log.ready() : [this.#state];
  }
}

/** A handshake that trickles in is cut; Node looks only so often. */
function httpOptions(handshakeTimeout: number) {
  return {
    headersTimeout: handshakeTimeout,
    requestTimeout: 3 * handshakeTimeout,
    connectionsCheckingInterval: Math.min(1000, handshakeTimeout),
  };
}
