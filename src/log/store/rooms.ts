import { type Database, quote } from './driver.ts';

/** The figures of a room that holds something. */
export interface Room {
  id: number;
  name: string;
  /** The lowest N that it holds. */
  first: number;
  /** The highest N that it was given. */
  top: number;
  count: number;
}

// Rooms whose figures are kept at hand.
const CACHED = 10_000;

/** The rooms that hold something. */
export class Rooms {
  readonly #statements;
  readonly #byName = new Map<string, Room>();
  readonly #byId = new Map<number, Room>();
  readonly #changed = new Set<Room>();

  constructor(database: Database) {
    const columns = 'id, name, first, top, count';
    this.#statements = {
      find: database.prepare<Room>(`SELECT ${columns} FROM room WHERE name = ?`),
      oldest: database.prepare<Room>(`SELECT ${columns} FROM room ORDER BY first LIMIT 1`),
      above: database.prepare<Room>(`SELECT ${columns} FROM room WHERE top > ?`),
      insert: database.prepare<{ id: number }>(
        'INSERT INTO room (name, first, top, count) VALUES (?, ?, ?, 0) RETURNING id',
      ),
      update: database.prepare('UPDATE room SET first = ?, top = ?, count = ? WHERE id = ?'),
      delete: database.prepare('DELETE FROM room WHERE id = ?'),
    };
  }

  find(name: string): Room | undefined {
    const cached = this.#byName.get(name);
    if (cached) return cached;
    const row = this.#statements.find.get(quote(name));
    return row && this.#keep(row);
  }

  /** @param first the N that it is about to hold. @param before the highest N that it may have held before */
  create(name: string, first: number, before: number): Room {
    const { id } = this.#statements.insert.get(quote(name), first, before)!;
    return this.#keep({ id, name: quote(name), first, top: before, count: 0 });
  }

  /** The room that holds the lowest N of all. Sees what was saved. */
  oldest(): Room | undefined {
    const row = this.#statements.oldest.get();
    return row && (this.#byId.get(row.id) ?? this.#keep(row));
  }

  /** Those that were given something above an N. Sees what was saved. */
  above(n: number): Room[] {
    return this.#statements.above.all(n).map((row) => this.#byId.get(row.id) ?? this.#keep(row));
  }

  /** The figures of the room are other ones now. */
  touch(room: Room): void {
    this.#changed.add(room);
  }

  /** It holds nothing any more. */
  remove(room: Room): void {
    this.#changed.delete(room);
    this.#byName.delete(room.name);
    this.#byId.delete(room.id);
    this.#statements.delete.run(room.id);
  }

  /** Writes the figures that have changed. */
  save(): void {
    for (const { id, first, top, count } of this.#changed) this.#statements.update.run(first, top, count, id);
    this.#changed.clear();
    if (this.#byName.size > CACHED) this.reload();
  }

  /** Forgets what was not saved. */
  reload(): void {
    this.#byName.clear();
    this.#byId.clear();
    this.#changed.clear();
  }

  /** @param row with its name quoted */
  #keep(row: Room): Room {
    const room = { ...row, name: JSON.parse(row.name) as string };
    this.#byName.set(room.name, room);
    this.#byId.set(room.id, room);
    return room;
  }
}
