import type { Content, Message } from '../protocol/message.ts';
import type { Inbox } from './inbox.ts';
import { Memberships } from './memberships.ts';
import type { Budget, Transport, User } from './ports.ts';

interface HeldMessage {
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
  readonly rooms = new Memberships();
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
  /** Comings and goings of its own that have no place in the order yet. */
  passing = 0;
  /** What must not overtake the messages it is still to read; bounded, since a blocked client is not read from. */
  #held: HeldMessage[] | undefined;

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

  send(message: Message<Content>): void {
    this.transport.send(message, this);
  }

  /** @param n the position that must have been reached before it is sent */
  hold(n: number, send: () => void): void {
    this.#held ??= [];
    this.#held.push({ n, send });
  }

  /** Moves the position of a session that is behind on to `n`, and sends what was held back on the way. */
  advance(n: number): void {
    for (let next = this.#held?.[0]; next && next.n <= n && !this.blocked; next = this.#held?.[0]) {
      this.#held?.shift();
      this.behindAt = Math.max(next.n, this.behindAt ?? 0);
      next.send();
    }
    if (!this.blocked) this.behindAt = n;
  }

  /** Sends what is still held back, to one that is live. */
  release(): void {
    for (const { send } of this.#held?.splice(0) ?? []) send();
  }
}
