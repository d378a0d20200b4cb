import { formatId } from '../protocol/id.ts';
import type { Clock, Entry, Receipt } from './ports.ts';
import type { Session } from './session.ts';

/** How far the order has come here, and the ids beside it: of what takes no place of its own. */
export class Timeline {
  readonly #clock: Clock;
  #head = 0;
  #timestamp = 0;
  /** Tells apart what carries the same N; odd, since the log has the even ones for what takes no place. */
  #k = -1;
  #delivering = false;
  /** Drafts whose place is not known yet. */
  #underway = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The last N that was delivered here. */
  get head(): number {
    return this.#head;
  }

  /** The latest date that an id was given here, in Unix seconds. */
  get date(): number {
    return this.#timestamp;
  }

  /** @param head the last N that was given before */
  start(head: number): void {
    this.#head = head;
  }

  /**
   * Walks over entries that were handed out together. They were stamped together as well: in the midst of them time
   * stands still, or the dates of ids would go back.
   */
  walk(entries: readonly Entry[], visit: (entry: Entry, next: Entry | undefined) => void): void {
    this.#delivering = true;
    for (const [i, entry] of entries.entries()) {
      this.#head = entry.n;
      this.#timestamp = Math.max(this.#timestamp, entry.message.timestamp);
      visit(entry, entries[i + 1]);
    }
    this.#delivering = false;
  }

  /**
   * Waits for the place of a draft. The log may have dated it already: until that is known time stands still here, or what
   * is given an id meanwhile would be dated after it.
   */
  async place(publication: Promise<Receipt>): Promise<Receipt> {
    this.#underway += 1;
    try {
      return await publication;
    } finally {
      this.#underway -= 1;
    }
  }

  /** Where a session stands: the position up to which it has been sent everything, as an id that is its own. */
  positionOf(session: Session): Receipt {
    const n = session.behindAt ?? this.#head;
    if (!this.#delivering && this.#underway === 0) {
      this.#timestamp = Math.max(this.#timestamp, Math.floor(this.#clock.now() / 1000));
    }
    const timestamp = session.live ? this.#timestamp : session.behindDate;
    this.#k += 2;
    return { n, id: formatId(n, timestamp, this.#k), timestamp };
  }
}
