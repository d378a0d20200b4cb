import { type Database, quote } from './driver.ts';
import type { Place } from './sequence.ts';

/** Where the message of each clientMsgId stands, so that it is published once. */
export class Receipts {
  readonly #statements;
  readonly #max: number;
  #count = 0;

  /** @param max how many are remembered */
  constructor(database: Database, max: number) {
    this.#max = max;
    const oldest = '(user, id) IN (SELECT user, id FROM idem WHERE n < ? ORDER BY n LIMIT ?)';
    this.#statements = {
      find: database.prepare<Place>('SELECT n, t, k FROM idem WHERE user = ? AND id = ? AND t >= ?'),
      insert: database.prepare('REPLACE INTO idem (user, id, n, t, k) VALUES (?, ?, ?, ?, ?)'),
      count: database.prepare<{ count: number }>('SELECT count(*) AS count FROM idem'),
      delete: database.prepare(`DELETE FROM idem WHERE ${oldest}`),
    };
    this.reload();
  }

  /** @param since Unix seconds; what is older counts no more */
  find(user: string, id: string, since: number): Place | undefined {
    return this.#statements.find.get(quote(user), quote(id), since);
  }

  add(user: string, id: string, { n, t, k }: Place): void {
    this.#statements.insert.run(quote(user), quote(id), n, t, k);
    this.#count += 1;
  }

  /** Forgets what is below an N, then what is too much. @returns how many, at most `limit` */
  dropBelow(n: number, limit: number): number {
    const gone = this.#drop(n, limit);
    const surplus = Math.min(limit - gone, this.#count - this.#max);
    return gone + (surplus > 0 ? this.#drop(Number.MAX_SAFE_INTEGER, surplus) : 0);
  }

  /** Forgets what was not committed. */
  reload(): void {
    this.#count = this.#statements.count.get()!.count;
  }

  #drop(below: number, limit: number): number {
    const gone = Number(this.#statements.delete.run(below, limit).changes);
    this.#count -= gone;
    return gone;
  }
}
