import type { CloseName, ErrorData } from '../protocol/errors.ts';
import type { Handshake } from '../protocol/handshake.ts';
import type { MessageId } from '../protocol/id.ts';
import type { Body, Content, DeliveryClass, Inbound, Message } from '../protocol/message.ts';
import type { Session } from './session.ts';

/** Who a connection speaks for. */
export interface User {
  /** Proves something only where an authenticator checks it. */
  id: string;
  /** Belongs to the connection: two tabs of one user may differ. */
  name: string;
  /** Its id was made up for this connection: nobody comes back under it. */
  guest?: true;
  /** Absent: nothing says what it may do, and it may do what everybody may (PROTOCOL.md, "Types"). */
  permissions?: Permissions;
  /** Until when this is who it is: Unix milliseconds. Absent: for ever. */
  expiresAt?: number;
}

/** What a user may do. In patterns `*` stands for any characters; the default room goes by its name. */
export interface Permissions {
  /** Rooms that it may join. */
  readonly join: readonly string[];
  /** Rooms whose stored messages it may read. */
  readonly read: readonly string[];
  /** Rooms that it may write to. */
  readonly write: readonly string[];
  /** Types that it may send, notifications apart. */
  readonly send: readonly string[];
  /** It may send notifications. */
  readonly notify: boolean;
  /** It may do everything. */
  readonly admin: boolean;
}

/** Finds out who a client is. */
export interface Authenticator {
  /** @throws Refusal `unauthorized` */
  authenticate(handshake: Handshake): Promise<User>;
  /**
   * Looks at another token of a living session's user.
   * @returns the user as it is from now on, of the same id and name
   * @throws Refusal `unauthorized`
   */
  renew(user: User, token: string): Promise<User>;
}

/** What someone wants to do: `send` a type, `join` a room, `read` a room's list, history, or what it missed there. */
export type Action = 'send' | 'join' | 'read';

export interface Target {
  type?: string;
  /** The room's name; absent for the default room. */
  room?: string;
  /** The userId of a direct message. */
  to?: string;
}

/**
 * May this user do that? Pure, and the one place that decides, for both protocols, messages, joins and HTTP alike.
 * An answer that takes time may come as a promise: the session's later requests wait for it, so nothing is reordered.
 */
export type Authorize = (user: User, action: Action, target: Target) => boolean | Promise<boolean>;

/** Time, passed in so that specs can move it by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `task` every `ms` milliseconds without keeping the process alive. @returns cancels it */
  every(ms: number, task: () => void): () => void;
  /** Runs `task` once after `ms` milliseconds without keeping the process alive. @returns cancels it */
  after(ms: number, task: () => void): () => void;
}

