import { firstIndex } from './sorted.ts';

interface Tick {
  n: number;
  timestamp: number;
}

/** Which N was the first of each second, in memory. */
export class Ticks {
  readonly #ticks: Tick[] = [];

  /** @param n the N just given. @param timestamp its second, never below the last one */
  add(n: number, timestamp: number): void {
    if (this.#ticks.at(-1)?.timestamp !== timestamp) this.#ticks.push({ n, timestamp });
  }

  /** Undefined where it is no longer known. */
  secondOf(n: number): number | undefined {
    return this.#ticks[firstIndex(this.#ticks, (tick) => tick.n > n) - 1]?.timestamp;
  }

  /** Forgets the seconds before one, but for the last of them: it says when the places until the next tick were given. */
  forgetBefore(timestamp: number): void {
    const old = firstIndex(this.#ticks, (tick) => tick.timestamp >= timestamp) - 1;
    // In slices: moving the rest at each second would cost its length each time.
    if (old > this.#ticks.length / 8) this.#ticks.splice(0, old);
  }
}
