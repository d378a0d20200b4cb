import { sizeOf } from '../protocol/size.ts';
import type { Entry } from './ports.ts';

/** What was delivered last: whoever has read the log up to a little while ago becomes level from it in one step. */
export class Ring {
  readonly #size: number;
  readonly #most: number;
  #entries: Entry[] = [];
  #sizes: number[] = [];
  #bytes = 0;
  /** Nothing above this N is missing. */
  #floor = 0;

  /**
   * @param size entries that it holds at least, once there were so many
   * @param most bytes that they may take: above it it holds fewer
   */
  constructor(size: number, most: number) {
    this.#size = size;
    this.#most = most;
  }

  /** The lowest position that one may have of which it has everything after. */
  get floor(): number {
    return this.#floor;
  }

  /** @param head the last N that was delivered before: nothing up to it is here */
  start(head: number): void {
    this.#entries = [];
    this.#sizes = [];
    this.#bytes = 0;
    this.#floor = head;
  }

  push(entry: Entry): void {
    const size = sizeOf(entry.message);
    this.#entries.push(entry);
    this.#sizes.push(size);
    this.#bytes += size;
    if (this.#entries.length >= 2 * this.#size) this.#drop(this.#size);
    while (this.#bytes > this.#most) this.#drop(Math.ceil(this.#entries.length / 2));
  }

  /** @returns what came after N, in order; undefined where that is no longer all there */
  after(n: number): Entry[] | undefined {
    if (n < this.#floor) return undefined;
    const first = this.#entries.findLastIndex((entry) => entry.n <= n) + 1;
    return this.#entries.slice(first);
  }

  /** Lets go of the oldest, many at once: shifting an array at each message would cost its length each time. */
  #drop(count: number): void {
    const gone = this.#entries.splice(0, count);
    this.#bytes -= this.#sizes.splice(0, count).reduce((sum, size) => sum + size, 0);
    this.#floor = gone.at(-1)!.n;
  }
}
