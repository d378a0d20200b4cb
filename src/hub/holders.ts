import { randomBytes } from 'node:crypto';
import { formatId } from '../protocol/id.ts';
import { sessionId } from './nodes.ts';
import type { Clock, Log, Logger, Newcomer, SessionRecord, User } from './ports.ts';
import { Reminders } from './reminders.ts';
import { type Attendee, Session } from './session.ts';

export interface HoldersOptions {
  /** This node's. */
  name: string;
  log: Log;
  clock: Clock;
  logger: Logger;
  limits: {
    /** Milliseconds for which one that vanished counts as present. */
    presenceGrace: number;
    /** Clients that know nothing of recovery are recovered by what they have confirmed. */
    legacyRecovery: boolean;
  };
  /** The latest date that an id was given here, in Unix seconds. */
  date(): number;
  /** Counts one as present that has no connection here. */
  seat(attendee: Attendee, rooms: readonly string[]): void;
  /** Its rooms hear that it has left. */
  leave(attendee: Attendee, rooms: readonly string[]): void;
  expel(session: Session, why: 'replaced'): void;
}

/** One that vanished, and counts as present until it is back or its time is up. */
interface Ghost {
  attendee: Attendee;
  rooms: readonly string[];
  /** Its time is not up any more. */
  keep(): void;
}

/** What is known of a session. */
export type Known = Omit<SessionRecord, 'open'>;

/** Milliseconds after which one that was taken over by another node has been seen out of its rooms. */
const SEEN_OUT = 1000;

/** A session on its way from one connection to the next. */
export interface Takeover {
  /** Ends who had it, once the newcomer is in its rooms: nobody sees them go. */
  finish(): void;
  /** @throws what was given */
  undo(error: unknown): never;
}

/** Who has each session, by its secret: a connection, or for a while one that vanished. What is kept of them is kept here. */
export class Holders {
  readonly #options: HoldersOptions;
  /** Secret → who has it. */
  readonly #sessions = new Map<string, Session>();
  readonly #ghosts = new Map<string, Ghost>();
  readonly #reminders = new Reminders();

  constructor(options: HoldersOptions) {
    this.#options = options;
  }

  /** After a restart those that were here count as present for a while: their return is no crowd of newcomers. */
  async start(): Promise<void> {
    const { log, name } = this.#options;
    for (const { id, user, rooms } of await log.openSessions()) {
      const attendee = { id: sessionId(name, `was${this.#ghosts.size}`), user };
      this.#options.seat(attendee, rooms);
      this.#await(id, attendee, rooms);
    }
  }

  /** The server ends: whoever is expected back is so by its next life. */
  stop(): void {
    for (const { keep } of this.#ghosts.values()) keep();
    this.#ghosts.clear();
  }

  /** What a client says that says nothing, where it is known to come back. */
  recall(newcomer: Newcomer): Newcomer | undefined {
    const reminder = this.#reminders.take(newcomer.user.id);
    return reminder && { ...newcomer, ...reminder };
  }

  /** Whose connection a client takes over that gives this secret. */
  holderOf(user: User, secret: string | undefined): Session | undefined {
    const holder = secret ? this.#sessions.get(secret) : undefined;
    return holder?.user.id === user.id ? holder : undefined;
  }

  // --- who has it ---

  /** Of one that is here, or expected back, nothing has to be read. */
  known(id: string): Known | undefined {
    const session = this.#sessions.get(id);
    if (session) return { id, user: session.user, rooms: session.rooms.names() };
    const ghost = this.#ghosts.get(id);
    return ghost && { id, user: ghost.attendee.user, rooms: ghost.rooms };
  }

  /** The same, where the log has it, as of a connection of this life. */
  settled(secret: string): Known | undefined {
    const holder = this.#sessions.get(secret) ?? this.#ghosts.get(secret)?.attendee;
    const settled = holder instanceof Session && !holder.resuming && holder.passing === 0;
    return settled ? this.known(secret) : undefined;
  }

  /** The newcomer has the session, and joins its rooms in the same step. */
  takeOver(session: Session, secret: string): Takeover {
    const former = this.#sessions.get(secret);
    const ghost = this.#ghosts.get(secret);
    this.#sessions.set(secret, session);
    this.#ghosts.delete(secret);
    ghost?.keep();
    if (ghost) this.#reminders.drop(ghost.attendee.user.id, secret);
    if (former) former.secret = undefined;
    const finish = () => {
      if (ghost) this.#options.leave(ghost.attendee, ghost.rooms);
      if (former) this.#options.expel(former, 'replaced');
    };
    const undo = (error: unknown) => {
      if (this.#sessions.get(secret) === session) this.#giveBack(session, secret, former, ghost);
      else finish();
      throw error;
    };
    return { finish, undo };
  }

  /** The newcomer could not get in: whoever had the session has it again, and is there as before. */
  #giveBack(session: Session, secret: string, former: Session | undefined, ghost: Ghost | undefined): void {
    session.secret = undefined;
    this.#sessions.delete(secret);
    if (former && !former.gone) {
      former.secret = secret;
      this.#sessions.set(secret, former);
    }
    if (ghost) this.#await(secret, ghost.attendee, ghost.rooms);
  }

  /** A claim has its place in the order: whoever had the session here until then lets go of it, and nobody sees it go. */
  claimed(secret: string, id: string, n: number): void {
    const session = this.#sessions.get(secret);
    const holder = session ?? this.#ghosts.get(secret)?.attendee;
    if (!(holder instanceof Session)) return holder && this.#letGo(secret);
    if (holder.id === id) holder.since = n;
    // Its own claim may still be on its way: then it comes later, and has it in the end.
    else if (holder.since !== undefined) this.#letGo(secret);
  }

  #letGo(secret: string): void {
    const { expel } = this.#options;
    const session = this.#sessions.get(secret);
    const ghost = this.#ghosts.get(secret);
    this.#sessions.delete(secret);
    this.#ghosts.delete(secret);
    ghost?.keep();
    if (ghost) this.#reminders.drop(ghost.attendee.user.id, secret);
    if (ghost) this.#seeOut(ghost.attendee, ghost.rooms);
    if (!session) return;
    session.secret = undefined;
    session.replaced = true;
    this.#seeOut(session, session.rooms.names());
    expel(session, 'replaced');
  }

