import { newBase } from '../life.ts';
import type { Order } from '../verdict.ts';
import type { Database } from './driver.ts';

/** A place in the order and its date in Unix seconds; `k` is 0 where the place is one of its own. */
export interface Place {
  n: number;
  t: number;
  k: number;
}

/** The last place and date that somebody knows of: what is given next is not below them. */
export type Known = Pick<Place, 'n' | 't'>;

interface Head extends Known {
  base: number;
  floor: number;
}

/** The one sequence, and the second of each of its places. */
export class Sequence implements Order {
  readonly #read;
  readonly #write;
  readonly #secondOf;
  readonly #firstSince;
  readonly #tick;
  readonly #forget;
  #head: Head = { n: 0, t: 0, base: 0, floor: 0 };
  /** Only even ones, the odd ones are the hub's; it never starts again, so nothing has to take it back. */
  #k = 0;
  /** The second of the last tick. */
  #ticked = 0;
  #changed = false;

  constructor(database: Database) {
    this.#read = database.prepare<Head>('SELECT n, t, base, floor FROM head');
    this.#write = database.prepare('REPLACE INTO head (rowid, n, t, base, floor) VALUES (1, ?, ?, ?, ?)');
    this.#secondOf = database.prepare<{ t: number }>('SELECT t FROM tick WHERE n <= ? ORDER BY n DESC LIMIT 1');
    this.#firstSince = database.prepare<{ n: number }>('SELECT n FROM tick WHERE t >= ? ORDER BY t LIMIT 1');
    this.#tick = database.prepare('INSERT INTO tick (n, t) VALUES (?, ?)');
    this.#forget = database.prepare(
      `DELETE FROM tick WHERE n IN
        (SELECT n FROM tick WHERE n < (SELECT max(n) FROM tick WHERE n <= ?) ORDER BY n LIMIT ?)`,
    );
  }

  get base(): number {
    return this.#head.base;
  }

  get head(): number {
    return this.#head.n;
  }

  /** The last date, in Unix seconds. */
  get date(): number {
    return this.#head.t;
  }

  /** The highest N that a room held of which nothing is kept. */
  get floor(): number {
    return this.#head.floor;
  }

  /**
   * Begins a life: at a place that no other life has used, so that what is numbered beside it is new as well.
   * @param seconds the date, Unix seconds
   */
  begin(seconds: number, known: Known): void {
    if (!this.load()) {
      const base = known.n > 0 ? known.n : newBase();
      this.#head = { n: base, t: Math.max(seconds, known.t), base, floor: base };
      this.#addTick();
    }
    this.#head.n = Math.max(this.#head.n, known.n);
    this.advance(Math.max(seconds, known.t));
    this.next();
    this.save();
  }

  /** Reads what was committed last. @returns false in a fresh store */
  load(): boolean {
    const head = this.#read.get();
    if (!head) return false;
    this.#head = { ...head };
    this.#ticked = this.secondOf(head.n) ?? 0;
    this.#changed = false;
    return true;
  }

  /** The date is at least this one, in Unix seconds; it never goes back. */
  advance(seconds: number): void {
    if (seconds <= this.#head.t) return;
    this.#head.t = seconds;
    this.#changed = true;
  }

  /** The next place in the order. */
  next(): Place {
    this.#head.n += 1;
    this.#changed = true;
    if (this.#head.t > this.#ticked) this.#addTick();
    return { n: this.#head.n, t: this.#head.t, k: 0 };
  }

  /** A place beside the last one, for what takes none. */
  beside(): Place {
    this.#k += 2;
    return { n: this.#head.n, t: this.#head.t, k: this.#k };
  }

  /** Something up to this N, and nothing above it, is no longer known of a room. */
  raiseFloor(n: number): void {
    this.#head.floor = Math.max(this.#head.floor, n);
    this.#changed = true;
  }

  /** To be called before each commit. */
  save(): void {
    if (!this.#changed) return;
    const { n, t, base, floor } = this.#head;
    this.#write.run(n, t, base, floor);
    this.#changed = false;
  }

  secondOf(n: number): number | undefined {
    return this.#secondOf.get(n)?.t;
  }

  /** The first N that was given in this second or a later one. */
  firstSince(seconds: number): number {
    return this.#firstSince.get(seconds)?.n ?? this.#head.n + 1;
  }

  /**
   * Forgets the seconds of places below an N, but for the last of them, which says when those until the next were given.
   * @returns how many, at most `limit`
   */
  forgetBelow(n: number, limit: number): number {
    return Number(this.#forget.run(n, limit).changes);
  }

  #addTick(): void {
    this.#tick.run(this.#head.n, this.#head.t);
    this.#ticked = this.#head.t;
  }
}
