import { DEFAULT_ROOM } from '../protocol/message.ts';
import type { Audience, Transport } from './ports.ts';
import { Room } from './room.ts';

/** The rooms that somebody is in or hears; the default one is always there. */
export class Rooms {
  readonly #rooms = new Map([[DEFAULT_ROOM, new Room(DEFAULT_ROOM)]]);

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

  /** The rooms where somebody is present: not those that only carry messages, such as a user's own. */
  peopled(): Room[] {
    return [...this.#rooms.values()].filter(({ size }) => size > 0);
  }

  /** The live member set of the only room that has one; several are united, so that nobody gets a message twice. */
  audience(transport: Transport, names: readonly string[]): Audience | undefined {
    const audiences = names
      .map((name) => this.#rooms.get(name)?.audience(transport))
      .filter((set) => set !== undefined);
    if (audiences.length <= 1) return audiences[0];
    return new Set(audiences.flatMap((set) => [...set]));
  }
}
