import type { Clock } from '../hub/ports.ts';

export interface BucketOptions {
  clock: Clock;
  /** Tokens per second. */
  rate: number;
  /** Tokens at most, and at the start. */
  burst: number;
}

/** What a bucket may hold when it has caught up, in bursts: else one that waited for long could flood for as long. */
const MOST_BURSTS = 10;

/** A token bucket: a burst at once, then a steady rate. It holds two numbers and no timer. */
export class TokenBucket {
  readonly #options: BucketOptions;
  #tokens: number;
  #at: number;

  constructor(options: BucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#at = options.clock.now();
  }

  /** Takes a token. @returns 0 where there was one, else the seconds until there is */
  take(): number {
    const { rate, burst } = this.#options;
    this.#refill(burst);
    if (this.#tokens < 1) return (1 - this.#tokens) / rate;
    this.#tokens -= 1;
    return 0;
  }

  /**
   * Nobody could take anything since the last time, and what has waited comes all at once: that time counts in full, even
   * where the bucket holds more than its burst then.
   */
  catchUp(): void {
    this.#refill(MOST_BURSTS * this.#options.burst);
  }

  /** Seconds until it is as good as a new one. */
  untilFull(): number {
    const { rate, burst } = this.#options;
    this.#refill(burst);
    return Math.max(0, burst - this.#tokens) / rate;
  }

  #refill(most: number): void {
    const now = this.#options.clock.now();
    // A clock that was set back gives nothing and takes nothing.
    const elapsed = Math.max(0, now - this.#at) / 1000;
    // What is more than the most was there before.
    this.#tokens = Math.max(this.#tokens, Math.min(most, this.#tokens + elapsed * this.#options.rate));
    this.#at = now;
  }
}
