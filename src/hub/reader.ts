import { DEFAULT_ROOM, type Message } from '../protocol/message.ts';
import type { Pages } from './pages.ts';
import type { Clock, Entry, Logger } from './ports.ts';
import { userRoom } from './rooms.ts';
import type { Session } from './session.ts';
import { type Stretch, Stretches } from './stretches.ts';

export interface ReaderOptions {
  pages: Pages;
  clock: Clock;
  logger: Logger;
  /** The last N that was delivered here: as far as a session may read. */
  head(): number;
  /** Its date, in Unix seconds. */
  date(): number;
  replay(session: Session, messages: readonly Message[]): void;
  /** The session has read everything up to the head. */
  level(session: Session): void;
  /** Something that the session has not read is no longer kept. */
  trimmed(session: Session): void;
}

// Entries that one read may bring: a page is in memory once per session that reads.
const PAGE = 200;
const RETRY = 1000;

/** Reads on from the log for sessions that are behind, page by page, as fast as their sockets take it. */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #stretches = new Stretches();

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** Reads until the session is level, blocked or gone. One reading per session: a second call changes nothing. */
  async read(session: Session): Promise<void> {
    if (session.reading) return;
    session.reading = true;
    try {
      while (readable(session)) await this.#readPage(session);
    } catch (error) {
      const { logger, clock } = this.#options;
      logger.warn({ err: error }, 'reading the log failed, trying again');
      clock.after(RETRY, () => void this.read(session));
    } finally {
      session.reading = false;
    }
  }

  async #readPage(session: Session): Promise<void> {
    const { pages, head, date, level, trimmed } = this.#options;
    const upTo = head();
    const then = date();
    const after = session.behindAt ?? upTo;
    const own = userRoom(session.user.id);
    const page = await pages.read({ rooms: heardBy(session), own, after, upTo, atLeast: upTo, limit: PAGE });
    if (!readable(session)) return;
    if (!page.complete) return trimmed(session);
    if (!this.replay(session, page.entries)) return;
    if (page.entries.length < PAGE) session.advance(upTo, then);
    if (readable(session) && session.behindAt === head()) level(session);
  }

  /** Sends entries that a session has not had, in order. @returns false where it takes no more: the rest is read later */
  replay(session: Session, entries: readonly Entry[]): boolean {
    for (const stretch of this.#stretches.of(entries)) {
      this.#pass(session, stretch);
      if (!readable(session)) return false;
    }
    return true;
  }

  /** In one piece, or else one by one: for whom something waits on the way, or who does not hear them all. */
  #pass(session: Session, { entries, messages }: Stretch): void {
    const [first, last] = [entries[0]!, entries.at(-1)!];
    session.advance(first.n - 1, first.message.timestamp);
    const isWhole = !session.holds(last.n) && hears(session, first.rooms, first.n, last.n);
    if (isWhole) return this.#send(session, last, messages);
    for (const entry of entries) if (readable(session)) this.#passOne(session, entry);
  }

  #passOne(session: Session, entry: Entry): void {
    const { n, rooms, message } = entry;
    session.advance(n - 1, message.timestamp);
    this.#send(session, entry, hears(session, rooms, n, n) ? [message] : []);
  }

  /** @param last of the messages: the position that the session then has */
  #send(session: Session, { n, message }: Entry, messages: readonly Message[]): void {
    if (!readable(session)) return;
    // First the position: a socket that these very messages fill up has been given them.
    session.behindAt = n;
    if (messages.length > 0) this.#options.replay(session, messages);
    session.advance(n, message.timestamp);
  }
}

/** With what is sent to its user. */
function heardBy({ rooms, user }: Session): Map<string, number> {
  const heard = rooms.heard();
  return heard.set(userRoom(user.id), heard.get(DEFAULT_ROOM) ?? 0);
}

/** Does all that goes to some of these rooms from place `first` to `last` reach it? */
function hears({ rooms: own, user }: Session, rooms: readonly string[], first: number, last: number): boolean {
  return rooms.some((room) => room === userRoom(user.id) || own.hearsAll(room, first, last));
}

function readable(session: Session): boolean {
  return !session.live && !session.resuming && !session.blocked && !session.ending && !session.gone;
}
