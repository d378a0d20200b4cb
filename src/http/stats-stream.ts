import { PassThrough } from 'node:stream';
import type { Clock } from '../hub/ports.ts';
import { Refusal } from '../protocol/errors.ts';
import { type StatsFigures, statsBody } from './stats-body.ts';

/** Server-sent events (WHATWG HTML, section 9.2): the statistics at once and every second, one timer for all readers. */
export class StatsStream {
  readonly #clock: Clock;
  readonly #figures: () => StatsFigures;
  readonly #readers = new Set<PassThrough>();
  #stop: (() => void) | undefined;
  #closed = false;

  constructor(clock: Clock, figures: () => StatsFigures) {
    this.#clock = clock;
    this.#figures = figures;
  }

  /** @throws Refusal `over_capacity` where too many watch already, `unavailable` once it is closed */
  open(): PassThrough {
    if (this.#closed) throw new Refusal('unavailable', { detail: 'closing', retryAfter: 1 });
    if (this.#readers.size >= MAX_READERS) throw new Refusal('over_capacity', { retryAfter: 5 });
    const reader = new PassThrough();
    this.#readers.add(reader);
    reader.once('close', () => this.#leave(reader));
    reader.write(this.#event());
    this.#stop ??= this.#clock.every(INTERVAL, () => this.#push());
    return reader;
  }

  close(): void {
    this.#closed = true;
    this.#stop?.();
    for (const reader of this.#readers) reader.end();
  }

  #push(): void {
    const event = this.#event();
    // One who does not read misses some; there is a newer one each second.
    for (const reader of this.#readers) if (!reader.writableNeedDrain) reader.write(event);
  }

  #event(): string {
    return `data: ${JSON.stringify(statsBody(this.#figures()))}\n\n`;
  }

  #leave(reader: PassThrough): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }
}

const INTERVAL = 1000;
const MAX_READERS = 1000;
