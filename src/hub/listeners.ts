import type { Message } from '../protocol/message.ts';
import type { OwnType } from '../protocol/own-type.ts';
import type { Logger, User } from './ports.ts';
import type { Session } from './session.ts';

/** A connection, as application code sees it. */
export interface Client {
  /** Unique among all connections of all nodes. */
  readonly id: string;
  readonly user: User;
  /** `ws` or `socketio`. */
  readonly transport: string;
  readonly address: string;
}

/** A message that carries data of an own type. */
export type TypedMessage<Data> = Omit<Message, 'data'> & { data: Data };

/** Any listener: what it is given depends on the event. */
export type Listener = (...args: never[]) => unknown;
type Stop = () => void;

/** How application code listens. Each event is heard once in the deployment: on the node that the client is connected to. */
export interface Listenable {
  /** A client has come in and has its list. @returns stops listening */
  on(event: 'connect', listener: (client: Client) => unknown): Stop;
  /** A client's connection has ended. */
  on(event: 'disconnect', listener: (client: Client) => unknown): Stop;
  /** A client has sent a message of an own type, which is now in its place in the order. */
  on<Data>(type: OwnType<Data>, listener: (message: TypedMessage<Data>, client: Client) => unknown): Stop;
  /** The same, by the type's name: `chat`, `notification` or an own type's. */
  on(type: string, listener: (message: Message, client: Client) => unknown): Stop;
}

/** The listeners of application code. What they throw, or reject with, is logged and harms nobody. */
export class Listeners {
  readonly #logger: Logger;
  readonly #byEvent = new Map<string, Set<Listener>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(event: string, listener: Listener): Stop {
    const listeners = this.#byEvent.get(event) ?? new Set();
    this.#byEvent.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  tell(event: 'connect' | 'disconnect', session: Session): void {
    this.#call(event, session);
  }

  tellMessage(message: Message, session: Session): void {
    this.#call(message.type, session, message);
  }

  #call(event: string, session: Session, ...message: Message[]): void {
    const listeners = this.#byEvent.get(event);
    if (!listeners?.size) return;
    const client = toClient(session);
    for (const listener of listeners) void this.#run(listener as (...args: unknown[]) => unknown, [...message, client]);
  }

  async #run(listener: (...args: unknown[]) => unknown, args: unknown[]): Promise<void> {
    try {
      await listener(...args);
    } catch (error) {
      this.#logger.error({ err: error }, 'a listener of the application failed');
    }
  }
}

function toClient({ id, user, transport, address }: Session): Client {
  return { id, user: { ...user }, transport: transport.name, address };
}
