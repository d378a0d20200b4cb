import { DEFAULT_ROOM, type Message } from '../protocol/message.ts';
import type { Pages } from './pages.ts';
import type { Clock, Entry, Logger } from './ports.ts';
import { userRoom } from './rooms.ts';
import type { Session } from './session.ts';

export interface ReaderOptions {
  pages: Pages;
  clock: Clock;
  logger: Logger;
  /** The last N that was delivered here: as far as a session may read. */
  head(): number;
  /** Its date, in Unix seconds. */
  date(): number;
  replay(session: Session, message: Message): void;
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
    for (const entry of entries) {
      this.#pass(session, entry);
      if (!readable(session)) return false;
    }
    return true;
  }

  #pass(session: Session, { n, rooms, message }: Entry): void {
    session.advance(n - 1, message.timestamp);
    if (!readable(session)) return;
    // First the position: a socket that this very message fills up has been given it.
    session.behindAt = n;
    if (rooms.some((room) => hearsAt(session, room, n))) this.#options.replay(session, message);
    session.advance(n, message.timestamp);
  }
}

/** With what is sent to its user. */
function heardBy({ rooms, user }: Session): Map<string, number> {
  const heard = rooms.heard();
  return heard.set(userRoom(user.id), heard.get(DEFAULT_ROOM) ?? 0);
}

function hearsAt({ rooms, user }: Session, room: string, n: number): boolean {
  return room === userRoom(user.id) || rooms.hearsAt(room, n);
}

function readable(session: Session): boolean {
  return !session.live && !session.resuming && !session.blocked && !session.ending && !session.gone;
}
