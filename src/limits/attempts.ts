import type { Clock } from '../hub/ports.ts';
import { Refusal } from '../protocol/errors.ts';

/** Wrong attempts of one address. */
interface Tally {
  count: number;
  /** When they are forgotten, in milliseconds since the epoch. */
  endsAt: number;
}

/** Wrong attempts that an address has in one period. */
const MOST = 10;
const PERIOD = 60_000;
/** Addresses that are remembered: those that have not been heard of for longest are forgotten first. */
const ADDRESSES = 10_000;

/** Whoever guesses has few guesses: an address that was wrong too often is not listened to for a while. */
export class Attempts {
  readonly #clock: Clock;
  readonly #tallies = new Map<string, Tally>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be asked before an attempt is looked at. @throws Refusal `rate_limited` */
  check(address: string): void {
    const tally = this.#find(address);
    if (!tally || tally.count < MOST) return;
    const wait = Math.ceil((tally.endsAt - this.#clock.now()) / 1000);
    throw new Refusal('rate_limited', { detail: 'attempts', retryAfter: wait });
  }

  /** @returns true where it was one too many: from now on the address is not listened to */
  failed(address: string): boolean {
    const tally = this.#find(address) ?? { count: 0, endsAt: this.#clock.now() + PERIOD };
    tally.count += 1;
    this.#tallies.delete(address);
    this.#tallies.set(address, tally);
    if (this.#tallies.size > ADDRESSES) this.#tallies.delete(this.#tallies.keys().next().value!);
    return tally.count === MOST;
  }

  #find(address: string): Tally | undefined {
    const tally = this.#tallies.get(address);
    if (tally && tally.endsAt > this.#clock.now() && tally.endsAt <= this.#clock.now() + PERIOD) return tally;
    this.#tallies.delete(address);
    return undefined;
  }
}
