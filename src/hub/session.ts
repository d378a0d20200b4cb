import type { Message } from '../protocol/message.ts';
import type { Inbox } from './inbox.ts';
import type { Budget, Transport, User } from './ports.ts';

interface HeldMessage {
  /** The position that must have been reached before it is sent. */
  n: number;
  send(): void;
}

/**
 * One client: its user, rooms and position. It is *live* (attached to its rooms, everything is pushed to it) or
 * *behind at N* (nothing is pushed, it reads on from the log), never both and nothing else.
 */
export class Session {
  readonly id: string;
  readonly user: User;
  readonly transport: Transport;
  /** Where the client connects from, for logs and limits. */
  readonly address: string;
  readonly budget: Budget;
  readonly inbox: Inbox;
  /** Names of the rooms it asked to be in: where it may write. */
  readonly rooms = new Set<string>();
  /** Keys of the rooms it hears → the N after which it does. */
  readonly hears = new Map<string, number>();
  /** The position of a session that is behind; undefined while it is live. */
  behindAt: number | undefined = undefined;
  /** Its socket takes nothing more for now. */
  blocked = false;
  /** Its pages are being read. */
  reading = false;
  /** Its connection is being closed: nothing is read for it any more. */
  ending = false;
  /** Its connection has ended. */
  gone = false;
  /** What must not overtake the messages it is still to read; bounded, since a blocked client is not read from. */
  held: HeldMessage[] = [];

  constructor(options: {
    id: string;
    user: User;
    transport: Transport;
    address: string;
    budget: Budget;
    inbox: Inbox;
  }) {
    this.id = options.id;
    this.user = options.user;
    this.transport = options.transport;
    this.address = options.address;
    this.budget = options.budget;
    this.inbox = options.inbox;
  }

  get live(): boolean {
    return this.behindAt === undefined;
  }

  /** Hands the session to its transport; one that is gone gets nothing. */
  send(message: Message): void {
    if (!this.gone) this.transport.send(message, this);
  }

  /** Sends what was held back for positions up to the present one. */
  release(): void {
    const position = this.behindAt ?? Number.POSITIVE_INFINITY;
    while (this.held[0] && this.held[0].n <= position) this.held.shift()?.send();
  }
}
