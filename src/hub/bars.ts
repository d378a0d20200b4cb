import { Refusal } from '../protocol/errors.ts';
import type { Clock } from './ports.ts';

/** Users that may be barred at once. */
const MOST = 10_000;

/** Users who may not come in for a time. It is not kept: a restart lifts all. */
export class Bars {
  readonly #clock: Pick<Clock, 'now'>;
  /** userId → until when, in milliseconds since the epoch. */
  readonly #until = new Map<string, number>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Bars a user from now on, whatever was said of that one before. @throws Refusal `over_capacity` */
  set(userId: string, seconds: number): number {
    if (this.#until.size >= MOST && !this.#until.has(userId)) this.#sweep();
    const until = this.#clock.now() + seconds * 1000;
    this.#until.set(userId, until);
    return until;
  }

  has(userId: string): boolean {
    const until = this.#until.get(userId);
    if (until === undefined) return false;
    if (until > this.#clock.now()) return true;
    this.#until.delete(userId);
    return false;
  }

  /** @returns false where there was none */
  lift(userId: string): boolean {
    return this.has(userId) && this.#until.delete(userId);
  }

  /** Makes room by those whose time is up. Nobody is let in before that for want of memory. */
  #sweep(): void {
    for (const userId of this.#until.keys()) this.has(userId);
    if (this.#until.size >= MOST) throw new Refusal('over_capacity', { detail: 'bars', retryAfter: 60 });
  }
}
