import type { HistoryRequest, ReadRequest, SessionRecord, Verdict } from '../../hub/ports.ts';
import type { MessageId } from '../../protocol/id.ts';
import type { DeliveryClass } from '../../protocol/message.ts';
import { IDEMPOTENCY_WINDOW } from '../life.ts';
import { verdictOn } from '../verdict.ts';
import { closeDatabase, readNumber } from './database.ts';
import type { Database } from './driver.ts';
import { Messages, type Row } from './messages.ts';
import { Receipts } from './receipts.ts';
import { Retention } from './retention.ts';
import { Rooms } from './rooms.ts';
import { type Known, type Place, Sequence } from './sequence.ts';
import { Sessions } from './sessions.ts';
import { States } from './states.ts';

/** A message to be given its place. Flat, and its body as one JSON string: that is cheapest to hand to a thread. */
export type Publication = [
  kind: DeliveryClass,
  rooms: readonly string[],
  /** Empty where nothing is kept. */
  body: string,
  key: string,
  /** Unix seconds. */
  notBefore: number,
  user: string,
  /** Empty where there is none. */
  clientMsgId: string,
];

/** A session to be kept, its record as JSON; or one to be closed. */
export type SessionChange = ['save', id: string, open: boolean, record: string] | ['close', id: string];

export type Change = Publication | SessionChange;

/** Of each change of a commit, one after another: n, t, k, and 1 where it was there already. */
export type Places = Float64Array;
export const PLACE_WIDTH = 4;

export interface Opening extends Known {
  /** What was kept above the place that the caller knew of. */
  missed: Row[];
}

export interface StoreOptions {
  /** Messages kept per room. */
  messages: number;
  /** Milliseconds that messages and closed sessions are kept. */
  age: number;
  /** Size of the file: above it the oldest of all rooms goes; a quarter more, and nothing is taken any more. */
  bytes: number;
}

/** Rows that are removed at once: what comes next waits so long for it. */
const STEP = 256;
/** Bytes of the file for each clientMsgId that may be remembered. */
const BYTES_PER_RECEIPT = 256;

/** What is on the disk, seen from the one thread that has it. Every method is one transaction, or none. */
export class Store {
  readonly #database: Database;
  readonly #sequence: Sequence;
  readonly #rooms: Rooms;
  readonly #messages: Messages;
  readonly #states: States;
  readonly #receipts: Receipts;
  readonly #sessions: Sessions;
  readonly #retention: Retention;
  /** What is at hand is not what is on the disk: a commit has failed. */
  #stale = false;

