import { Refusal } from '../protocol/errors.ts';
import { SYSTEM } from '../protocol/message.ts';
import type { Clock, Draft, Entry } from './ports.ts';

/** What is said of one user. */
interface Word {
  userId: string;
  /** Milliseconds since the epoch; in the past: it may come in again. */
  until: number;
}

/** Users that may be barred at once. */
const MOST = 10_000;
/** A room keeps the states of 1,000 keys. */
const ROOMS = 16;
const ROOM = '!bars-';

/**
 * Users who may not come in for a time. What is said of them crosses the log as states of rooms that no client can name:
 * all nodes hear of it, and later lives read it.
 */
export class Bars {
  readonly #clock: Pick<Clock, 'now'>;
  /** userId → until when, in milliseconds since the epoch. */
  readonly #until = new Map<string, number>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Where they are kept. */
  static rooms(): string[] {
    return Array.from({ length: ROOMS }, (_, i) => ROOM + i);
  }

  /** Is that a word about one of them? */
  static areIn({ rooms }: Entry): boolean {
    return rooms[0]?.startsWith(ROOM) === true;
  }

  /** Bars a user, whatever was said of that one before. @throws Refusal `over_capacity` */
  draft(userId: string, until: number): Draft {
    if (this.#until.size >= MOST && !this.#until.has(userId)) this.#sweep();
    return toDraft({ userId, until });
  }

  /** Lets one in again. */
  pardon(userId: string): Draft {
    return toDraft({ userId, until: 0 });
  }

  /** Such a word has its place in the order. */
  hear({ message }: Entry): Word {
    const word = message.data as unknown as Word;
    if (word.until > this.#clock.now()) this.#until.set(word.userId, word.until);
    else this.#until.delete(word.userId);
    return word;
  }

  has(userId: string): boolean {
    const until = this.#until.get(userId);
    if (until === undefined) return false;
    if (until > this.#clock.now()) return true;
    this.#until.delete(userId);
    return false;
  }

  /** Makes room by those whose time is up. Nobody is let in before that for want of memory. */
  #sweep(): void {
    for (const userId of this.#until.keys()) this.has(userId);
    if (this.#until.size >= MOST) throw new Refusal('over_capacity', { detail: 'bars', retryAfter: 60 });
  }
}

function toDraft({ userId, until }: Word): Draft {
  const body = { type: 'bar', content: '', from: SYSTEM, data: { userId, until } };
  return { class: 'state', body, rooms: [roomOf(userId)], key: userId };
}

function roomOf(userId: string): string {
  let sum = 0;
  for (let i = 0; i < userId.length; i += 1) sum = (sum * 31 + userId.charCodeAt(i)) % 65_521;
  return ROOM + (sum % ROOMS);
}
