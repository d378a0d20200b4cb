import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Admission, type AdmissionOptions } from '../../src/auth/admission.ts';
import { OpenAuthenticator } from '../../src/auth/authenticator.ts';
import { authorize } from '../../src/auth/authorize.ts';
import { Callers } from '../../src/auth/callers.ts';
import { Origins } from '../../src/auth/origins.ts';
import { Turnstile } from '../../src/auth/turnstile.ts';
import { type App, type AppOptions, createApp } from '../../src/http/app.ts';
import type { Figures } from '../../src/http/metrics.ts';
import type { StatsFigures } from '../../src/http/stats-body.ts';
import { Connections } from '../../src/limits/connections.ts';
import { HandClock } from './hand-clock.ts';
import { type Answer, type Asked, open, request } from './http.ts';

type Overrides = Partial<AppOptions> & { admit?: Partial<AdmissionOptions> };

/** A line of the log. */
interface Line {
  level: 'info' | 'warn' | 'error';
  fields: { err?: unknown };
  text: string;
}

/** The notice board on a real HTTP server, without the rest of the house, and a clock moved by hand. */
export class HttpBench {
  readonly clock = new HandClock();
  readonly lines: Line[] = [];
  readonly admission: Admission;
  readonly connections: Connections;
  readonly app: App;
  readonly #http: Server;
  /** How often the statistics were looked at: each snapshot differs from the one before. */
  snapshots = 0;

  constructor({ admit, ...overrides }: Overrides = {}) {
    const origins = overrides.origins ?? new Origins(['*']);
    this.connections = overrides.connections ?? new Connections({ maxConnections: 0, maxConnectionsPerIp: 0 });
    const authenticator = new OpenAuthenticator(this.clock);
    const options = {
      authenticator,
      authorize,
      origins,
      turnstile: new Turnstile({ maxHandshakes: 10, handshakeQueue: 10 }),
      clock: this.clock,
      maxRooms: 3,
      timeout: 60_000,
      ...admit,
    };
    this.admission = overrides.admission ?? new Admission(options);
    const figures = overrides.figures ?? (() => this.#figures());
    this.app = createApp({
      figures,
      stats: () => statsOf(figures()),
      namespace: '/',
      notReady: () => [],
      history: async () => ({ entries: [], more: false }),
      checkPlace() {},
      admission: this.admission,
      connections: this.connections,
      callers: new Callers([]),
      origins,
      clock: this.clock,
      logger: { info: this.#note('info'), warn: this.#note('warn'), error: this.#note('error') },
      locale: 'en',
      webFolder: join(import.meta.dirname, '../../web'),
      ...overrides,
    });
    this.#http = createServer(this.app.koa.callback());
  }

  static async start(overrides?: Overrides): Promise<HttpBench> {
    const bench = new HttpBench(overrides);
    await once(bench.#http.listen(0, '127.0.0.1'), 'listening');
    return bench;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** Asks for a path, which may be any text. */
  get(path: string, asked?: Asked): Promise<Answer> {
    return request(this.url + path, asked);
  }

  /** Watches the statistics. */
  async watch(headers: Record<string, string> = {}): Promise<EventStream> {
    return new EventStream(
      await open(`${this.url}/ws/stats`, { headers: { accept: 'text/event-stream', ...headers } }),
    );
  }

  async close(): Promise<void> {
    this.app.close();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #note(level: Line['level']) {
    return (fields: object, text: string) => void this.lines.push({ level, fields, text });
  }

  #figures(): Figures {
    this.snapshots += 1;
    return figuresOf(this.snapshots);
  }
}

/** Statistics of a small house in which so many messages were sent. */
export function figuresOf(messages: number): Figures {
  return {
    total_connections: 3,
    current_connections: 2,
    messages_sent: messages,
    messages_received: 4,
    active_users: 1,
    rooms: 5,
    uptime_seconds: 60,
    transports: { ws: { current_connections: 2, total_connections: 3 } },
    joins: 7,
    lag: { measured: 2, level: 1, largest: 6, reading: 1 },
    received: { ws: { chat: 4 } },
    sent: { ws: { chat: messages } },
    batches: { count: 2, messages: 6, largest: 5 },
    errors: {},
    closes: {},
    memory: { rss_bytes: 1000, heap_used_bytes: 500 },
    event_loop_delay_ms: { p50: 1, p99: 2, max: 3 },
  };
}

/** The same, as those of a deployment of one node. */
export function statsOf(node: Figures): StatsFigures {
  return { ...node, nodes: 1, node };
}

/** A client of server-sent events. */
export class EventStream {
  readonly response: IncomingMessage;
  /** Resolves with what came after the last event that was asked for. */
  readonly ended: Promise<string>;
  #text = '';

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('error', () => {}); // 'close' follows
    response.on('data', (chunk) => {
      this.#text += chunk;
    });
    this.ended = new Promise((resolve) => response.once('end', () => resolve(this.#text)));
  }

  /** The next event, as it is on the wire. */
  async next(): Promise<string> {
    while (!this.#text.includes('\n\n')) await once(this.response, 'data');
    const end = this.#text.indexOf('\n\n') + 2;
    const event = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    return event;
  }

  /** The JSON of the next event. */
  async json(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.next()).slice('data: '.length)) as Record<string, unknown>;
  }

  leave(): void {
    this.response.destroy();
  }
}

/** Waits, turn by turn of the event loop, until something is so: for what a socket brings about. */
export async function until(so: () => boolean): Promise<void> {
  while (!so()) await new Promise((resolve) => setImmediate(resolve));
}
