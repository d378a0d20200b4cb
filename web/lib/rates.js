/** @import { Stats } from './types.d.ts' */

/** What happens each second, made of counters that only grow. `null` where there is nothing to compare with. */
export class Rates {
  /** @type {number | null} */
  received = null;
  /** @type {number | null} */
  sent = null;
  /** @type {{ at: number, stats: Stats } | undefined} */
  #last;

  /** @param {Stats} stats @param {number} [at] in milliseconds */
  take(stats, at = performance.now()) {
    const last = this.#last;
    this.#last = { at, stats };
    this.received = this.sent = null;
    // A younger server has taken the place of the old one: its counters begin again.
    if (!last || stats.uptime_seconds < last.stats.uptime_seconds) return;
    const seconds = Math.max(at - last.at, 1) / 1000;
    this.received = (stats.messages_received - last.stats.messages_received) / seconds;
    this.sent = (stats.messages_sent - last.stats.messages_sent) / seconds;
  }

  /** The next snapshot is compared with nothing: too much time has passed. */
  forget() {
    this.#last = undefined;
  }
}
