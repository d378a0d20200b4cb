import { randomBytes } from 'node:crypto';
import { formatId, type MessageId, parseId } from '../protocol/id.ts';
import { DEFAULT_ROOM, type LossReason } from '../protocol/message.ts';
import type { Pages } from './pages.ts';
import type { Authorize, Clock, Entry, Log, Logger, Newcomer, SessionRecord, User } from './ports.ts';
import { Reminders } from './reminders.ts';
import type { Ring } from './ring.ts';
import { userRoom } from './rooms.ts';
import { type Attendee, Session } from './session.ts';

/** What the first list of a connection says about its recovery, beside the list. */
export interface Welcome {
  session: string;
  recovered?: boolean;
  reason?: LossReason;
  replayed?: number;
}

export interface RecoveryOptions {
  log: Log;
  clock: Clock;
  logger: Logger;
  authorize: Authorize;
  pages: Pages;
  ring: Ring;
  limits: {
    /** Messages that a connection may have missed, to be recovered. */
    replayLimit: number;
    /** Rooms that a connection may be in, the default one not counted. */
    maxRooms: number;
    /** Milliseconds for which one that vanished counts as present. */
    presenceGrace: number;
    /** Clients that know nothing of recovery are recovered by what they have confirmed. */
    legacyRecovery: boolean;
  };
  /** The last N that was delivered here. */
  head(): number;
  /** The latest date that an id was given here, in Unix seconds. */
  date(): number;
  /** Resolves when the session has its place in the room. */
  join(session: Session, room: string): Promise<unknown>;
  /** From here on everything is pushed to it: first its lists, of which the first one says more, then what it missed. */
  enter(session: Session, welcome: Welcome, missed: readonly Entry[]): void;
  /** Counts one as present that has no connection here. */
  seat(attendee: Attendee, rooms: readonly string[]): void;
  /** Its rooms hear that it has left. */
  leave(attendee: Attendee, rooms: readonly string[]): void;
  expel(session: Session, why: 'replaced' | 'try_again_later'): void;
}

/** One that vanished, and counts as present until it is back or its time is up. */
interface Ghost {
  attendee: Attendee;
  rooms: readonly string[];
  /** Its time is not up any more. */
  keep(): void;
}

/** What is known of a session. */
type Known = Omit<SessionRecord, 'open'>;

/** A session on its way from one connection to the next. */
interface Takeover {
  /** Ends who had it, once the newcomer is in its rooms: nobody sees them go. */
  finish(): void;
  /** @throws what was given */
  undo(error: unknown): never;
}

/** What was found of the past of a connection. */
type Past = Missed | { reason: LossReason } | undefined;

interface Missed {
  from: MessageId;
  missed: Entry[];
  upTo: number;
  /** Rooms whose stored messages the user may not read. */
  sealed: ReadonlySet<string>;
}

/**
 * Brings clients back that dropped: to the rooms they were in, with one presence across the gap, and with every message
 * that they missed, or a plain word that this can't be had (PROTOCOL.md, "Recovery").
 */
export class Recovery {
  readonly #options: RecoveryOptions;
  /** Secret → who has it. */
  readonly #sessions = new Map<string, Session>();
  readonly #ghosts = new Map<string, Ghost>();
  readonly #reminders = new Reminders();

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** After a restart those that were here count as present for a while: their return is no crowd of newcomers. */
  async start(): Promise<void> {
    for (const { id, user, rooms } of await this.#options.log.openSessions()) {
      const attendee = { id: `was-${id.slice(0, 8)}-${this.#ghosts.size}`, user };
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

  /** Takes in a client that comes back, or wants to be able to. */
  async resume(session: Session, newcomer: Newcomer): Promise<void> {
    try {
      await this.#resume(session, newcomer);
    } catch (error) {
      if (session.gone || session.ending) return;
      this.#options.logger.warn({ err: error }, 'a session could not be resumed');
      this.#options.expel(session, 'try_again_later');
    }
  }

  async #resume(session: Session, { rooms, lastId, session: secret }: Newcomer): Promise<void> {
    const record = secret ? await this.#recordOf(session, secret) : undefined;
    const stranger = Boolean(secret) && !record;
    const permitted = await this.#permitted(session, record?.rooms ?? []);
    // One that has gone meanwhile must not leave a presence that nobody ends.
    if (session.gone || session.ending) return;
    session.secret = record?.id ?? newSecret();
    const kept = this.#settled(session.secret);
    const takeover = this.#takeOver(session, session.secret);
    // Those it names come first: a session must not grow with each return.
    const all = [...new Set([DEFAULT_ROOM, ...rooms, ...permitted])].slice(0, 1 + this.#options.limits.maxRooms);
    const joins = all.map((room) => this.#options.join(session, room));
    await Promise.all(joins).then(takeover.finish, takeover.undo);
    if (!isSame(kept, session)) await this.#save(session);
    await this.#options.log.sync();
    const past = stranger ? { reason: 'session' as const } : await this.#pastOf(session, lastId);
    await this.#enter(session, past);
  }

  /** What is kept of the session, where it is the user's own. */
  async #recordOf(session: Session, secret: string): Promise<Known | undefined> {
    const known = this.#known(secret) ?? (await this.#options.log.session(secret));
    return known?.user.id === session.user.id ? known : undefined;
  }

  /** Of one that is here, or expected back, nothing has to be read. */
  #known(id: string): Known | undefined {
    const session = this.#sessions.get(id);
    if (session) return { id, user: session.user, rooms: session.rooms.names() };
    const ghost = this.#ghosts.get(id);
    return ghost && { id, user: ghost.attendee.user, rooms: ghost.rooms };
  }

  /** The same, where the log has it, as of a connection of this life. */
  #settled(secret: string): Known | undefined {
    const holder = this.#sessions.get(secret) ?? this.#ghosts.get(secret)?.attendee;
    const settled = holder instanceof Session && !holder.resuming && holder.passing === 0;
    return settled ? this.#known(secret) : undefined;
  }

