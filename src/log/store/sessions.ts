import type { SessionRecord } from '../../hub/ports.ts';
import { MAX_CLOSED, MAX_REOPENED } from '../sessions.ts';
import { type Database, quote } from './driver.ts';

interface Columns {
  open: number;
  record: string;
}

// What was open when a life ended stays so for whoever asks, but grows old.
const CLOSED = 0;
const OPEN = 1;
const LEFT_OPEN = 2;

/** What is kept of clients that may come back. Times are milliseconds. */
export class Sessions {
  readonly #statements;
  readonly #age: number;
  /** How many were saved since they were counted. */
  #saved = MAX_CLOSED;

  /** @param age how long one is kept that has no connection */
  constructor(database: Database, age: number) {
    this.#age = age;
    const oldest = 'SELECT id FROM session WHERE open = ? AND t < ? ORDER BY t LIMIT ?';
    this.#statements = {
      save: database.prepare('REPLACE INTO session (id, open, t, record) VALUES (?, ?, ?, ?)'),
      find: database.prepare<Columns>(`SELECT open, record FROM session WHERE id = ? AND (open = ${OPEN} OR t >= ?)`),
      leave: database.prepare(`UPDATE session SET open = ${LEFT_OPEN}, t = ? WHERE open <> ${CLOSED}`),
      left: database.prepare<Columns>(
        `SELECT open, record FROM session WHERE open = ${LEFT_OPEN} ORDER BY t DESC LIMIT ${MAX_REOPENED}`,
      ),
      close: database.prepare(`UPDATE session SET open = ${CLOSED}, t = ? WHERE id = ?`),
      count: database.prepare<{ count: number }>(`SELECT count(*) AS count FROM session WHERE open = ${CLOSED}`),
      drop: database.prepare(`DELETE FROM session WHERE id IN (${oldest})`),
    };
  }

  /** Begins a life: what has a connection has lost it just now. */
  begin(now: number): void {
    this.#statements.leave.run(now);
  }

  /** @param record of the session, as JSON */
  save(id: string, open: boolean, record: string, now: number): void {
    this.#statements.save.run(quote(id), open ? OPEN : CLOSED, now, record);
    this.#saved += 1;
  }

  close(id: string, now: number): void {
    this.#statements.close.run(now, quote(id));
    this.#saved += 1;
  }

  get(id: string, now: number): SessionRecord | undefined {
    const columns = this.#statements.find.get(quote(id), now - this.#age);
    return columns && toRecord(columns);
  }

  /** The latest of those that were open when the last life ended. */
  left(): SessionRecord[] {
    return this.#statements.left.all().map(toRecord);
  }

  /** Forgets those that have grown too old, or are too many. @returns how many, about `limit` at most */
  expire(now: number, limit: number): number {
    const old = [CLOSED, LEFT_OPEN].map((open) => this.#drop(open, now - this.#age, limit));
    return old.reduce((sum, gone) => sum + gone, this.#dropSurplus(limit));
  }

  /** Forgets the oldest that have no connection. @returns how many */
  drop(limit: number): number {
    return this.#drop(CLOSED, Number.MAX_SAFE_INTEGER, limit);
  }

  #dropSurplus(limit: number): number {
    // Counting looks at each.
    if (this.#saved < MAX_CLOSED / 100) return 0;
    const surplus = this.#statements.count.get()!.count - MAX_CLOSED;
    if (surplus <= limit) this.#saved = 0;
    return surplus > 0 ? this.drop(Math.min(surplus, limit)) : 0;
  }

  #drop(open: number, before: number, limit: number): number {
    return Number(this.#statements.drop.run(open, before, limit).changes);
  }
}

function toRecord({ open, record }: Columns): SessionRecord {
  return { ...(JSON.parse(record) as SessionRecord), open: open !== CLOSED };
}