  /** @param database open, with its schema */
  constructor(database: Database, options: StoreOptions) {
    const { bytes, messages, age } = options;
    this.#database = database;
    this.#sequence = new Sequence(database);
    this.#rooms = new Rooms(database);
    this.#messages = new Messages(database, this.#rooms, this.#sequence, messages);
    this.#states = new States(database, bytes / 4);
    this.#receipts = new Receipts(database, Math.ceil(bytes / BYTES_PER_RECEIPT));
    this.#sessions = new Sessions(database, age);
    this.#retention = new Retention(
      database,
      {
        sequence: this.#sequence,
        rooms: this.#rooms,
        messages: this.#messages,
        receipts: this.#receipts,
        sessions: this.#sessions,
      },
      options,
    );
    database.exec(`PRAGMA max_page_count = ${Math.ceil((bytes * 1.25) / readNumber(database, 'page_size'))}`);
  }

  /**
   * Begins a life of the store.
   * @param now milliseconds
   * @param known the last place and date, where this process has had the store open before
   */
  open(now: number, known?: Known): Opening {
    const missed = known ? [...this.#messages.above(known.n), ...this.#states.above(known.n)] : [];
    this.#transact(() => {
      this.#sequence.begin(toSeconds(now), known ?? { n: 0, t: 0 });
      if (!known) this.#sessions.begin(now);
    });
    const { head: n, date: t } = this.#sequence;
    return { n, t, missed: missed.sort(([a], [b]) => a - b) };
  }

  /** Gives every change its place and keeps what is to be kept: all, or none where it throws. */
  commit(changes: readonly Change[], now: number): Places {
    return this.#transact(() => {
      this.#sequence.advance(toSeconds(now));
      const places = new Float64Array(changes.length * PLACE_WIDTH);
      for (const [i, change] of changes.entries()) {
        if (change[0] === 'save') this.#sessions.save(change[1], change[2], change[3], now);
        else if (change[0] === 'close') this.#sessions.close(change[1], now);
        else places.set(this.#place(change, now), i * PLACE_WIDTH);
      }
      return places;
    });
  }

  #place(publication: Publication, now: number): [n: number, t: number, k: number, duplicate: number] {
    const [, , , , , user, id] = publication;
    const first = id ? this.receipt(user, id, now) : undefined;
    if (first) return [first.n, first.t, first.k, 1];
    const place = this.#append(publication);
    if (id) this.#receipts.add(user, id, place);
    return [place.n, place.t, place.k, 0];
  }

  /** Where the message of a clientMsgId stands. */
  receipt(user: string, id: string, now: number): Place | undefined {
    return this.#receipts.find(user, id, toSeconds(now - IDEMPOTENCY_WINDOW));
  }

  #append([kind, rooms, body, key, notBefore]: Publication): Place {
    this.#sequence.advance(notBefore);
    if (kind === 'ephemeral') return this.#sequence.beside();
    const place = this.#sequence.next();
    if (kind === 'durable') this.#messages.append(rooms, place, body);
    if (kind === 'state') this.#states.set(rooms, key, place, body);
    return place;
  }

  /** Undefined where something of what was asked for is no longer kept. */
  read({ rooms, after, upTo, limit }: ReadRequest): Row[] | undefined {
    this.#refresh();
    let found: Row[] = [];
    for (const [room, since] of rooms) {
      // Beyond a full page nothing is of interest.
      const last = found.length < limit ? upTo : (found.at(-1)?.[0] ?? upTo);
      const rows = this.#messages.range({ room, after: Math.max(after, since), upTo: last, limit });
      if (!rows) return undefined;
      found = found.length === 0 ? rows : inOrder([...found, ...rows]).slice(0, limit);
    }
    return found;
  }

  history(request: HistoryRequest): { rows: Row[]; more: boolean } {
    this.#refresh();
    const { after, limit } = request;
    const rows = this.#messages.page({ ...request, limit: limit + 1 });
    const more = rows.length > limit;
    return { rows: after === undefined ? rows.slice(more ? 1 : 0) : rows.slice(0, limit), more };
  }

  states(room: string): Row[] {
    return this.#states.of(room);
  }

  check(id: MessageId): Verdict {
    this.#refresh();
    return verdictOn(id, this.#sequence);
  }

  session(id: string, now: number): SessionRecord | undefined {
    return this.#sessions.get(id, now);
  }

  openSessions(): SessionRecord[] {
    return this.#sessions.left();
  }

  /** Writes something that leaves nothing behind. */
  probe(): void {
    this.#transact(() => this.#database.exec('INSERT INTO probe VALUES (zeroblob(65536))'));
    this.#transact(() => this.#database.exec('DELETE FROM probe'));
  }

  /**
   * Removes some of what is too old or too much.
   * @param added rows since the last call: more than that are removed, or it would never be enough
   * @returns whether there is more to do
   */
  trim(now: number, added = 0): boolean {
    return this.#transact(() => this.#retention.step(now, Math.max(STEP, 2 * added)));
  }

  close(): void {
    closeDatabase(this.#database);
  }

  #transact<T>(work: () => T): T {
    this.#refresh();
    this.#database.exec('BEGIN');
    try {
      const result = work();
      this.#rooms.save();
      this.#sequence.save();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  #rollBack(): void {
    this.#stale = true;
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // After most errors SQLite has rolled back by itself.
    }
  }

  #refresh(): void {
    if (!this.#stale) return;
    this.#sequence.load();
    this.#rooms.reload();
    this.#states.reload();
    this.#receipts.reload();
    this.#stale = false;
  }
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

/** Each once. */
function inOrder(rows: Row[]): Row[] {
  return [...new Map(rows.map((row) => [row[0], row])).values()].sort(([a], [b]) => a - b);
}