  async #permitted(session: Session, rooms: readonly string[]): Promise<string[]> {
    const permitted: string[] = [];
    for (const room of rooms) {
      if (room === DEFAULT_ROOM) continue;
      if (await this.#options.authorize(session.user, 'join', { room })) permitted.push(room);
    }
    return permitted;
  }

  /** The newcomer has the session, and joins its rooms in the same step. */
  #takeOver(session: Session, secret: string): Takeover {
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

  // --- what was missed ---

  async #pastOf(session: Session, lastId: string | undefined): Promise<Past> {
    if (lastId === undefined) return undefined;
    const id = parseId(lastId);
    const verdict = id ? await this.#options.log.check(id) : 'unknown';
    if (!id || verdict === 'unknown') return { reason: 'unknown' };
    return verdict === 'trimmed' ? { reason: 'truncated' } : this.#missed(session, id);
  }

  async #missed(session: Session, from: MessageId): Promise<Missed | { reason: LossReason }> {
    const sealed = await this.#sealed(session);
    const { pages, ring, head, limits } = this.#options;
    const own = userRoom(session.user.id);
    const rooms = new Map([...session.rooms.names(), own].map((room) => [room, 0]));
    const range = { after: from.n, upTo: head(), atLeast: ring.floor, limit: limits.replayLimit + 1 };
    const { complete, entries, upTo } = await pages.read({ rooms, own, ...range });
    return complete ? { from, missed: entries, upTo, sealed } : { reason: 'truncated' };
  }

  /** An old id must not open what was said in a room before one came to it, to whom its history is closed. */
  async #sealed({ user, rooms }: Session): Promise<Set<string>> {
    const sealed = new Set<string>();
    for (const room of rooms.names()) {
      const target = room === DEFAULT_ROOM ? {} : { room };
      if (!(await this.#options.authorize(user, 'read', target))) sealed.add(room);
    }
    return sealed;
  }

  /** In one step, so that nothing can be delivered between what is replayed and what is pushed. */
  async #enter(session: Session, past: Past): Promise<void> {
    const { secret: key } = session;
    // Without it another one has taken over, and this one is about to be closed.
    if (session.gone || session.ending || key === undefined) return;
    const { limits, ring, enter } = this.#options;
    if (!past) return enter(session, { session: key }, []);
    if ('reason' in past) return enter(session, { session: key, recovered: false, reason: past.reason }, []);
    const tail = ring.after(past.upTo);
    // So much was delivered meanwhile that the reading was in vain.
    if (!tail) return this.#enter(session, await this.#missed(session, past.from));
    const missed = [...past.missed, ...tail.filter((entry) => isMissed(session, entry))];
    if (missed.length > limits.replayLimit) {
      return enter(session, { session: key, recovered: false, reason: 'too_many' }, []);
    }
    if (missed.some(({ rooms }) => rooms.every((room) => past.sealed.has(room)))) {
      return enter(session, { session: key, recovered: false, reason: 'forbidden' }, []);
    }
    session.behindAt = past.from.n;
    session.behindDate = Math.min(past.from.timestamp, ...missed.slice(0, 1).map(({ message }) => message.timestamp));
    enter(session, { session: key, recovered: true, replayed: missed.length }, missed);
  }

  // --- what is kept ---

  /** To be called when the rooms of a session change: they are what it comes back to. */
  changed(session: Session): void {
    this.#save(session).catch((error) => this.#options.logger.warn({ err: error }, 'a session was not kept'));
  }

  /** What a connection changed that has ended may have its place only now: it must not undo what came after it. */
  async #save(session: Session): Promise<void> {
    const { secret, user, rooms } = session;
    if (secret === undefined) return;
    const holder = this.#sessions.get(secret) ?? this.#ghosts.get(secret)?.attendee;
    if (holder && holder !== session) return;
    // What it may do is a matter of its next token.
    const who = { id: user.id, name: user.name };
    await this.#options.log.saveSession({ id: secret, user: who, rooms: rooms.names(), open: holder !== undefined });
  }

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

/** Is that what the log has of the session, so that nothing has to be kept? */
function isSame(known: Known | undefined, { user, rooms }: Session): boolean {
  return known !== undefined && known.user.name === user.name && known.rooms.join() === rooms.names().join();
}

function newSecret(): string {
  return randomBytes(16).toString('base64url');
}

/** Is it kept, and does it reach the session? */
function isMissed({ rooms, user }: Session, entry: Entry): boolean {
  const key = userRoom(user.id);
  return entry.class === 'durable' && entry.rooms.some((room) => room === key || rooms.has(room));
}
