import { type MessageId, parseId } from '../protocol/id.ts';
import { DEFAULT_ROOM, type LossReason } from '../protocol/message.ts';
import { type Holders, type Known, newSecret } from './holders.ts';
import type { Pages } from './pages.ts';
import type { Authorize, Entry, Log, Logger, Newcomer } from './ports.ts';
import type { Ring } from './ring.ts';
import { userRoom } from './rooms.ts';
import type { Attendee, Session } from './session.ts';

/** What the first list of a connection says about its recovery, beside the list. */
export interface Welcome {
  session: string;
  recovered?: boolean;
  reason?: LossReason;
  replayed?: number;
}

export interface RecoveryOptions {
  log: Log;
  logger: Logger;
  authorize: Authorize;
  pages: Pages;
  ring: Ring;
  holders: Holders;
  limits: {
    /** Messages that a connection may have missed, to be recovered. */
    replayLimit: number;
    /** Rooms that a connection may be in, the default one not counted. */
    maxRooms: number;
  };
  /** The last N that was delivered here. */
  head(): number;
  /** Resolves when the session has its place in the room. @param claims the session that its client has with it */
  join(session: Session, room: string, claims?: string): Promise<unknown>;
  /** Its rooms hear that one has left which was connected to another node. */
  seeOut(attendee: Attendee, rooms: readonly string[]): void;
  /** From here on everything is pushed to it: first its lists, of which the first one says more, then what it missed. */
  enter(session: Session, welcome: Welcome, ...missed: readonly (readonly Entry[])[]): void;
  expel(session: Session, why: 'try_again_later'): void;
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

  constructor(options: RecoveryOptions) {
    this.#options = options;
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
    const { holders, log, limits } = this.#options;
    const record = secret ? await this.#recordOf(session, secret) : undefined;
    const stranger = Boolean(secret) && !record;
    const permitted = await this.#permitted(session, record?.rooms ?? []);
    // One that has gone meanwhile must not leave a presence that nobody ends.
    if (session.gone || session.ending) return;
    session.secret = record?.id ?? newSecret();
    const kept = holders.settled(session.secret);
    const takeover = holders.takeOver(session, session.secret);
    // Those it names come first: a session must not grow with each return.
    const all = [...new Set([DEFAULT_ROOM, ...rooms, ...permitted])].slice(0, 1 + limits.maxRooms);
    // With the last of them: whoever had it on another node goes when the newcomer is there, and nobody sees it.
    const claimsAt = (i: number) => (i === all.length - 1 ? session.secret : undefined);
    const joins = all.map((room, i) => this.#options.join(session, room, claimsAt(i)));
    await Promise.all(joins).then(takeover.finish, takeover.undo);
    if (record?.holder) this.#options.seeOut({ id: record.holder.id, user: record.user }, record.rooms);
    if (!isSame(kept, session)) await holders.save(session);
    await log.sync();
    const past = stranger ? { reason: 'session' as const } : await this.#pastOf(session, lastId);
    await this.#enter(session, past);
  }

  /** What is kept of the session, where it is the user's own. */
  async #recordOf(session: Session, secret: string): Promise<Known | undefined> {
    const known = this.#options.holders.known(secret) ?? (await this.#options.log.session(secret));
    return known?.user.id === session.user.id ? known : undefined;
  }

  async #permitted(session: Session, rooms: readonly string[]): Promise<string[]> {
    const permitted: string[] = [];
    for (const room of rooms) {
      if (room === DEFAULT_ROOM) continue;
      if (await this.#options.authorize(session.user, 'join', { room })) permitted.push(room);
    }
    return permitted;
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
    if (!past) return enter(session, { session: key });
    if ('reason' in past) return enter(session, { session: key, recovered: false, reason: past.reason });
    const tail = ring.after(past.upTo);
    // So much was delivered meanwhile that the reading was in vain.
    if (!tail) return this.#enter(session, await this.#missed(session, past.from));
    const since = tail.filter((entry) => isMissed(session, entry));
    const replayed = past.missed.length + since.length;
    if (replayed > limits.replayLimit) {
      return enter(session, { session: key, recovered: false, reason: 'too_many' });
    }
    if (past.sealed.size > 0 && [...past.missed, ...since].some((entry) => isSealed(entry, past.sealed))) {
      return enter(session, { session: key, recovered: false, reason: 'forbidden' });
    }
    session.behindAt = past.from.n;
    const [first = since[0]] = past.missed;
    session.behindDate = Math.min(past.from.timestamp, first?.message.timestamp ?? Number.POSITIVE_INFINITY);
    // Two lists: the first is shared with everyone who missed the same.
    enter(session, { session: key, recovered: true, replayed }, past.missed, since);
  }
}

/** Is that what the log has of the session, so that nothing has to be kept? */
function isSame(known: Known | undefined, { user, rooms }: Session): boolean {
  return known !== undefined && known.user.name === user.name && known.rooms.join() === rooms.names().join();
}

/** May nobody read it to whom these rooms are closed? */
function isSealed({ rooms }: Entry, sealed: ReadonlySet<string>): boolean {
  return rooms.every((room) => sealed.has(room));
}

/** Is it kept, and does it reach the session? */
function isMissed({ rooms, user }: Session, entry: Entry): boolean {
  const key = userRoom(user.id);
  return entry.class === 'durable' && entry.rooms.some((room) => room === key || rooms.has(room));
}
