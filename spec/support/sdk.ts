import { io as io4 } from 'socket.io-client';
import io2 from 'socket.io-client-2';
import { io as io3 } from 'socket.io-client-3';
import { Client, type Close, type Options, Refused } from './client-base.ts';
import { Deferred } from './deferred.ts';
import type { Message, Outgoing, Receipt } from './messages.ts';

type Listener = (...args: unknown[]) => void;

interface Transport {
  name: string;
  ws?: { pause(): void; resume(): void; terminate?(): void };
}

interface Engine {
  transport: Transport;
  on(event: string, listener: Listener): void;
  close(): void;
}

/** The part of Socket.IO's client that its versions 2, 3 and 4 share. */
export interface Sdk {
  id: string;
  connected: boolean;
  io: {
    engine: Engine;
    on(event: string, listener: Listener): void;
    reconnection(on: boolean): void;
    reconnectionDelay(ms: number): void;
  };
  on(event: string, listener: Listener): void;
  onAny?(listener: Listener): void;
  emit(event: string, ...args: unknown[]): void;
  send(...args: unknown[]): void;
  disconnect(): void;
}

export type Lookup = (url: string, options: Record<string, unknown>) => Sdk;

const LOOKUPS: Record<2 | 3 | 4, Lookup> = { 2: io2, 3: io3, 4: io4 as Lookup };

/** Version 2 cannot listen to everything, so it is told what there is. */
const TYPES = ['chat', 'notification', 'heartbeat', 'user_list', 'join', 'leave', 'auth', 'system'];
const SERVER_TYPES = [...TYPES, 'user_joined', 'user_left', 'ack', 'error'];

const CALLBACK_PATIENCE = 2000;

/** A client of the Socket.IO door. */
export class SdkClient extends Client {
  readonly door = 'socketio';
  readonly socket: Sdk;
  /** Every event with its arguments, as the application would see it. */
  readonly events: { name: string; args: unknown[] }[] = [];
  readonly #refused = new Deferred<never>();

  constructor(url: string, options: Options) {
    super(url);
    this.#refused.promise.catch(() => {}); // `arrive` looks at it, or the connection was accepted
    this.socket = LOOKUPS[options.sdk ?? 4](url + (options.namespace ?? ''), sdkOptions(options));
    this.socket.io.engine.on('packet', (packet) => this.#readText(packet as { type: string; data: unknown }));
    this.#listen(options.sdk === 2);
    this.socket.on('connect_error', (error) =>
      this.#refuse(error as Error & { data?: unknown; description?: unknown }),
    );
    this.socket.on('disconnect', (reason, details) => this.ended(closeOf(String(reason), details)));
  }

  /** Resolves with the client when its first list is there. */
  async arrive(): Promise<this> {
    this.welcome = await Promise.race([this.next('user_list'), this.#refused.promise]);
    return this;
  }

  send({ type, ...rest }: Outgoing): void {
    this.socket.emit(type, rest);
  }

  async request({ type, ...rest }: Outgoing): Promise<Receipt> {
    const [receipt] = await this.call(type, rest);
    return receipt as Receipt;
  }

  /** Emits with a callback; resolves with all of the callback's arguments. */
  call(event: string, ...args: unknown[]): Promise<unknown[]> {
    const late = new Error(`no callback for ${event} within ${CALLBACK_PATIENCE} ms`);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(late), CALLBACK_PATIENCE);
      this.socket.emit(event, ...args, (...answer: unknown[]) => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
  }

  get transport(): string {
    return this.socket.io.engine.transport.name;
  }

  async close(): Promise<Close> {
    if (this.socket.connected) this.socket.io.engine.transport.ws?.resume?.();
    if (!this.socket.connected) this.ended({ code: 0, reason: 'never connected' });
    this.socket.disconnect();
    return this.closed;
  }

  drop(): void {
    const { engine } = this.socket.io;
    // By polling there is no connection to cut, and Node's own WebSocket, which version 2 takes where it is, can't be cut.
    if (engine.transport.ws?.terminate) engine.transport.ws.terminate();
    else engine.close();
  }

  pause(): void {
    this.#ws().pause();
  }

  resume(): void {
    this.#ws().resume();
  }

  #ws(): NonNullable<Transport['ws']> {
    const { ws } = this.socket.io.engine.transport;
    if (!ws) throw new Error('only the websocket transport has a connection to pause or to drop');
    return ws;
  }

  #listen(old: boolean): void {
    if (!old) this.socket.onAny?.((name, ...args) => this.#receive(String(name), args));
    if (old) for (const type of SERVER_TYPES) this.socket.on(type, (...args) => this.#receive(type, args));
  }

  #receive(name: string, args: unknown[]): void {
    // In version 2 a refused connection and an error message are both the event `error`.
    if (name === 'error' && !isMessage(args[0])) {
      this.#refuse(Object.assign(new Error('error'), { data: args[0] }));
      return;
    }
    this.events.push({ name, args });
    this.inbox.push(args[0] as Message);
  }

  #readText({ type, data }: { type: string; data: unknown }): void {
    if (type !== 'message' || typeof data !== 'string') return;
    const packet = /^2(?:\/[^,]*,)?\d*(\[.*\])$/s.exec(data);
    if (packet) this.inbox.texts.push(packet[1]!.slice(packet[1]!.indexOf(',') + 1, -1));
  }

  #refuse(error: Error & { data?: unknown; description?: unknown }): void {
    const status = typeof error.description === 'number' ? error.description : undefined;
    const code = (error.data as { code?: string } | undefined)?.code;
    const text = `${error.message} ${JSON.stringify(error.data)} ${status}`;
    this.#refused.reject(new Refused('socketio', { data: error.data, code, status }, text));
  }
}

function sdkOptions(options: Options): Record<string, unknown> {
  const { username, userId, rooms, session, lastId } = options;
  const given = Object.entries({ username, userId, session, lastId }).filter(([, value]) => value !== undefined);
  const identity = Object.fromEntries(given);
  const common = {
    transports: options.transports ?? ['websocket'],
    extraHeaders: options.headers ?? {},
    forceNew: true,
    reconnection: false,
    perMessageDeflate: options.compression ? {} : false,
    ...(options.ca !== undefined && { ca: options.ca }),
  };
  const query = Object.fromEntries(new URLSearchParams(options.query));
  if (options.sdk === 2) return { ...common, query: { ...query, ...identity, ...(rooms && { room: rooms.join() }) } };
  return { ...common, query, auth: options.auth ?? { ...identity, ...(rooms && { rooms }) } };
}

function closeOf(reason: string, details: unknown): Close {
  const context = (details as { context?: { code?: number } } | undefined)?.context;
  return { code: context?.code ?? 0, reason };
}

function isMessage(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'type' in value;
}
