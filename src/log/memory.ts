import type { Clock, Deliver, Draft, Entry, Log, Page, ReadRequest, Receipt } from '../hub/ports.ts';
import { Refusal } from '../protocol/errors.ts';
import { formatId } from '../protocol/id.ts';
import { type DeliveryClass, stamp } from '../protocol/message.ts';
import { sizeOf } from './size.ts';
import { States } from './states.ts';

export interface MemoryLogOptions {
  clock: Clock;
  /** Messages kept per room. */
  messages: number;
  /** Milliseconds a message is kept, and a clientMsgId remembered at most. */
  age: number;
  /** Characters of content and data kept over all rooms, roughly: what strangers may make the server hold. */
  bytes: number;
}

interface Stored {
  entry: Entry;
  bytes: number;
}

interface RoomLog {
  entries: Entry[];
  /** The highest N that is no longer kept here. */
  trimmed: number;
}

interface Pending {
  draft: Draft;
  resolve(receipt: Receipt): void;
  reject(error: unknown): void;
}

interface Remembered {
  key: string;
  receipt: Receipt;
  at: number;
}

// A stranger could send nothing but ids; this many are remembered before the oldest are let go.
const MAX_REMEMBERED = 200_000;
const IDEMPOTENCY_WINDOW = 24 * 3600 * 1000;
// A fresh log starts somewhere else each time, so that ids of different lives hardly collide.
const START_SPREAD = 1_000_000;

/**
 * A log that lives as long as the process. It walks the same road as one on a disk or in a cluster: drafts queue,
 * a commit gives them their places together, and what was committed is handed out in order.
 */
export class MemoryLog implements Log {
  readonly #options: MemoryLogOptions;
  readonly #rooms = new Map<string, RoomLog>();
  readonly #remembered = new Map<string, Remembered>();
  readonly #states: States;
  #stored = new Queue<Stored>();
  #bytes = 0;
  #pending: Pending[] = [];
  #deliver: Deliver = () => {};
  #closed = false;
  #n = Math.floor(Math.random() * START_SPREAD);
  #k = 0;
  #timestamp = 0;
  /** The highest N that a forgotten room may have held. */
  #floor = 0;

  constructor(options: MemoryLogOptions) {
    this.#options = options;
    this.#states = new States(options.bytes);
  }

  async start(deliver: Deliver): Promise<number> {
    this.#deliver = deliver;
    return this.#n;
  }

  publish(draft: Draft): Promise<Receipt> {
    if (this.#closed) return Promise.reject(new Refusal('unavailable'));
    return new Promise((resolve, reject) => {
      if (this.#pending.length === 0) queueMicrotask(() => this.#commit());
      this.#pending.push({ draft, resolve, reject });
    });
  }

  async read({ rooms, after, upTo, limit }: ReadRequest): Promise<Page> {
    const found = new Map<number, Entry>();
    for (const [name, since] of rooms) {
      const from = Math.max(after, since);
      const room = this.#rooms.get(name);
      if ((room?.trimmed ?? this.#floor) > from) return { entries: [], complete: false };
      for (const entry of room ? range(room.entries, from, upTo, limit) : []) found.set(entry.n, entry);
    }
    const entries = [...found.values()].sort((a, b) => a.n - b.n).slice(0, limit);
    return { entries, complete: true };
  }

  async states(room: string): Promise<Entry[]> {
    return this.#states.of(room);
  }

  ready(): string[] {
    return this.#closed ? ['log closed'] : [];
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #commit(): void {
    const batch = this.#pending;
    this.#pending = [];
    const now = this.#options.clock.now();
    // The date of an id never goes back, whatever the clock does.
    this.#timestamp = Math.max(this.#timestamp, Math.floor(now / 1000));
    this.#forget(now);
    const fresh: Entry[] = [];
    const receipts = batch.map(({ draft }) => this.#append(draft, now, fresh));
    this.#deliver(fresh);
    for (const [i, { resolve }] of batch.entries()) resolve(receipts[i]!);
  }

  #append(draft: Draft, now: number, fresh: Entry[]): Receipt {
    const key = draft.clientMsgId && `${draft.clientMsgId.user}\n${draft.clientMsgId.id}`;
    const first = key === undefined ? undefined : this.#remembered.get(key);
    if (first) return { ...first.receipt, duplicate: true };
    const id = this.#place(draft.class);
    const n = this.#n;
    const entry: Entry = { n, rooms: draft.rooms, message: stamp(draft.body, id, this.#timestamp) };
    if (draft.presence) entry.presence = draft.presence;
    const receipt = { n, id, timestamp: this.#timestamp };
    if (key !== undefined) this.#remembered.set(key, { key, receipt, at: now });
    if (draft.class === 'durable') this.#store(entry);
    if (draft.class === 'state') this.#states.set(entry, draft.key ?? '');
    fresh.push(entry);
    return receipt;
  }

  /** The next place in the order, or beside the last one for what takes none. */
  #place(kind: DeliveryClass): string {
    if (kind !== 'ephemeral') {
      this.#k = 0;
      return formatId(++this.#n, this.#timestamp);
    }
    this.#k += 2;
    return formatId(this.#n, this.#timestamp, this.#k);
  }

  #store(entry: Entry): void {
    for (const name of entry.rooms) {
      const room = this.#room(name);
      room.entries.push(entry);
      // Trimmed in slices: shifting an array at each message would cost its length each time.
      if (room.entries.length > this.#options.messages * 1.1 + 16) {
        trim(room, room.entries.length - this.#options.messages);
      }
    }
    const bytes = sizeOf(entry);
    this.#stored.push({ entry, bytes });
    this.#bytes += bytes;
  }

  #room(name: string): RoomLog {
    let room = this.#rooms.get(name);
    if (!room) {
      room = { entries: [], trimmed: this.#floor };
      this.#rooms.set(name, room);
    }
    return room;
  }

  /** Lets go of what is too old or too much. */
  #forget(now: number): void {
    const oldest = Math.floor((now - this.#options.age) / 1000);
    for (let first = this.#stored.first; first; first = this.#stored.first) {
      if (this.#bytes <= this.#options.bytes && first.entry.message.timestamp > oldest) break;
      this.#stored.shift();
      this.#bytes -= first.bytes;
      for (const name of first.entry.rooms) this.#dropUpTo(name, first.entry.n);
    }
    for (const { key, at } of this.#remembered.values()) {
      if (this.#remembered.size <= MAX_REMEMBERED && at > now - IDEMPOTENCY_WINDOW) break;
      this.#remembered.delete(key);
    }
  }

  #dropUpTo(name: string, n: number): void {
    const room = this.#rooms.get(name);
    if (!room) return;
    trim(room, indexAfter(room.entries, n));
    if (room.entries.length > 0) return;
    this.#floor = Math.max(this.#floor, room.trimmed);
    this.#rooms.delete(name);
  }
}

function trim(room: RoomLog, count: number): void {
  const gone = room.entries.splice(0, count).at(-1);
  if (gone) room.trimmed = gone.n;
}

function range(entries: Entry[], after: number, upTo: number, limit: number): Entry[] {
  const start = indexAfter(entries, after);
  const slice = entries.slice(start, start + limit);
  return slice.filter((entry) => entry.n <= upTo);
}

/** The index of the first entry whose N is above `n`. */
function indexAfter(entries: Entry[], n: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.n > n) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** First in, first out, without moving what stays. */
class Queue<T> {
  #items: T[] = [];
  #head = 0;

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): void {
    this.#head += 1;
    if (this.#head < 1024 || this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
