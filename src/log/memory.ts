import type {
  ClientMsgId,
  Clock,
  Deliver,
  Draft,
  Entry,
  History,
  HistoryRequest,
  Log,
  Page,
  ReadRequest,
  Receipt,
  SessionRecord,
  Verdict,
} from '../hub/ports.ts';
import { Refusal } from '../protocol/errors.ts';
import type { MessageId } from '../protocol/id.ts';
import { formatId } from '../protocol/id.ts';
import { sizeOf } from '../protocol/size.ts';
import { isKept, toEntry } from './entry.ts';
import { IDEMPOTENCY_WINDOW, newBase } from './life.ts';
import { Queue } from './queue.ts';
import { Sessions } from './sessions.ts';
import { firstIndex } from './sorted.ts';
import { States } from './states.ts';
import { Ticks } from './ticks.ts';
import { verdictOn } from './verdict.ts';

export interface MemoryLogOptions {
  clock: Clock;
  /** Messages kept per room. */
  messages: number;
  /** Milliseconds that a message is kept, and a session that was closed. */
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
  /** What it takes where it is kept. */
  bytes: number;
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

/**
 * A log that lives as long as the process. It walks the same road as one on a disk or in a cluster: drafts queue,
 * a commit gives them their places together, and what was committed is handed out in order.
 */
export class MemoryLog implements Log {
  readonly #options: MemoryLogOptions;
  readonly #rooms = new Map<string, RoomLog>();
  readonly #remembered = new Map<string, Remembered>();
  readonly #states: States;
  readonly #sessions: Sessions;
  readonly #ticks = new Ticks();
  readonly #base = newBase();
  #stored = new Queue<Stored>();
  #bytes = 0;
  #pending: Pending[] = [];
  #deliver: Deliver = () => {};
  #closed = false;
  #n = this.#base;
  /** Only even ones: the odd ones are the hub's. */
  #k = 0;
  #timestamp = 0;
  /** The highest N that a forgotten room may have held. */
  #floor = 0;

  constructor(options: MemoryLogOptions) {
    this.#options = options;
    this.#states = new States(options.bytes);
    this.#sessions = new Sessions(options.age);
  }

  async start(deliver: Deliver): Promise<number> {
    this.#deliver = deliver;
    this.#timestamp = Math.floor(this.#options.clock.now() / 1000);
    this.#ticks.add(this.#base, this.#timestamp);
    return this.#n;
  }

  present(): [] {
    return [];
  }

  publish(draft: Draft): Promise<Receipt> {
    if (this.#closed) return Promise.reject(new Refusal('unavailable'));
    return new Promise((resolve, reject) => {
      const bytes = isKept(draft) ? sizeOf(draft.body) : 0;
      if (this.#pending.length === 0) queueMicrotask(() => this.#commit());
      this.#pending.push({ draft, bytes, resolve, reject });
    });
  }

  async sync(): Promise<void> {
    // A commit that is pending was put into the queue of microtasks before this.
    await undefined;
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

  async history({ room, before, after, limit }: HistoryRequest): Promise<History> {
    const entries = this.#rooms.get(room)?.entries ?? [];
    const start = after === undefined ? 0 : indexAfter(entries, after);
    const end = before === undefined ? entries.length : firstIndex(entries, ({ n }) => n >= before);
    const found = entries.slice(start, Math.max(start, end));
    const page = after === undefined ? found.slice(-limit) : found.slice(0, limit);
    return { entries: page, more: found.length > limit };
  }

  async states(room: string): Promise<Entry[]> {
    return this.#states.of(room);
  }

  async check(id: MessageId): Promise<Verdict> {
    return verdictOn(id, { base: this.#base, head: this.#n, secondOf: (n) => this.#ticks.secondOf(n) });
  }

  async saveSession(session: SessionRecord): Promise<void> {
    this.#sessions.save(session, this.#options.clock.now());
  }

  async session(id: string): Promise<SessionRecord | undefined> {
    return this.#sessions.get(id, this.#options.clock.now());
  }

  /** None: they ended with the process that had them. */
  async openSessions(): Promise<SessionRecord[]> {
    return [];
  }

  async closeSession(id: string): Promise<void> {
    this.#sessions.close(id, this.#options.clock.now());
  }

  ready(): string[] {
    return this.#closed ? ['log closed'] : [];
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.sync();
  }

  async receipt(clientMsgId: ClientMsgId): Promise<Receipt | undefined> {
    await this.sync();
    this.#forget(this.#options.clock.now());
    return this.#remembered.get(keyOf(clientMsgId))?.receipt;
  }

  #commit(): void {
    const batch = this.#pending;
    this.#pending = [];
    const now = this.#options.clock.now();
    // The date of an id never goes back, whatever the clock does.
    this.#timestamp = Math.max(this.#timestamp, Math.floor(now / 1000));
    this.#forget(now);
    const fresh: Entry[] = [];
    const receipts = batch.map((pending) => this.#append(pending, now, fresh));
    this.#deliver(fresh);
    for (const [i, { resolve }] of batch.entries()) resolve(receipts[i]!);
  }

  #append({ draft, bytes }: Pending, now: number, fresh: Entry[]): Receipt {
    const key = draft.clientMsgId && keyOf(draft.clientMsgId);
    const first = key === undefined ? undefined : this.#remembered.get(key);
    if (first) return { ...first.receipt, duplicate: true };
    const id = this.#place(draft);
    const receipt = { n: this.#n, id, timestamp: this.#timestamp };
    const entry = toEntry(draft, receipt);
    if (key !== undefined) this.#remembered.set(key, { key, receipt, at: now });
    if (draft.class === 'durable') this.#store(entry, bytes);
    if (draft.class === 'state') this.#states.set(entry, draft.key ?? '', bytes);
    fresh.push(entry);
    return receipt;
  }

  /** The next place in the order, or beside the last one for what takes none. */
  #place({ class: kind, notBefore = 0 }: Draft): string {
    this.#timestamp = Math.max(this.#timestamp, notBefore);
    if (kind === 'ephemeral') {
      this.#k += 2;
      return formatId(this.#n, this.#timestamp, this.#k);
    }
    this.#n += 1;
    this.#ticks.add(this.#n, this.#timestamp);
    return formatId(this.#n, this.#timestamp);
  }

  #store(entry: Entry, bytes: number): void {
    for (const name of entry.rooms) {
      const room = this.#room(name);
      room.entries.push(entry);
      // Trimmed in slices: shifting an array at each message would cost its length each time.
      if (room.entries.length > this.#options.messages * 1.1 + 16) {
        trim(room, room.entries.length - this.#options.messages);
      }
    }
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
    this.#ticks.forgetBefore(oldest);
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

function keyOf({ user, id }: ClientMsgId): string {
  return `${user}\n${id}`;
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
  return firstIndex(entries, (entry) => entry.n > n);
}
