import { Deferred } from '../support/deferred.ts';
import { Bag } from './bag.ts';
import type { Journal } from './journal.ts';
import type { Letter } from './text.ts';
import { placeOf } from './transcript.ts';

/** What was acknowledged. */
export class Ledger {
  /** The last N. */
  head = 0;
  /** `writer/target` → ids and numbers. */
  readonly streams = new Map<string, Bag>();
  /** `@` and a userId → ids and names of its direct messages. */
  readonly direct = new Map<string, Bag>();
  readonly #journal: Journal;
  #next = new Deferred<void>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Resolves with the next acknowledgement, in the very moment. */
  get next(): Promise<void> {
    return this.#next.promise;
  }

  /** @param userId of the writer */
  add(letter: Letter, id: string, userId: string): void {
    const { n } = placeOf(id);
    this.head = Math.max(this.head, n);
    this.#next.resolve();
    this.#next = new Deferred();
    open(this.streams, streamOf(letter)).add(entryOf(id, letter));
    if (!letter.target.startsWith('@')) return;
    for (const place of new Set([letter.target, `@${userId}`])) {
      open(this.direct, place).add(entryOf(id, letter));
      this.#journal.write(n, place);
    }
  }
}

export function streamOf({ writer, target }: Letter): string {
  return `${writer}/${target}`;
}

export function entryOf(id: string, { ref }: Letter): string {
  return `${id} ${ref}`;
}

export function open(bags: Map<string, Bag>, key: string): Bag {
  const bag = bags.get(key) ?? new Bag();
  bags.set(key, bag);
  return bag;
}