  /** The other node does it, for the rooms that it knows of. */
  #seeOut(attendee: Attendee, rooms: readonly string[]): void {
    this.#options.clock.after(SEEN_OUT, () => this.#options.leave(attendee, rooms));
  }

  // --- what is kept ---

  /** To be called when the rooms of a session change: they are what it comes back to. */
  changed(session: Session): void {
    this.save(session).catch((error) => this.#options.logger.warn({ err: error }, 'a session was not kept'));
  }

  /** What a connection changed that has ended may have its place only now: it must not undo what came after it. */
  async save(session: Session): Promise<void> {
    const { id, secret, since, user, rooms } = session;
    if (secret === undefined) return;
    const holder = this.#sessions.get(secret) ?? this.#ghosts.get(secret)?.attendee;
    if (holder && holder !== session) return;
    // What it may do is a matter of its next token.
    const who = { id: user.id, name: user.name };
    const record: SessionRecord = { id: secret, user: who, rooms: rooms.names(), open: holder !== undefined };
    if (since !== undefined) record.holder = { id, since };
    await this.#options.log.saveSession(record);
  }

  // --- those who vanish ---

  /** A session's connection has ended for good: there is nothing to come back to but its rooms and messages. */
  ended(session: Session): void {
    const { secret } = session;
    if (secret === undefined) return;
    this.#sessions.delete(secret);
    this.#close(secret);
  }

  /** Its connection has ended, and it may come back. @returns false where it can't: it has no session */
  vanished(session: Session): boolean {
    this.#remember(session);
    const { secret } = session;
    if (secret === undefined) return false;
    this.#sessions.delete(secret);
    this.#await(secret, session, session.rooms.names());
    if (!session.aware) this.changed(session);
    return true;
  }

  /** Of a client that keeps nothing by itself: what it would have to say, to come back. */
  #remember(session: Session): void {
    const { aware, user, receivedAt: n } = session;
    const { limits, date } = this.#options;
    if (!limits.legacyRecovery || aware || user.guest || n === undefined) return;
    session.secret ??= newSecret();
    this.#reminders.add(user.id, { session: session.secret, lastId: formatId(n, date(), 1) });
  }

  #await(secret: string, attendee: Attendee, rooms: readonly string[]): void {
    const { clock, limits } = this.#options;
    const keep = clock.after(limits.presenceGrace, () => this.#giveUpOn(secret, attendee, rooms));
    this.#ghosts.set(secret, { attendee, rooms, keep });
  }

  /** A user is not expected back any more. */
  dismissed(userId: string): void {
    for (const [secret, { attendee, rooms, keep }] of [...this.#ghosts]) {
      if (attendee.user.id !== userId) continue;
      keep();
      this.#giveUpOn(secret, attendee, rooms);
    }
  }

  #giveUpOn(secret: string, attendee: Attendee, rooms: readonly string[]): void {
    this.#ghosts.delete(secret);
    this.#reminders.drop(attendee.user.id, secret);
    this.#options.leave(attendee, rooms);
    this.#close(secret);
  }

  #close(secret: string): void {
    const { log, logger } = this.#options;
    log.closeSession(secret).catch((error) => logger.warn({ err: error }, 'a session was not closed'));
  }
}

export function newSecret(): string {
  return randomBytes(16).toString('base64url');
}
