import type {
  ClientMsgId,
  Clock,
  Deliver,
  Draft,
  Entry,
  History,
  HistoryRequest,
  Log,
  Logger,
  Page,
  ReadRequest,
  Receipt,
  SessionRecord,
  Verdict,
} from '../hub/ports.ts';
import { Refusal } from '../protocol/errors.ts';
import type { MessageId } from '../protocol/id.ts';
import { formatId } from '../protocol/id.ts';
import { OVERHEAD } from '../protocol/size.ts';
import { fromRow, isKept, toEntry } from './entry.ts';
import { GroupCommit, type Item } from './group-commit.ts';
import { SqliteThread } from './sqlite-thread.ts';
import type { Method } from './sqlite-worker.ts';
import type { Known } from './store/sequence.ts';
import {
  type Change,
  PLACE_WIDTH,
  type Places,
  type SessionChange,
  type Store,
  type StoreOptions,
} from './store/store.ts';

export interface SqliteLogOptions extends StoreOptions {
  /** Where the database is; made where it is not there. One process at a time. */
  folder: string;
  /**
   * What a message has behind it when it is handed out. `normal`: it survives the end of the process, however that comes,
   * while a power cut may take back the last moments. `full`: it survives that as well, for one wait for the disk a commit.
   */
  durability: 'normal' | 'full';
  clock: Clock;
  logger: Logger;
}

/** A draft that waits for its commit. */
interface Publishing extends Item<Change> {
  draft: Draft;
  resolve(receipt: Receipt): void;
  reject(error: Error): void;
}

/** A change of a session that waits for its commit. */
interface Saving extends Item<Change> {
  draft?: undefined;
  resolve(): void;
  reject(error: Error): void;
}

type Pending = Publishing | Saving;

// Pause between two attempts to write again.
const PROBE = 1000;
// A commit that takes longer is worth a word.
const SLOW_COMMIT = 10_000;

/**
 * A log on a disk of one machine. A thread of its own has the database; here drafts queue, what comes while a commit is
 * under way goes into the next one, and what was committed is handed out in order.
 */
