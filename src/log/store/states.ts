import { OVERHEAD } from '../../protocol/size.ts';
import { MAX_KEYS } from '../states.ts';
import { type Database, quote } from './driver.ts';
import type { Row } from './messages.ts';
import type { Place } from './sequence.ts';

interface Columns {
  n: number;
  t: number;
  rooms: string;
  body: string;
}

interface Size {
  bytes: number | null;
}

/** The latest message of each key and room: bounded per room by number and over all rooms by size. */
export class States {
  readonly #statements;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(database: Database, maxBytes: number) {
    this.#maxBytes = maxBytes;
    const bytes = `length(body) + ${OVERHEAD}`;
    this.#statements = {
      insert: database.prepare<Size>(
        `INSERT INTO state (room, key, n, t, rooms, body) VALUES (?, ?, ?, ?, ?, ?) RETURNING ${bytes} AS bytes`,
      ),
      of: database.prepare<Columns>('SELECT n, t, rooms, body FROM state WHERE room = ? ORDER BY n'),
      above: database.prepare<Columns>('SELECT n, t, rooms, body FROM state WHERE n > ? ORDER BY n'),
      count: database.prepare<{ count: number }>('SELECT count(*) AS count FROM state WHERE room = ?'),
      total: database.prepare<Size>(`SELECT sum(${bytes}) AS bytes FROM state`),
      replace: database.prepare<Size>(`DELETE FROM state WHERE room = ? AND key = ? RETURNING ${bytes} AS bytes`),
      oldestOf: database.prepare<Size>(
        `DELETE FROM state WHERE rowid = (SELECT rowid FROM state WHERE room = ? ORDER BY n LIMIT 1)
          RETURNING ${bytes} AS bytes`,
      ),
      oldest: database.prepare<Size>(
        `DELETE FROM state WHERE rowid = (SELECT rowid FROM state ORDER BY n LIMIT 1) RETURNING ${bytes} AS bytes`,
      ),
    };
    this.reload();
  }

  set(names: readonly string[], key: string, place: Place, body: string): void {
    for (const room of new Set(names)) this.#setIn(quote(room), quote(key), place, JSON.stringify(names), body);
    while (this.#bytes > this.#maxBytes) this.#subtract(this.#statements.oldest.get());
  }

  /** In the order of N. */
  of(room: string): Row[] {
    return this.#statements.of.all(quote(room)).map(toRow);
  }

  /** Those above an N, each once, in its order. */
  above(n: number): Row[] {
    const rows = this.#statements.above.all(n).map(toRow);
    return [...new Map(rows.map((row) => [row[0], row])).values()];
  }

  /** Forgets what was not committed. */
  reload(): void {
    this.#bytes = this.#statements.total.get()?.bytes ?? 0;
  }

  #setIn(room: string, key: string, { n, t }: Place, rooms: string, body: string): void {
    const former = this.#statements.replace.get(room, key);
    this.#subtract(former);
    this.#bytes += this.#statements.insert.get(room, key, n, t, rooms, body)?.bytes ?? 0;
    if (former || this.#statements.count.get(room)!.count <= MAX_KEYS) return;
    this.#subtract(this.#statements.oldestOf.get(room));
  }

  #subtract(gone: Size | undefined): void {
    this.#bytes -= gone?.bytes ?? 0;
  }
}

function toRow({ n, t, rooms, body }: Columns): Row {
  return [n, t, JSON.parse(rooms) as string[], body];
}
