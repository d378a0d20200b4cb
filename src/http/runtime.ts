import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { memoryUsage } from 'node:process';

/** How the process fares. */
export interface RuntimeFigures {
  memory: { rss_bytes: number; heap_used_bytes: number };
  /** How late timers were over the last second or so, in milliseconds. */
  event_loop_delay_ms: { p50: number; p99: number; max: number };
}

const RESOLUTION = 10;
const NANOSECONDS = 1e6;

/** Watches memory and the event loop. */
export class Runtime {
  readonly #delay: IntervalHistogram;
  #figures: RuntimeFigures['event_loop_delay_ms'] = { p50: 0, p99: 0, max: 0 };
  #readAt = 0;

  constructor() {
    this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION });
    this.#delay.enable();
  }

  figures(now: number): RuntimeFigures {
    const { rss, heapUsed } = memoryUsage();
    return { memory: { rss_bytes: rss, heap_used_bytes: heapUsed }, event_loop_delay_ms: this.#recent(now) };
  }

  stop(): void {
    this.#delay.disable();
  }

  /** Several readers within a second see the same figures: each reading starts the measuring anew. */
  #recent(now: number): RuntimeFigures['event_loop_delay_ms'] {
    if (now - this.#readAt < 900 && this.#readAt > 0) return this.#figures;
    this.#readAt = now;
    if (this.#delay.count > 0) {
      // The histogram counts the sampling interval itself.
      const late = (value: number) => Math.max(0, Math.round((value / NANOSECONDS - RESOLUTION) * 100) / 100);
      const { max } = this.#delay;
      this.#figures = { p50: late(this.#delay.percentile(50)), p99: late(this.#delay.percentile(99)), max: late(max) };
      this.#delay.reset();
    }
    return this.#figures;
  }
}
