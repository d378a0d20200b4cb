import { Deferred } from './deferred.ts';
import { Inbox, type Wanted } from './inbox.ts';
import { type Message, type Outgoing, type Receipt, unique } from './messages.ts';

export type Door = 'ws' | 'socketio';

export const DOORS: readonly Door[] = ['ws', 'socketio'];

/** Both doors and both directions between them, for cases about two clients. */
export const PAIRS: readonly (readonly [Door, Door])[] = [
  ['ws', 'socketio'],
  ['socketio', 'ws'],
];

export interface Options {
  username?: string;
  userId?: string;
  rooms?: string[];
  /** What it comes back by. On Socket.IO it goes by `auth` and may be of any type, elsewhere it is text. */
  session?: unknown;
  lastId?: unknown;
  /** More of the query. As text it may repeat a parameter, which Socket.IO's client cannot do. */
  query?: string | Record<string, string>;
  headers?: Record<string, string>;
  /** Socket.IO: replaces the `auth` that is made of username, userId and rooms. */
  auth?: Record<string, unknown>;
  transports?: ('websocket' | 'polling')[];
  /** Socket.IO: the client's major version; 2 speaks Engine.IO 3 and has no `auth`. */
  sdk?: 2 | 3 | 4;
  namespace?: string;
  /** Raw: the subprotocols offered. */
  protocols?: string[];
  /** Raw: false leaves the server's pings unanswered. */
  autoPong?: boolean;
  /** Takes compressed messages from a server that has them. */
  compression?: boolean;
  /** The authority whose certificates it takes, as PEM. */
  ca?: string;
  /** Raw: which of this machine's addresses it comes from. */
  from?: string;
}

export interface Close {
  /** The WebSocket close code; 0 where the transport has none (polling). */
  code: number;
  reason: string;
}

/** A refused connection. What the client could see of it: Socket.IO shows `data`, an HTTP refusal the rest. */
export class Refused extends Error {
  code: string | undefined;
  status: number | undefined;
  headers: Record<string, string | string[] | undefined> = {};
  body: string | undefined;
  data: unknown;

  constructor(door: Door, seen: Partial<Pick<Refused, 'code' | 'status' | 'headers' | 'body' | 'data'>>, text: string) {
    super(`${door} connection refused: ${text}`);
    Object.assign(this, seen);
  }
}

/** A client of either door. */
export abstract class Client {
  abstract readonly door: Door;
  readonly url: string;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<Close>;
  /** The first message: the `user_list` of the default room. */
  welcome!: Message;
  protected readonly inbox = new Inbox();
  protected readonly ended: (close: Close) => void;

  constructor(url: string) {
    this.url = url;
    const closed = new Deferred<Close>();
    this.closed = closed.promise;
    this.ended = (close) => {
      this.inbox.end(`connection closed with ${close.code} ${JSON.stringify(close.reason)}`);
      closed.resolve(close);
    };
  }

  abstract send(message: Outgoing): void;
  /** Sends a message and asks for its receipt: by a callback on Socket.IO, by a clientMsgId on the raw door. */
  abstract request(message: Outgoing): Promise<Receipt>;
  abstract close(): Promise<Close>;
  /** Ends the connection without a word. */
  abstract drop(): void;
  /** Stops reading from the network, until `resume`. */
  abstract pause(): void;
  abstract resume(): void;

  /** All that has arrived, in order. */
  get messages(): readonly Message[] {
    return this.inbox.messages;
  }

  /** The JSON texts of `messages`, as they came. */
  get texts(): readonly string[] {
    return this.inbox.texts;
  }

  /** The userId of this connection, as the server tells it. */
  get userId(): string {
    return (this.welcome.data as { id: string }[])[0]!.id;
  }

  /** The first message that matches and was not taken by an earlier call. `welcome` counts as taken. */
  next(wanted: Wanted, patience?: number): Promise<Message> {
    return this.inbox.next(wanted, patience);
  }

  /** As many messages that match, in the order of their arrival. */
  async collect(wanted: Wanted, count: number, patience?: number): Promise<Message[]> {
    const collected: Message[] = [];
    while (collected.length < count) collected.push(await this.next(wanted, patience));
    return collected;
  }

  /** Resolves when all that the server had sent before it read this call has arrived. */
  async barrier(patience?: number): Promise<void> {
    const content = unique('barrier');
    this.send({ type: 'heartbeat', content });
    await this.next({ type: 'heartbeat', content }, patience);
  }
}
