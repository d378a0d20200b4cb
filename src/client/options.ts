import type { Auth } from './handshake.ts';

/** As much of a WebSocket as the client uses: a browser's, Node's or that of the package ws. */
export interface WebSocketLike {
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** As much of `fetch` as the client uses. */
export type Fetch = (
  url: string,
  init: { headers: Record<string, string>; signal: AbortSignal },
) => Promise<{ status: number; headers: { get(name: string): string | null }; json(): Promise<unknown> }>;

/** Such as `sessionStorage`. */
export interface StorageLike {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The page around the client, as far as there is one. */
export interface Page {
  location?: { href: string };
  addEventListener?(type: string, listener: (event: { type: string }) => void): void;
  removeEventListener?(type: string, listener: (event: { type: string }) => void): void;
}

/** Runs `task` once after `ms` milliseconds. @returns cancels it */
export type After = (ms: number, task: () => void) => () => void;

/** Each has a default; times are in milliseconds. */
export interface Options {
  /** Who the client is: fixed, or asked for before each attempt. */
  auth?: Auth | (() => Auth | Promise<Auth>) | ((done: (auth: Auth) => void) => void) | undefined;
  /** Rooms to join with the connection. */
  rooms?: readonly string[];
  /** Where the door is; also what a URL with a path says. */
  path?: string;
  /** Asks for what was missed when the connection comes back. */
  recovery?: boolean;
  /** Where recovery begins, from an earlier life of the program. */
  session?: string;
  lastId?: string;
  /** Keeps session and position over a reload of the page: `sessionStorage`. */
  storage?: StorageLike;
  autoConnect?: boolean;
  reconnection?: boolean;
  /** The first pause is random up to this, each further one up to twice as long. */
  reconnectionDelay?: number;
  reconnectionDelayMax?: number;
  /** How long an attempt to connect may take. */
  timeout?: number;
  /** After this long without an answer a message is sent again. */
  ackTimeout?: number;
  /** After this long without hearing anything the client asks for a sign of life. */
  heartbeatInterval?: number;
  /** After this long without one it takes the connection for lost. */
  heartbeatTimeout?: number;
  /** Messages that may wait for a connection. */
  maxQueued?: number;
  /** Messages that may wait for their answer; further ones wait their turn. 1: they never overtake each other. */
  maxInFlight?: number;
  WebSocket?: WebSocketConstructor;
  fetch?: Fetch;
  /** Specs move time by hand. */
  after?: After;
  random?: () => number;
  page?: Page;
}

/** All options, complete but for those whose absence means something. */
export type Settings = ReturnType<typeof complete>;

/** A timer longer than this would run at once. */
const LONGEST = 2 ** 31 - 1;

/** @throws Error where there is no WebSocket */
export function complete(options: Options) {
  const settings = {
    recovery: true,
    autoConnect: true,
    reconnection: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 10_000,
    timeout: 20_000,
    ackTimeout: 10_000,
    heartbeatInterval: 20_000,
    heartbeatTimeout: 10_000,
    maxQueued: 1000,
    maxInFlight: 100,
    WebSocket: here.WebSocket as WebSocketConstructor,
    // Where there is none, trying to call it is as good as no answer.
    fetch: here.fetch as Fetch,
    after,
    random: Math.random,
    page: here as Page,
    ...options,
  };
  if (!settings.WebSocket) throw new Error('No WebSocket here: pass one');
  return settings;
}

/** What a browser has, or a Node of its time. */
const here: Pick<Options, 'WebSocket' | 'fetch'> & Page = globalThis as object;

function after(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, Math.min(ms, LONGEST));
  return () => clearTimeout(timer);
}
