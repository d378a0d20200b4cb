import { Rates } from '../lib/rates.js';

/** @import { Stats } from '../lib/types.d.ts' */

/** @typedef {{ time: number, stats?: Stats, received: number | null, sent: number | null }} Sample `time` in seconds; without `stats` it is a gap */

/** A quarter of an hour of snapshots, as long as the longest window. */
const KEPT = 900;

/** What the server has told since the page was opened. */
export class History {
  /** @type {Sample[]} */
  samples = [];
  #rates = new Rates();

  /** @param {Stats} stats */
  add(stats) {
    this.#rates.take(stats);
    const { received, sent } = this.#rates;
    this.#push({ time: Date.now() / 1000, stats, received, sent });
  }

  /** Nothing is known from here on: lines must not be drawn across. */
  interrupt() {
    this.#rates.forget();
    if (this.samples.at(-1)?.stats) this.#push({ time: Date.now() / 1000, received: null, sent: null });
  }

  /** @param {Sample} sample */
  #push(sample) {
    this.samples.push(sample);
    if (this.samples.length > KEPT) this.samples.shift();
  }
}
