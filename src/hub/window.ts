import type { Clock } from './ports.ts';

export interface WindowOptions<T> {
  clock: Clock;
  /** Milliseconds; 0: nothing is gathered. */
  length: number;
  /** What may be released at once in one window, in the unit of the costs. */
  allowance: number;
  /** What releasing an item costs. */
  costOf(item: T): number;
  /** Takes what has gathered, in its order. */
  release(items: T[]): void;
}

/**
 * Gathers what comes in quick succession and costs much. While a window's allowance lasts, items are released at once,
 * with what comes in the same turn; then they wait for the next window and are released together.
 */
export class Window<T> {
  readonly #options: WindowOptions<T>;
  #items: T[] = [];
  #openedAt = Number.NEGATIVE_INFINITY;
  #spent = 0;

  constructor(options: WindowOptions<T>) {
    this.#options = options;
  }

  push(item: T): void {
    this.#items.push(item);
    if (this.#items.length > 1) return;
    const { clock, length, allowance } = this.#options;
    const wait = this.#openedAt + length - clock.now();
    // A clock that was set back must not make anybody wait for the difference.
    if (wait > 0 && this.#spent >= allowance) clock.after(Math.min(wait, length), () => this.flush());
    else queueMicrotask(() => this.flush());
  }

  /** Releases what has gathered now: something else must not come before it. */
  flush(): void {
    if (this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];
    this.#count(items);
    this.#options.release(items);
  }

  #count(items: T[]): void {
    const { clock, length, costOf } = this.#options;
    const now = clock.now();
    if (Math.abs(now - this.#openedAt) >= length) {
      this.#openedAt = now;
      this.#spent = 0;
    }
    for (const item of items) this.#spent += costOf(item);
  }
}
