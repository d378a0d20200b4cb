import type { Message } from '../protocol/message.ts';
import { sizeOf } from '../protocol/size.ts';
import type { Entry } from './ports.ts';

/** Entries in a row that go to the same rooms: whoever hears those all the while is sent them in one piece. */
export interface Stretch {
  readonly entries: readonly Entry[];
  readonly messages: readonly Message[];
}

/** Bytes of messages up to which they are sent in one piece: that a socket is full is noticed only behind it. */
const MOST_BYTES = 32 * 1024;

/** Cuts pages into stretches: once, however many are sent the same page. */
export class Stretches {
  readonly #known = new WeakMap<readonly Entry[], readonly Stretch[]>();

  of(page: readonly Entry[]): readonly Stretch[] {
    let stretches = this.#known.get(page);
    if (!stretches) {
      stretches = cut(page).map((entries) => ({ entries, messages: entries.map(({ message }) => message) }));
      this.#known.set(page, stretches);
    }
    return stretches;
  }
}

function cut(page: readonly Entry[]): Entry[][] {
  const stretches: Entry[][] = [];
  let bytes = 0;
  for (const entry of page) {
    const last = stretches.at(-1);
    const size = sizeOf(entry.message);
    const goesAlong = last && bytes + size <= MOST_BYTES && haveSameRooms(last[0]!, entry);
    if (goesAlong) last.push(entry);
    else stretches.push([entry]);
    bytes = goesAlong ? bytes + size : size;
  }
  return stretches;
}

function haveSameRooms({ rooms }: Entry, other: Entry): boolean {
  return rooms.length === other.rooms.length && rooms.every((room, i) => room === other.rooms[i]);
}
