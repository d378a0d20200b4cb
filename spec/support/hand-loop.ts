import type { Loop } from '../../src/transport/pacer.ts';

/** Turns of an event loop, and time, that a spec moves by hand. */
export class HandLoop implements Loop {
  time = 1000;
  #turn: (() => void)[] = [];
  #timers: { at: number; task: () => void }[] = [];

  now(): number {
    return this.time;
  }

  endOfTurn(task: () => void): void {
    this.#turn.push(task);
  }

  after(ms: number, task: () => void): void {
    this.#timers.push({ at: this.time + ms, task });
  }

  /** How many tasks wait for the end of the turn, or for their time. */
  get pending(): number {
    return this.#turn.length + this.#timers.length;
  }

  /** Ends the turn: what is put off meanwhile belongs to the next one. */
  endTurn(): void {
    for (const task of this.#turn.splice(0)) task();
  }

  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.time = Math.max(this.time, due.at);
      due.task();
    }
    this.time = Math.max(this.time, end);
  }
}
