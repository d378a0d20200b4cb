import type { Clock } from '../../src/hub/ports.ts';

interface Timer {
  at: number;
  task: () => void;
  /** Set where the timer repeats. */
  every?: number;
}

/** Time that stands still until a spec moves it. */
export class HandClock implements Clock {
  #now: number;
  readonly #timers = new Set<Timer>();

  /** @param now milliseconds since the epoch; PROTOCOL.md's own example second where not given */
  constructor(now = 1_699_363_200_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** How many timers are set: 0 once everything that was started has been ended. */
  get pending(): number {
    return this.#timers.size;
  }

  every(ms: number, task: () => void): () => void {
    return this.#add({ at: this.#now + Math.max(1, ms), task, every: Math.max(1, ms) });
  }

  after(ms: number, task: () => void): () => void {
    return this.#add({ at: this.#now + Math.max(0, ms), task });
  }

  /** Moves on, and runs each timer at its own time: in the order they are due, those due together in the order set. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let timer = this.#due(end); timer; timer = this.#due(end)) {
      this.#now = Math.max(this.#now, timer.at);
      this.#timers.delete(timer);
      if (timer.every !== undefined) this.#again(timer);
      timer.task();
    }
    this.#now = end;
  }

  /** Sets the time, as an operator or NTP does: no timer is run, and those set keep the time they have left. */
  set(now: number): void {
    const moved = now - this.#now;
    for (const timer of this.#timers) timer.at += moved;
    this.#now = now;
  }

  // A repeating timer goes behind those already due at its next time, as in Node. It stays the same object, so that
  // what `every` gave still cancels it.
  #again(timer: Timer): void {
    timer.at += timer.every ?? 0;
    this.#timers.add(timer);
  }

  #due(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (!first || timer.at < first.at)) first = timer;
    }
    return first;
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
}
