import { IDEMPOTENCY_WINDOW } from '../life.ts';
import type { Database } from './driver.ts';
import type { Messages } from './messages.ts';
import type { Receipts } from './receipts.ts';
import type { Rooms } from './rooms.ts';
import type { Sequence } from './sequence.ts';
import type { Sessions } from './sessions.ts';

interface Held {
  sequence: Sequence;
  rooms: Rooms;
  messages: Messages;
  receipts: Receipts;
  sessions: Sessions;
}

export interface RetentionOptions {
  /** Milliseconds that messages and closed sessions are kept. */
  age: number;
  /** Bytes of the file in use above which the oldest of everything goes. */
  bytes: number;
}

/** Lets go of what is too old or too much, a small step at a time. */
export class Retention {
  readonly #held: Held;
  readonly #options: RetentionOptions;
  readonly #pages;
  #lookedAt = Number.NaN;
  /** Below it everything goes, whatever its age: there is too much of it. */
  #cut = 0;

  constructor(database: Database, held: Held, options: RetentionOptions) {
    this.#held = held;
    this.#options = options;
    this.#pages = database.prepare<{ bytes: number }>(
      `SELECT (page_count - freelist_count) * page_size AS bytes
        FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
    );
  }

  /** Removes about `limit` rows at most. @returns whether there is more to do */
  step(now: number, limit: number): boolean {
    const second = Math.floor(now / 1000);
    const full = this.#pages.get()!.bytes > this.#options.bytes;
    let left = limit - this.#held.messages.shorten(limit);
    if (full) left -= this.#makeRoom(left);
    if (full || second !== this.#lookedAt) left -= this.#dropOld(now, left);
    if (left > 0) this.#lookedAt = second;
    return left <= 0 || (full && left < limit);
  }

  /** @returns how many rows are gone */
  #dropOld(now: number, limit: number): number {
    const { messages, receipts, sequence, sessions } = this.#held;
    const oldMessages = this.#firstSince(now - this.#options.age);
    const oldReceipts = this.#firstSince(now - IDEMPOTENCY_WINDOW);
    let left = Math.max(0, limit);
    left -= messages.dropBelow(Math.max(this.#cut, oldMessages), left);
    left -= receipts.dropBelow(Math.max(this.#cut, oldReceipts), left);
    left -= sequence.forgetBelow(Math.max(this.#cut, Math.min(oldMessages, oldReceipts)), left);
    left -= sessions.expire(now, left);
    return limit - left;
  }

  /** The oldest of all rooms goes, and with it what is remembered of that time; where nothing is left, sessions do. */
  #makeRoom(limit: number): number {
    const { rooms, sequence, sessions } = this.#held;
    const oldest = rooms.oldest()?.first ?? sequence.head + 1;
    // What is below the last cut has to go first.
    if (oldest >= this.#cut) this.#cut = oldest + Math.max(64, Math.ceil((sequence.head - oldest) / 64));
    return oldest > sequence.head ? sessions.drop(Math.max(0, limit)) : 0;
  }

  /** @param time milliseconds */
  #firstSince(time: number): number {
    return this.#held.sequence.firstSince(Math.floor(time / 1000));
  }
}