/** Log lines: structured fields, then the words. */
export interface Logger {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** How much one connection may ask for, by itself and together with the others of its user. */
export interface Budget {
  /** Takes one request. @returns 0 where there was room, else the seconds until there is */
  take(): number;
  /** It has gone on asking for so long that it is refused that its connection is to be closed. */
  readonly overdrawn: boolean;
  /** Nothing was read of the connection for a while: what it has sent in that time comes all at once. */
  catchUp(): void;
  /** Its connection has ended. */
  close(): void;
}

/** A member set of a room: alive, by reference. Its identity is what a transport may batch by. */
export type Audience = ReadonlySet<Session>;

/**
 * A door: one protocol, its sockets and its encoding. It has no opinion about types.
 *
 * Upwards it calls `hub.connect`, `hub.receive`, `hub.disconnect` (once per session, when its connection has ended),
 * and `hub.blocked` / `hub.drained` when a client takes less than it is sent.
 */
export interface Transport {
  readonly name: string;
  /**
   * Sends a message to one session, or to everyone in a room: soon, together with what else is sent in the same turn.
   * Each client gets its messages in the order of the calls. The audience is kept by reference, nobody looks who is in it
   * before the message is written. A session whose buffer is full is reported by `hub.blocked`, once everything that
   * was sent to it until then has been written; that may happen within a call.
   */
  send(message: Message<Content>, receivers: Audience | Session): void;
  /**
   * Sends one session messages as they are stored, in their order, as `send` does for each: but they are one piece, behind
   * which alone a full buffer is noticed. Others are likely to be sent the same list.
   */
  replay(messages: readonly Message[], session: Session): void;
  /**
   * To be called before a session joins or leaves an audience: it neither gains nor loses what was sent until now.
   */
  settle(session: Session): void;
  /**
   * Reads nothing more of a session, until `resume`: what it sends meanwhile waits in its own socket. What had been read
   * by then may still come. @returns false where that can't be (polling, a connection that is being closed)
   */
  pause(session: Session): boolean;
  /** Reads on, unless there is another reason not to. */
  resume(session: Session): void;
  /** Says why and ends a session's connection; `hub.disconnect` follows, within a bounded time even if the peer is dead. */
  close(session: Session, why: CloseName): void;
}

/** What a Socket.IO callback gets. */
export type Answer =
  | { ok: true; id: string; timestamp: number; duplicate?: true }
  | { ok: false; error: ErrorData & { message: string } };

/** What a transport hands up: one request of one client, still untrusted. */
export interface Request {
  /** Its size on the wire. */
  bytes: number;
  /** @throws Refusal */
  decode(): Inbound;
  /** The client's own way of getting an answer, where it gave one. */
  answer?: (answer: Answer) => void;
}

/** What a client says that comes back, or wants to be able to. */
export interface Return {
  /** The id of the last message that it has. */
  lastId?: string;
  /** The secret that it was given; empty to ask for one. */
  session?: string;
}

/** A client that may come in. */
export interface Newcomer extends Return {
  user: User;
  address: string;
  /** Rooms to join besides the default one, already permitted. */
  rooms: readonly string[];
}

/** How a connection has ended. */
export interface End {
  /** Its client took leave, and is not expected back. */
  goodbye: boolean;
  /** What went wrong, for the log lines. */
  fault?: string;
}

/** The hub as its doors see it. */
export interface Reception {
  /** @throws Refusal `rate_limited` where its user has all connections that one may have */
  checkPlace(newcomer: Pick<Newcomer, 'user' | 'session'>): void;
  /** Takes in a client. Nothing is sent to it before this has returned. */
  connect(transport: Transport, newcomer: Newcomer): Session;
  /** Takes one request; requests of one session take effect in the order of the calls. */
  receive(session: Session, request: Request): void;
  /** Ends a session for a reason of the table of closes: the transport's `close` is called back. */
  expel(session: Session, why: CloseName): void;
  /** The session's connection has ended. */
  disconnect(session: Session, end: End): void;
  /** The session's socket takes nothing more for now. */
  blocked(session: Session): void;
  /** It takes bytes again. */
  drained(session: Session): void;
  /**
   * All that the session was sent until now has been written.
   * @returns the position that its client has with it
   */
  written(session: Session): number;
  /** The session's client has confirmed what it got up to a position; one that it was never given changes nothing. */
  received(session: Session, position: number): void;
  /** So many messages were written together. */
  flushed(messages: number): void;
  /** Gives a message of the transport's own the position that the session has. */
  stamped(session: Session, body: Body): Message;
}

/** One person's coming or going in a room, as a part of the order. */
export interface PresenceChange {
  room: string;
  user: User;
  /** The id of the session that joined or left. */
  session: string;
  /**
   * It joined with this session of its client, by its secret: of all who have it the last one in the order keeps it, and
   * whoever had it before, on whatever node, lets go of it.
   */
  claims?: string;
  /** It was seen out by another node, since its own seemed to have ended: where that is not so it joins again. */
  lost?: true;
}

/** What a client calls its message by. */
export interface ClientMsgId {
  /** A userId. */
  user: string;
  id: string;
}

/** A message on its way to its place in the order. */
export interface Draft {
  class: DeliveryClass;
  body: Body;
  /** Keys of the rooms whose members receive it, each member once. */
  rooms: readonly string[];
  presence?: PresenceChange;
  /** The state class keeps the latest message of each key; without one the key is empty. */
  key?: string;
  /** Makes sending idempotent, within the user. */
  clientMsgId?: ClientMsgId;
  /** Unix seconds: the latest date that clients have been shown here. The stamp is not below it. */
  notBefore?: number;
}

/** A draft with its place: what `deliver` and `read` give. */
export interface Entry {
  /** Its place; of an ephemeral message, which has none, the last place given before it. */
  n: number;
  class: DeliveryClass;
  message: Message;
  rooms: readonly string[];
  presence?: PresenceChange;
}

/** Where a published message stands. */
export interface Receipt {
  n: number;
  /** The id of the message, or of the first one where this is a duplicate. */
  id: string;
  /** Unix seconds. */
  timestamp: number;
  duplicate?: true;
}

export interface ReadRequest {
  /** Room key → the N after which the reader belongs to it. */
  rooms: ReadonlyMap<string, number>;
  after: number;
  /** Inclusive. */
  upTo: number;
  /** Entries at most. */
  limit: number;
}

export interface Page {
  /** Durable entries in the order of N, each once. */
  entries: Entry[];
  /** False where something in the range is no longer kept in one of the rooms; then `entries` is empty. */
  complete: boolean;
}

/** Of an id: given by this log; never given by it; or older than what it can tell of. */
export type Verdict = 'known' | 'unknown' | 'trimmed';

export interface HistoryRequest {
  /** Its key. */
  room: string;
  /** The newest entries below this N. Without `before` and `after`: the newest there are. */
  before?: number | undefined;
  /** The oldest entries above this N. */
  after?: number | undefined;
  /** Entries at most. */
  limit: number;
}

export interface History {
  /** Durable entries in the order of N. */
  entries: Entry[];
  /** There are more of them: older ones, or with `after` newer ones. */
  more: boolean;
}

/** What is kept of a client that may come back. */
export interface SessionRecord {
  /** A secret of the user. */
  id: string;
  user: User;
  /** Keys of the rooms that its connection is in, the default one included where it is in it. */
  rooms: readonly string[];
  /** It has a connection, or had one when its server ended. */
  open: boolean;
  /** Which connection it is of, where several nodes share the log. */
  holder?: SessionHolder;
}

/** The connection that a session is of. */
export interface SessionHolder {
  /** The id under which it is present in rooms. */
  id: string;
  /** The N at which it came to have the session: of two connections the later one has it. */
  since: number;
}

/** Receives what was published, in the order of N over all rooms, without gaps or repeats. */
export type Deliver = (entries: readonly Entry[]) => void;

/**
 * The order goes on behind `n`, since what was between can't be had any more.
 *
 * With `present`: other nodes published something meanwhile, and just these were present behind it. Whoever is connected
 * here may have missed something, and has to find out by coming back. Without it: the log has lost everything, so there
 * is nothing to be missed, and nobody connected need notice.
 * @returns who is present by connections to this node, for a log that has lost that as well
 */
export type Restart = (n: number, present?: readonly PresenceChange[]) => readonly PresenceChange[];

/**
 * The log: every message of every room crosses it, also on one machine. It alone makes N, and only inside the commit:
 * idempotency, sequence, id, storage and hand-out are one step, and nothing has to be rolled back.
 *
 * A fresh log begins at a random N below 1,000,000, so that ids of another life are hardly ever taken for its own.
 * Neither an N nor an id is ever given twice, also across a crash: the suffixes `k` of the log's own ids are even (the
 * odd ones are the hub's, for what it says to one client), and each opening of a store begins at an N of its own.
 */
export interface Log {
  /**
   * Opens the store.
   * @param restart called where several nodes share the log, and this one was cut off from it for too long, or it was lost
   * @returns the last N that was given
   * @throws Error whose message is one line for the operator: a folder that can't be written or that another process
   * holds, a damaged store, one of a newer version
   */
  start(deliver: Deliver, restart?: Restart): Promise<number>;
  /**
   * Who was present at the N that `start` has returned, by the comings and goings that other nodes published. Also those
   * of nodes that ended without a word. None where the log has one node.
   */
  present(): readonly PresenceChange[];
  /**
   * Gives a draft its place, keeps it if its class says so and hands it out. Drafts published in one turn get
   * consecutive places. Never delivers before the call has returned; resolves when the message has been handed out here.
   * Its date is the latest of: the last one given (before a restart too), the clock's, `notBefore`.
   * @throws Refusal `unavailable` where it is not known to be kept
   * @throws TypeError where the draft can't be written as JSON
   */
  publish(draft: Draft): Promise<Receipt>;
  /** Where the message stands that a user has published under a clientMsgId; undefined where there is none. @throws Refusal `unavailable` */
  receipt(clientMsgId: ClientMsgId): Promise<Receipt | undefined>;
  /**
   * Resolves when all that was published anywhere before the call has been handed out here, or refused. Whoever reads up
   * to the last N that was delivered then misses nothing.
   */
  sync(): Promise<void>;

