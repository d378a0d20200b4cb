import { Histogram } from './histogram.ts';
import type { Reading } from './reading.ts';

/** What a group of clients has received, and how long it took. */
export class Tally {
  reads = 0;
  bytes = 0;
  frames = 0;
  others = 0;
  messages = 0;
  late = 0;
  duplicate = 0;
  stray = 0;
  confirmed = 0;
  /** Latencies, in microseconds, of the messages that were sent within the span. */
  readonly latency = new Histogram();
  /** The same until their receipts came. */
  readonly receipts = new Histogram();
  /** The instants from which and up to which a message's latency counts. */
  readonly span = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };

  add(reading: Reading, bytes: number, instant: number): void {
    this.reads += 1;
    this.bytes += bytes;
    this.frames += reading.frames;
    this.others += reading.others;
    this.messages += reading.fresh.length / 2;
    this.late += reading.late;
    this.duplicate += reading.duplicate;
    this.stray += reading.stray;
    this.confirmed += reading.receipts.length;
    this.#time(reading.instants, instant);
    for (const sent of reading.receipts) if (this.#counts(sent)) this.receipts.add(instant - sent);
  }

  /** The counters as they are now. */
  counts() {
    const { reads, bytes, frames, messages } = this;
    return { reads, bytes, frames, messages };
  }

  #time(instants: readonly number[], now: number): void {
    for (let i = 0; i < instants.length; i += 2) {
      const sent = instants[i]!;
      if (this.#counts(sent)) this.latency.add(now - sent, instants[i + 1]);
    }
  }

  #counts(sent: number): boolean {
    return sent >= this.span.from && sent < this.span.to;
  }
}
