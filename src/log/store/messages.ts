import type { HistoryRequest } from '../../hub/ports.ts';
import type { Database } from './driver.ts';
import type { Room, Rooms } from './rooms.ts';
import type { Place, Sequence } from './sequence.ts';

/** A stored message: its place, its date in Unix seconds, the rooms it went to, its body as JSON. */
export type Row = [n: number, t: number, rooms: readonly string[], body: string];

/** A part of what a room holds. */
export interface Range {
  room: string;
  after: number;
  upTo: number;
  limit: number;
}

interface Columns {
  n: number;
  t: number;
  rooms: string | null;
  body: string;
}

/** What the rooms hold: the messages of the class durable. */
export class Messages {
  readonly #rooms: Rooms;
  readonly #sequence: Sequence;
  readonly #perRoom: number;
  readonly #statements;
  /** Rooms that hold more than they may. */
  readonly #overfull = new Set<string>();

  /** @param perRoom how many a room keeps */
  constructor(database: Database, rooms: Rooms, sequence: Sequence, perRoom: number) {
    this.#rooms = rooms;
    this.#sequence = sequence;
    this.#perRoom = perRoom;
    const columns = 'SELECT n, t, rooms, body FROM log WHERE room = ?';
    this.#statements = {
      insert: database.prepare('INSERT INTO log (room, n, prev, t, rooms, body) VALUES (?, ?, ?, ?, ?, ?)'),
      next: database.prepare<{ prev: number }>('SELECT prev FROM log WHERE room = ? AND n > ? ORDER BY n LIMIT 1'),
      oldest: database.prepare<Columns>(`${columns} AND n > ? AND n <= ? ORDER BY n LIMIT ?`),
      newest: database.prepare<Columns>(`${columns} AND n < ? ORDER BY n DESC LIMIT ?`),
      nth: database.prepare<{ n: number }>('SELECT n FROM log WHERE room = ? ORDER BY n LIMIT 1 OFFSET ?'),
      delete: database.prepare('DELETE FROM log WHERE room = ? AND n < ?'),
    };
  }

  append(names: readonly string[], { n, t }: Place, body: string): void {
    const several = names.length === 1 ? null : JSON.stringify(names);
    for (const name of new Set(names)) {
      const room = this.#rooms.find(name) ?? this.#rooms.create(name, n, this.#sequence.floor);
      this.#statements.insert.run(room.id, n, room.top, t, several, body);
      room.top = n;
      room.count += 1;
      this.#rooms.touch(room);
      // Shortened in slices, or each message would wait for the removal of another.
      if (room.count > this.#perRoom * 1.1 + 16) this.#overfull.add(name);
    }
  }

  /** In the order of N; undefined where something after the beginning of the range is no longer kept. */
  range({ room: name, after, upTo, limit }: Range): Row[] | undefined {
    const room = this.#rooms.find(name);
    if (!room || room.top <= after) return (room?.top ?? this.#sequence.floor) <= after ? [] : undefined;
    const next = this.#statements.next.get(room.id, after);
    if (!next || next.prev > after) return undefined;
    return this.#statements.oldest.all(room.id, after, upTo, limit).map((columns) => toRow(columns, name));
  }

  /** In the order of N, whether or not something else was there. */
  page({ room: name, before = Number.MAX_SAFE_INTEGER, after, limit }: HistoryRequest): Row[] {
    const room = this.#rooms.find(name);
    if (!room) return [];
    const { oldest, newest } = this.#statements;
    const found =
      after === undefined
        ? newest.all(room.id, before, limit).reverse()
        : oldest.all(room.id, after, before - 1, limit);
    return found.map((columns) => toRow(columns, name));
  }

  /** Everything above an N, each once. */
  above(n: number): Row[] {
    const everything = { after: n, limit: Number.MAX_SAFE_INTEGER };
    const rows = this.#rooms.above(n).flatMap(({ name }) => this.page({ room: name, ...everything }));
    return [...new Map(rows.map((row) => [row[0], row])).values()];
  }

  /** Shortens rooms that hold too much. @returns how many rows are gone, about `limit` at most */
  shorten(limit: number): number {
    let gone = 0;
    for (const name of this.#overfull) {
      if (gone >= limit) break;
      const room = this.#rooms.find(name);
      const over = room ? room.count - this.#perRoom : 0;
      if (room && over > 0) gone += this.#drop(room, Number.MAX_SAFE_INTEGER, Math.min(over, limit - gone));
      if (!room || room.count <= this.#perRoom) this.#overfull.delete(name);
    }
    this.#rooms.save();
    return gone;
  }

  /** Lets go of what is below an N. @returns how many rows are gone, at most `limit` */
  dropBelow(n: number, limit: number): number {
    let gone = 0;
    while (gone < limit) {
      const room = this.#rooms.oldest();
      if (!room || room.first >= n) break;
      gone += this.#drop(room, n, limit - gone);
      this.#rooms.save();
    }
    return gone;
  }

  #drop(room: Room, below: number, limit: number): number {
    const kept = this.#statements.nth.get(room.id, limit)?.n ?? Number.MAX_SAFE_INTEGER;
    const gone = Number(this.#statements.delete.run(room.id, Math.min(below, kept)).changes);
    const first = this.#statements.nth.get(room.id, 0);
    room.count -= gone;
    if (first) {
      room.first = first.n;
      this.#rooms.touch(room);
    } else {
      this.#sequence.raiseFloor(room.top);
      this.#rooms.remove(room);
    }
    return gone;
  }
}

function toRow({ n, t, rooms, body }: Columns, room: string): Row {
  return [n, t, rooms === null ? [room] : (JSON.parse(rooms) as string[]), body];
}
