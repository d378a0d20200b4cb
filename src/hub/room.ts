import type { UserRow } from '../protocol/message.ts';
import type { Audience, Transport, User } from './ports.ts';
import type { Session } from './session.ts';

interface Connection {
  session: string;
  username: string;
}

/**
 * Who is where. A room knows two things: who is present in it (users, each with all its connections, in the order of
 * their coming) and who hears it here (per transport one live set of sessions, whose identity is the batch key).
 */
export class Room {
  readonly name: string;
  readonly #users = new Map<string, Connection[]>();
  readonly #audiences = new Map<Transport, Set<Session>>();

  constructor(name: string) {
    this.name = name;
  }

  // --- presence ---

  /** How many users are present. */
  get size(): number {
    return this.#users.size;
  }

  has(userId: string): boolean {
    return this.#users.has(userId);
  }

  /** Counts a connection in. @returns true where it is its user's first */
  enter(user: User, session: string): boolean {
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
    connections.splice(index, 1);
    if (connections.length > 0) return false;
    return this.#users.delete(userId);
  }

  /** The list as one of its users sees it: itself first, then the others, at most `limit` rows. */
  rows(reader: string, limit: number): UserRow[] {
    const rows: UserRow[] = [];
    const own = this.#users.get(reader);
    if (own) rows.push(toRow(reader, own));
    for (const [id, connections] of this.#users) {
      if (rows.length >= limit) break;
      if (id !== reader) rows.push(toRow(id, connections));
    }
    return rows;
  }

  users(): User[] {
    return [...this.#users].map(([id, connections]) => ({ id, name: connections.at(-1)!.username }));
  }

  // --- audience ---

  attach(session: Session): void {
    const audience = this.#audiences.get(session.transport);
    if (audience) audience.add(session);
    else this.#audiences.set(session.transport, new Set([session]));
  }

  detach(session: Session): void {
    const audience = this.#audiences.get(session.transport);
    audience?.delete(session);
    if (audience?.size === 0) this.#audiences.delete(session.transport);
  }

  audience(transport: Transport): Audience | undefined {
    return this.#audiences.get(transport);
  }

  /** Nobody is present and nobody hears it: it can be forgotten. */
  get empty(): boolean {
    return this.#users.size === 0 && this.#audiences.size === 0;
  }
}

function toRow(id: string, connections: Connection[]): UserRow {
  return { id, username: connections.at(-1)!.username, status: 'online' };
}
