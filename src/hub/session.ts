import type { Content, Message } from '../protocol/message.ts';
import type { Inbox } from './inbox.ts';
import { Memberships } from './memberships.ts';
import type { Budget, Transport, User } from './ports.ts';

interface HeldMessage {
  n: number;
  timestamp: number;
  send(): void;
}

/** Whoever counts as present: a connection, or one that is expected back. */
export interface Attendee {
  readonly id: string;
  readonly user: User;
}

/**
 * One client: its user, rooms and position. It is *live* (attached to its rooms, everything is pushed to it) or
 * *behind at N* (nothing is pushed, it reads on from the log), never both and nothing else.
 */
export class Session implements Attendee {
  readonly id: string;
  /** A renewed token makes another object of it, of the same id and name. */
  user: User;
  readonly transport: Transport;
  /** Where the client connects from, for logs and limits. */
  readonly address: string;
  readonly budget: Budget;
  readonly inbox: Inbox;
  readonly rooms = new Memberships();
  /** The position of a session that is behind; undefined while it is live. */
  behindAt: number | undefined = undefined;
  /** The date of that position, in Unix seconds: what it gets there is not dated after what it is still to read. */
  behindDate = 0;
  /** The position up to which everything has been written to its socket. */
  writtenAt: number | undefined = undefined;
  /** The position up to which its client has confirmed everything; undefined where that can't be asked. */
  receivedAt: number | undefined = undefined;
  /** Its socket takes nothing more for now. */
  blocked = false;
  /** The secret by which its client comes back, if that wants to be able to. */
  secret: string | undefined = undefined;
  /** The N at which it came to have it; undefined until that is in the order. */
  since: number | undefined = undefined;
  /** Its client has come back on another node. */
  replaced = false;
  /** Its client knows of recovery, and keeps its position by itself. */
  aware = false;
  /** It is being found out what its client missed: it is behind, and nothing is read for it yet. */
  resuming = false;
  /** It has got its first list, and may get anything else. */
  welcomed = false;
  /** Its client has been told not to come back. */
  dismissed = false;
  /** While it becomes level: rooms whose fresh list it has → the roster's version. */
  listed: Map<string, number> | undefined = undefined;
  /** Its pages are being read. */
  reading = false;
  /** Somebody ended it who may: nothing that it still says counts. */
  kicked = false;
  /** The server ends, and its presence with another one, or a later life: it does not leave. */
  handedOver = false;
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

  /** @param position what must have been reached before it is sent, with its date */
  hold(position: { n: number; timestamp: number }, send: () => void): void {
    this.#held ??= [];
    this.#held.push({ n: position.n, timestamp: position.timestamp, send });
  }

  /** Is something held back that is to be sent before, or at, that position? */
  holds(n: number): boolean {
    const next = this.#held?.[0];
    return next !== undefined && next.n <= n;
  }

  /** Moves the position of a session that is behind on to `n`, and its date, and sends what was held back on the way. */
  advance(n: number, timestamp: number): void {
    for (let next = this.#held?.[0]; next && next.n <= n && !this.blocked; next = this.#held?.[0]) {
      this.#held?.shift();
      this.#stand(Math.max(next.n, this.behindAt ?? 0), Math.max(next.timestamp, this.behindDate));
      next.send();
    }
    if (!this.blocked) this.#stand(n, timestamp);
  }

  #stand(n: number, timestamp: number): void {
    this.behindAt = n;
    this.behindDate = timestamp;
  }

  /** Sends what is still held back, to one that is live. */
  release(): void {
    for (const { send } of this.#held?.splice(0) ?? []) send();
  }
}
