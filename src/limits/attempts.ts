import type { Clock } from '../hub/ports.ts';
import { Refusal } from '../protocol/errors.ts';
import { networkOf } from './network.ts';

/** Wrong attempts of one address, or of one network of IPv6. */
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

/**
 * Whoever guesses has few guesses: an address that was wrong too often is not listened to for a while. A network of IPv6
 * that is given to one customer counts as one address.
 */
export class Attempts {
  readonly #clock: Clock;
  readonly #tallies = new Map<string, Tally>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be asked before an attempt is looked at. @throws Refusal `rate_limited` */
  check(address: string): void {
    const tally = this.#find(networkOf(address));
    if (!tally || tally.count < MOST) return;
    const wait = Math.ceil((tally.endsAt - this.#clock.now()) / 1000);
    throw new Refusal('rate_limited', { detail: 'attempts', retryAfter: wait });
  }

  /** @returns true where it was one too many: from now on the address is not listened to */
  failed(address: string): boolean {
    const network = networkOf(address);
    const tally = this.#find(network) ?? { count: 0, endsAt: this.#clock.now() + PERIOD };
    tally.count += 1;
    this.#tallies.delete(network);
    this.#tallies.set(network, tally);
    if (this.#tallies.size > ADDRESSES) this.#tallies.delete(this.#tallies.keys().next().value!);
    return tally.count === MOST;
  }

  #find(network: string): Tally | undefined {
    const tally = this.#tallies.get(network);
    if (tally && tally.endsAt > this.#clock.now() && tally.endsAt <= this.#clock.now() + PERIOD) return tally;
    this.#tallies.delete(network);
    return undefined;
  }
}