  /** @throws Refusal `unavailable` */
  read(request: ReadRequest): Promise<Page>;
  /** A page of one room for people who scroll: what is no longer kept is simply not there. @throws Refusal `unavailable` */
  history(request: HistoryRequest): Promise<History>;
  /** The latest message of each key of the state class in a room, in the order of N. @throws Refusal `unavailable` */
  states(room: string): Promise<Entry[]>;
  /**
   * Is it an id that this log gave? Exact: the date must be that of N; with `k` it may be any later one. `trimmed` where N is older than everything that is kept by age.
   * @throws Refusal `unavailable`
   */
  check(id: MessageId): Promise<Verdict>;

  /** Keeps what a session is now, in the order of the calls and of what is published. @throws Refusal `unavailable` */
  saveSession(session: SessionRecord): Promise<void>;
  /**
   * What was saved last; undefined where there is none of this id, or it has been closed for longer than messages are
   * kept. @throws Refusal `unavailable`
   */
  session(id: string): Promise<SessionRecord | undefined>;
  /**
   * The sessions that were open when the server ended, closed or killed, and that nobody has saved or closed since:
   * the latest ones, at most 10,000. @throws Refusal `unavailable`
   */
  openSessions(): Promise<SessionRecord[]>;
  /** Its connection has ended for good; it is kept for a while. Unknown ids are let pass. @throws Refusal `unavailable` */
  closeSession(id: string): Promise<void>;

  /** Why it can't take messages now; empty when it can. */
  ready(): string[];
  /** Takes nothing more, commits and hands out what was published before, and lets go of the store. */
  close(): Promise<void>;
}
