import { DEFAULT_ROOM } from '../protocol/message.ts';
import type { Audience, PresenceChange, Transport } from './ports.ts';
import { Room } from './room.ts';
import type { Session } from './session.ts';

/**
 * The rooms that somebody is in or hears; the default one is always there. Beside them each user has one of its own,
 * that all its connections hear: nobody is present in it, so a list of sessions is all that is kept of it.
 */
export class Rooms {
  readonly #rooms = new Map([[DEFAULT_ROOM, new Room(DEFAULT_ROOM)]]);
  /** Most users have one connection: an array for each would cost as much as the entry. */
  readonly #own = new Map<string, Session | Session[]>();

  /** The room everybody is in. */
  get default(): Room {
    return this.open(DEFAULT_ROOM);
  }

  find(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  /** Finds a room, or makes it. */
  open(name: string): Room {
    let room = this.#rooms.get(name);
    if (!room) {
      room = new Room(name);
      this.#rooms.set(name, room);
    }
    return room;
  }

  /** Lets go of a room that has become empty. */
  forget(room: Room): void {
    if (room.empty && room.name !== DEFAULT_ROOM) this.#rooms.delete(room.name);
  }

  /** From here on the session gets what is sent to the room; with the default one, also what is sent to its user. */
  attach(session: Session, name: string): void {
    this.open(name).attach(session);
    if (name === DEFAULT_ROOM) this.#attachOwn(session);
  }

  detach(session: Session, name: string): void {
    this.find(name)?.detach(session);
    if (name === DEFAULT_ROOM) this.#detachOwn(session);
  }

  /** Counts just these as present. */
  seat(present: readonly PresenceChange[]): void {
    for (const { roster } of this.#rooms.values()) roster.clear();
    for (const { room, user, session } of present) this.open(room).roster.enter(user, session);
    for (const room of [...this.#rooms.values()]) this.forget(room);
  }

  /** The rooms where somebody is present. */
  peopled(): Room[] {
    return [...this.#rooms.values()].filter(({ roster }) => roster.size > 0);
  }

  /** The live member set of the only room that has one; several are united, so that nobody gets a message twice. */
  audience(transport: Transport, names: readonly string[]): Audience | undefined {
    const audiences = names.map((name) => this.#audienceOf(transport, name)).filter((set) => set !== undefined);
    if (audiences.length <= 1) return audiences[0];
    return new Set(audiences.flatMap((set) => [...set]));
  }

  #audienceOf(transport: Transport, name: string): Audience | undefined {
    const own = this.#own.get(name);
    if (own) return new Set([own].flat().filter((session) => session.transport === transport));
    return this.#rooms.get(name)?.audience(transport);
  }

  #attachOwn(session: Session): void {
    const key = userRoom(session.user.id);
    const others = [this.#own.get(key) ?? []].flat().filter((other) => other !== session);
    this.#own.set(key, others.length > 0 ? [...others, session] : session);
  }

  #detachOwn(session: Session): void {
    const key = userRoom(session.user.id);
    const left = [this.#own.get(key) ?? []].flat().filter((other) => other !== session);
    if (left.length > 0) this.#own.set(key, left);
    else this.#own.delete(key);
  }
}

/** The key of the internal room of a user's connections: no client can write such a name. */
export function userRoom(userId: string): string {
  return `~${userId}`;
}
