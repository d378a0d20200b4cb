import type { Budget, Clock } from '../hub/ports.ts';

export interface BucketOptions {
  clock: Clock;
  /** Tokens per second. */
  rate: number;
  /** Tokens at most, and at the start. */
  burst: number;
}

/** A token bucket: a burst at once, then a steady rate. It holds two numbers and no timer. */
export class TokenBucket implements Budget {
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
    const { clock, rate, burst } = this.#options;
    const now = clock.now();
    // A clock that was set back gives nothing and takes nothing.
    const elapsed = Math.max(0, now - this.#at) / 1000;
    this.#tokens = Math.min(burst, this.#tokens + elapsed * rate);
    this.#at = now;
    if (this.#tokens < 1) return (1 - this.#tokens) / rate;
    this.#tokens -= 1;
    return 0;
  }
}