export class SqliteLog implements Log {
  readonly #options: SqliteLogOptions;
  readonly #commits: GroupCommit<Change, Pending, Places>;
  #thread: SqliteThread | undefined;
  #deliver: Deliver = () => {};
  /** The last place and date that were handed out. */
  #known: Known | undefined;
  #isOpen = false;
  /** Why nothing can be written. */
  #trouble: string | undefined;
  #cancelProbe: (() => void) | undefined;
  /** Opens the store, or looks whether it can be written again. */
  #busy: Promise<unknown> | undefined;
  #committingSince: number | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: SqliteLogOptions) {
    this.#options = options;
    this.#commits = new GroupCommit({
      commit: (changes) => this.#commit(changes),
      committed: (pending, places) => this.#handOut(pending, places),
      failed: (pending, error) => this.#refuse(pending, error),
    });
  }

  // --- start ---

  async start(deliver: Deliver): Promise<number> {
    this.#deliver = deliver;
    const opening = this.#open();
    this.#busy = opening.catch(() => {});
    const { n } = await opening;
    this.#isOpen = this.#closed === undefined;
    return n;
  }

  /** Opens the store, for the first time or again after its thread has ended. */
  async #open(): Promise<Known> {
    const { clock, logger, folder, durability, messages, age, bytes } = this.#options;
    const options = { folder, durability, messages, age, bytes, now: clock.now(), known: this.#known };
    const thread = new SqliteThread(options, {
      died: (reason) => this.#lose(thread, reason),
      noticed: (text) => logger.warn({ folder }, text),
    });
    const { n, t, missed } = await thread.opened();
    this.#thread = thread;
    this.#known = { n, t };
    // Committed, but the thread has ended before it said so: nobody has seen it.
    if (missed.length > 0) this.#deliver(missed.map((row) => fromRow(row, 'durable')));
    return this.#known;
  }

  // --- publish ---

  present(): [] {
    return [];
  }

  publish(draft: Draft): Promise<Receipt> {
    // Comings and goings are no more than connections: they always find room.
    if (!this.#isOpen || (this.#commits.full && draft.class !== 'presence')) return unavailable();
    return new Promise((resolve, reject) => {
      const { class: kind, rooms, key = '', notBefore = 0, clientMsgId } = draft;
      const body = isKept(draft) ? JSON.stringify(draft.body) : '';
      const change: Change = [kind, rooms, body, key, notBefore, clientMsgId?.user ?? '', clientMsgId?.id ?? ''];
      this.#commits.push({ draft, change, bytes: body.length + OVERHEAD, resolve, reject });
    });
  }

  sync(): Promise<void> {
    return this.#commits.settled();
  }

  async #commit(changes: Change[]): Promise<Places> {
    if (!this.#thread) throw new Error(this.#trouble ?? 'the log is closed');
    const now = this.#options.clock.now();
    this.#committingSince = now;
    try {
      return await this.#thread.call('commit', changes, now);
    } finally {
      this.#committingSince = undefined;
    }
  }

  #handOut(pending: Pending[], places: Places): void {
    this.#heal();
    const entries: Entry[] = [];
    const receipts = pending.map(({ draft }, i) => draft && this.#place(draft, places, i, entries));
    if (entries.length > 0) this.#deliver(entries);
    for (const [i, item] of pending.entries()) {
      if (item.draft) item.resolve(receipts[i]!);
      else item.resolve();
    }
  }

  #place(draft: Draft, places: Places, i: number, entries: Entry[]): Receipt {
    const receipt = toReceipt(places, i * PLACE_WIDTH);
    if (receipt.duplicate) return receipt;
    this.#known = { n: receipt.n, t: receipt.timestamp };
    entries.push(toEntry(draft, receipt));
    return receipt;
  }

  // --- read ---

  async receipt({ user, id }: ClientMsgId): Promise<Receipt | undefined> {
    // It may still be in the queue.
    await this.sync();
    const place = await this.#ask('receipt', user, id, this.#options.clock.now());
    return place && { n: place.n, id: formatId(place.n, place.t, place.k || undefined), timestamp: place.t };
  }

  async read(request: ReadRequest): Promise<Page> {
    const rows = await this.#ask('read', request);
    return { entries: rows?.map((row) => fromRow(row, 'durable')) ?? [], complete: rows !== undefined };
  }

  async history(request: HistoryRequest): Promise<History> {
    const { rows, more } = await this.#ask('history', request);
    return { entries: rows.map((row) => fromRow(row, 'durable')), more };
  }

  async states(room: string): Promise<Entry[]> {
    return (await this.#ask('states', room)).map((row) => fromRow(row, 'state'));
  }

  check(id: MessageId): Promise<Verdict> {
    return this.#ask('check', id);
  }

  async #ask<M extends Method>(method: M, ...args: Parameters<Store[M]>): Promise<ReturnType<Store[M]>> {
    if (!this.#thread) return unavailable();
    try {
      return await this.#thread.call(method, ...args);
    } catch (error) {
      this.#options.logger.warn({ err: error, method }, 'the log could not be read');
      return unavailable();
    }
  }

  // --- sessions ---

  saveSession(session: SessionRecord): Promise<void> {
    const { id, open } = session;
    return this.#save(['save', id, open, JSON.stringify(session)]);
  }

  closeSession(id: string): Promise<void> {
    return this.#save(['close', id]);
  }

  async session(id: string): Promise<SessionRecord | undefined> {
    // What was saved before may still be in the queue.
    await this.sync();
    return this.#ask('session', id, this.#options.clock.now());
  }

  async openSessions(): Promise<SessionRecord[]> {
    await this.sync();
    return this.#ask('openSessions');
  }

  #save(change: SessionChange): Promise<void> {
    if (!this.#isOpen) return unavailable();
    return new Promise((resolve, reject) => this.#commits.push({ change, bytes: OVERHEAD, resolve, reject }));
  }

  // --- trouble ---

  ready(): string[] {
    if (!this.#isOpen) return [this.#closed ? 'log closed' : 'log not open'];
    if (this.#trouble !== undefined) return [`log: ${this.#trouble}`];
    const waiting = this.#options.clock.now() - (this.#committingSince ?? Number.POSITIVE_INFINITY);
    return waiting > SLOW_COMMIT ? ['log: the disk does not answer'] : [];
  }

  #refuse(pending: Pending[], error: Error): void {
    this.#suffer(error);
    for (const { reject } of pending) reject(new Refusal('unavailable'));
  }

  #lose(thread: SqliteThread, reason: Error): void {
    if (thread !== this.#thread) return;
    this.#thread = undefined;
    this.#suffer(reason);
  }

  /** Nothing can be written: it is tried again until it works, whether or not anybody publishes. */
  #suffer(error: Error): void {
    const { clock, logger, folder } = this.#options;
    if (!this.#isOpen) return;
    if (this.#trouble !== error.message)
      logger.error({ err: error, folder }, `the log takes nothing: ${error.message}`);
    this.#trouble = error.message;
    this.#cancelProbe ??= clock.after(PROBE, () => {
      this.#busy = this.#probe();
    });
  }

  async #probe(): Promise<void> {
    this.#cancelProbe = undefined;
    try {
      if (this.#thread) await this.#thread.call('probe');
      else await this.#open();
      this.#heal();
    } catch (error) {
      this.#suffer(error as Error);
    }
  }

  #heal(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#cancelProbe?.();
    this.#cancelProbe = undefined;
    this.#options.logger.info({ folder: this.#options.folder }, 'the log takes messages again');
  }

  // --- close ---

  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  async #shutDown(): Promise<void> {
    this.#isOpen = false;
    this.#cancelProbe?.();
    await this.#commits.settled();
    await this.#busy;
    await this.#thread?.close().catch((error) => {
      this.#options.logger.warn({ err: error }, 'the log was not closed in order; nothing of it is lost');
    });
    this.#thread = undefined;
  }
}

function toReceipt(places: Places, at: number): Receipt {
  const n = places[at]!;
  const timestamp = places[at + 1]!;
  const receipt: Receipt = { n, id: formatId(n, timestamp, places[at + 2] || undefined), timestamp };
  if (places[at + 3]) receipt.duplicate = true;
  return receipt;
}

function unavailable(): Promise<never> {
  return Promise.reject(new Refusal('unavailable'));
}
