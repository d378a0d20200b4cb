import { systemClock } from '../../src/hub/clock.ts';

const { now } = systemClock;

/** The machine's time, as the servers of this process see it: moved as an operator or NTP does. Timers run as ever. */
export class MachineTime {
  /** Milliseconds by which it is wrong. */
  #shift = 0;

  constructor() {
    systemClock.now = () => now() + this.#shift;
  }

  move(ms: number): void {
    this.#shift += ms;
  }

  /** Stands still, so that whatever happens does so within one second. */
  stop(): void {
    const at = systemClock.now();
    systemClock.now = () => at;
  }

  restore(): void {
    systemClock.now = now;
  }
}
