import type { Failure } from './answer.ts';
import type { Message, UserRow } from './message.ts';

/** Why no connection came about: an Error with the failure's keys; `data` has them again, as in Socket.IO. */
export type ConnectError = Error & Failure & { data: Failure };

/**
 * In Socket.IO's words: the server wants the client to stay away, the client has left, nothing was heard any more, or
 * the connection ended in another way. After the first two the client does not come back by itself.
 */
export type DisconnectReason = 'io server disconnect' | 'io client disconnect' | 'ping timeout' | 'transport close';

export interface CloseDetails {
  /** The WebSocket close code. */
  code: number;
  /** The server's name for it, such as `slow_consumer`. */
  reason: string;
}

/** What may be listened to besides the types of messages, and the messages whose data the server writes. */
export interface Events {
  connect: () => void;
  disconnect: (reason: DisconnectReason, details: CloseDetails) => void;
  connect_error: (error: ConnectError) => void;
  error: (message: Message<{ code: string; retryable: boolean; retryAfter?: number; clientMsgId?: string }>) => void;
  user_list: (message: Message<UserRow[]>) => void;
  user_joined: (message: Message<{ username: string; userId: string }>) => void;
  user_left: (message: Message<{ username: string; userId: string }>) => void;
}

type Listener = (...args: never[]) => void;

type Entry = [event: string, listener: Listener, once?: boolean | undefined];

/** No type can have this name. */
const ANY = '*';

/** Who listens to what. */
export class Emitter {
  #entries: Entry[] = [];

  on<E extends keyof Events>(event: E, listener: Events[E]): this;
  on<Data = unknown>(type: string, listener: (message: Message<Data>) => void): this;
  on(event: string, listener: Listener): this {
    return this.#add(event, listener);
  }

  /** Listens to the next one alone. */
  once<E extends keyof Events>(event: E, listener: Events[E]): this;
  once<Data = unknown>(type: string, listener: (message: Message<Data>) => void): this;
  once(event: string, listener: Listener): this {
    return this.#add(event, listener, true);
  }

  /** Ends a listener; without it all of the event, without an event all. */
  off(event?: string, listener?: Listener): this {
    this.#entries = this.#entries.filter(
      ([type, heard]) => (event && type !== event) || (listener && heard !== listener),
    );
    return this;
  }

  /** Listens to every message, before those who listen to its type. */
  onAny(listener: (type: string, message: Message) => void): this {
    return this.#add(ANY, listener);
  }

  offAny(listener?: (type: string, message: Message) => void): this {
    return this.off(ANY, listener);
  }

  #add(event: string, listener: Listener, once?: boolean): this {
    this.#entries.push([event, listener, once]);
    return this;
  }

  protected tellMessage(message: Message): void {
    this.tell(ANY, message.type, message);
    this.tell(message.type, message);
  }

  protected tell(event: string, ...args: unknown[]): void {
    for (const entry of this.#entries.filter(([type]) => type === event)) {
      const [, listener, once] = entry;
      if (once) this.#entries = this.#entries.filter((each) => each !== entry);
      call(listener as (...args: unknown[]) => void, args);
    }
  }
}

/** Calls what is not ours: what it throws is reported as any uncaught error is, and stops nothing here. */
export function call<Args extends unknown[]>(listener: (...args: Args) => void, args: Args): void {
  try {
    listener(...args);
  } catch (error) {
    void Promise.reject(error);
  }
}
