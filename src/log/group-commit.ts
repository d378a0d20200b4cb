/** What waits for its turn: what is to be committed, and roughly its size. */
export interface Item<Change> {
  change: Change;
  bytes: number;
}

export interface GroupCommitOptions<Change, I extends Item<Change>, Result> {
  /** Commits all of them, in their order, or none. One call at a time. */
  commit(changes: Change[]): Promise<Result>;
  /** They have been committed; called in the order of the commits. */
  committed(items: I[], result: Result): void;
  /** They have not, as far as is known. */
  failed(items: I[], error: Error): void;
}

// What is handed out together holds up everything else for so long.
const MAX_ITEMS = 1000;
const MAX_BYTES = 4 * 1024 ** 2;
// What may wait: a disk that stands still must not fill the memory.
const MAX_WAITING = 50_000;
const MAX_WAITING_BYTES = 64 * 1024 ** 2;

/**
 * Gathers what comes while a commit is under way into the next one. Nobody waits for company: the less there is to do,
 * the smaller the batches.
 */
export class GroupCommit<Change, I extends Item<Change>, Result> {
  readonly #options: GroupCommitOptions<Change, I, Result>;
  readonly #queue: Batch<I>[] = [];
  /** The newest batch, whatever has become of it. */
  #last: Batch<I> | undefined;
  #running = false;
  #waiting = 0;
  #bytes = 0;

  constructor(options: GroupCommitOptions<Change, I, Result>) {
    this.#options = options;
  }

  /** More would be more than the memory should hold. */
  get full(): boolean {
    return this.#waiting >= MAX_WAITING || this.#bytes >= MAX_WAITING_BYTES;
  }

  push(item: I): void {
    let batch = this.#queue.at(-1);
    if (!batch || batch.items.length >= MAX_ITEMS || batch.bytes >= MAX_BYTES) {
      batch = new Batch();
      this.#queue.push(batch);
      this.#last = batch;
    }
    batch.items.push(item);
    batch.bytes += item.bytes;
    this.#count(1, item.bytes);
    if (!this.#running) void this.#run();
  }

  /** Resolves when everything that was pushed before has been committed, or has failed. */
  async settled(): Promise<void> {
    await this.#last?.done;
  }

  async #run(): Promise<void> {
    this.#running = true;
    // What else comes in this turn goes along.
    await undefined;
    for (let sent = this.#send(); sent; ) {
      const { batch, settle } = sent;
      const settled = await settle;
      // The next one is on its way while this one is handed out.
      sent = this.#send();
      this.#count(-batch.items.length, -batch.bytes);
      settled();
      batch.finish();
    }
    this.#running = false;
    if (this.#queue.length > 0) void this.#run();
  }

  #send(): { batch: Batch<I>; settle: Promise<() => void> } | undefined {
    const batch = this.#queue.shift();
    if (!batch) return undefined;
    const { commit, committed, failed } = this.#options;
    const settle = commit(batch.items.map(({ change }) => change)).then(
      (result) => () => committed(batch.items, result),
      (error: Error) => () => failed(batch.items, error),
    );
    return { batch, settle };
  }

  #count(items: number, bytes: number): void {
    this.#waiting += items;
    this.#bytes += bytes;
  }
}

class Batch<I> {
  readonly items: I[] = [];
  bytes = 0;
  finish!: () => void;
  readonly done = new Promise<void>((resolve) => {
    this.finish = resolve;
  });
}
