import type { Entry } from './ports.ts';

/** What was delivered last: whoever has read the log up to a little while ago becomes level from it in one step. */
export class Ring {
  readonly #size: number;
  #entries: Entry[] = [];
  /** Nothing above this N is missing. */
  #floor = 0;

  /** @param size entries that it holds at least, once there were so many */
  constructor(size: number) {
    this.#size = size;
  }

  /** The lowest position that one may have of which it has everything after. */
  get floor(): number {
    return this.#floor;
  }

  /** @param head the last N that was delivered before */
  start(head: number): void {
    this.#floor = head;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#entries.length < 2 * this.#size) return;
    const gone = this.#entries.splice(0, this.#size);
    this.#floor = gone.at(-1)!.n;
  }

  /** @returns what came after N, in order; undefined where that is no longer all there */
  after(n: number): Entry[] | undefined {
    if (n < this.#floor) return undefined;
    const first = this.#entries.findLastIndex((entry) => entry.n <= n) + 1;
    return this.#entries.slice(first);
  }
}
