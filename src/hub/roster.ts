import { type UserRow, UserRows } from '../protocol/user-rows.ts';
import type { User } from './ports.ts';

interface Connection {
  session: string;
  username: string;
}

/** The first rows, as they go into every list until somebody comes or goes. */
interface Head {
  /** How many were asked for. */
  limit: number;
  /** The rows' JSON, separated by commas. */
  json: Buffer;
  /** Where each row's ends, its comma not counted. */
  ends: number[];
  /** User id → row. */
  places: Map<string, number>;
}

/** Who is present: users in the order of their coming, each with all its connections. */
export class Roster {
  readonly #users = new Map<string, Connection[]>();
  #head: Head | undefined;
  #version = 0;

  /** How many users there are. */
  get size(): number {
    return this.#users.size;
  }

  /** Another one whenever a list would read otherwise. */
  get version(): number {
    return this.#version;
  }

  has(userId: string): boolean {
    return this.#users.has(userId);
  }

  /** Whether this connection is counted in. */
  counts(userId: string, session: string): boolean {
    return this.#users.get(userId)?.some((known) => known.session === session) === true;
  }

  /** The connections of a user, by session. */
  sessionsOf(userId: string): string[] {
    return this.#users.get(userId)?.map(({ session }) => session) ?? [];
  }

  /** Each connection, with its user. */
  *connections(): Generator<{ user: User; session: string }> {
    for (const [id, connections] of this.#users) {
      for (const { session, username } of connections) yield { user: { id, name: username }, session };
    }
  }

  /** Counts a connection in. @returns true where it is its user's first */
  enter(user: User, session: string): boolean {
    this.#change();
    const connection = { session, username: user.name };
    const connections = this.#users.get(user.id);
    if (!connections) this.#users.set(user.id, [connection]);
    else if (!connections.some((known) => known.session === session)) connections.push(connection);
    return !connections;
  }

  /** Counts a connection out. @returns true where it was its user's last */
  exit(userId: string, session: string): boolean {
    const connections = this.#users.get(userId);
    const index = connections?.findIndex((known) => known.session === session) ?? -1;
    if (!connections || index === -1) return false;
    this.#change();
    connections.splice(index, 1);
    if (connections.length > 0) return false;
    return this.#users.delete(userId);
  }

  /** Nobody is counted in any more. */
  clear(): void {
    this.#change();
    this.#users.clear();
  }

  users(): User[] {
    return [...this.#users].map(([id, connections]) => ({ id, name: connections.at(-1)!.username }));
  }

  /** The list as one of its users sees it: itself first, then the others, at most `limit` rows. */
  rows(reader: string, limit: number): UserRows {
    const { json, ends, places } = this.#headOf(limit);
    const own = this.#users.get(reader);
    if (!own) return new UserRows(ends.length, [json]);
    // Whoever is not among the first takes the place of the last of them.
    const place = places.get(reader) ?? Math.min(ends.length, limit - 1);
    const before = json.subarray(0, place === 0 ? 0 : ends[place - 1]);
    const after = json.subarray((ends[place] ?? json.length) + 1);
    return new UserRows(Math.min(limit, this.size), [JSON.stringify(toRow(reader, own)), before, after]);
  }

  #change(): void {
    this.#head = undefined;
    this.#version += 1;
  }

  #headOf(limit: number): Head {
    if (this.#head?.limit !== limit) this.#head = this.#makeHead(limit);
    return this.#head;
  }

  #makeHead(limit: number): Head {
    const texts: string[] = [];
    const places = new Map<string, number>();
    for (const [id, connections] of this.#users) {
      if (texts.length >= limit) break;
      places.set(id, texts.length);
      texts.push(JSON.stringify(toRow(id, connections)));
    }
    let end = -1;
    const ends = texts.map((text) => (end += Buffer.byteLength(text) + 1));
    return { limit, json: Buffer.from(texts.join(',')), ends, places };
  }
}

function toRow(id: string, connections: Connection[]): UserRow {
  return { id, username: connections.at(-1)!.username, status: 'online' };
}
