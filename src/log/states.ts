import type { Entry } from '../hub/ports.ts';

interface State {
  room: string;
  key: string;
  entry: Entry;
  bytes: number;
}

/** Keys that one room may hold; the one that was not set for the longest time gives way. */
export const MAX_KEYS = 1000;

/** The latest message of each key and room, in memory: bounded per room by number and over all rooms by size. */
export class States {
  readonly #maxBytes: number;
  readonly #rooms = new Map<string, Map<string, State>>();
  /** In the order of their setting: the first is the next to go. */
  readonly #all = new Set<State>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @param bytes what the entry takes, roughly */
  set(entry: Entry, key: string, bytes: number): void {
    for (const room of entry.rooms) this.#setIn({ room, key, entry, bytes });
    for (const oldest of this.#all) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#drop(oldest);
    }
  }

  /** In the order of N. */
  of(room: string): Entry[] {
    return [...(this.#rooms.get(room)?.values() ?? [])].map(({ entry }) => entry);
  }

  #setIn(state: State): void {
    const { room, key, bytes } = state;
    const former = this.#rooms.get(room)?.get(key);
    if (former) this.#drop(former);
    const states = this.#rooms.get(room) ?? new Map<string, State>();
    this.#rooms.set(room, states.set(key, state));
    this.#all.add(state);
    this.#bytes += bytes;
    for (const oldest of states.values()) {
      if (states.size <= MAX_KEYS) return;
      this.#drop(oldest);
    }
  }

  #drop(state: State): void {
    const states = this.#rooms.get(state.room);
    states?.delete(state.key);
    if (states?.size === 0) this.#rooms.delete(state.room);
    this.#all.delete(state);
    this.#bytes -= state.bytes;
  }
}
