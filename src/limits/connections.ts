import { Refusal } from '../protocol/errors.ts';
import { networkOf } from './network.ts';

export interface ConnectionLimits {
  /** Connections in all; 0 = no limit. */
  maxConnections: number;
  /** Connections from one address; 0 = no limit. */
  maxConnectionsPerIp: number;
}

// What a client is told to wait: there is no saying when another one leaves.
const RETRY_AFTER = 5;

/**
 * Counts connections, those that are still shaking hands included, and refuses those over the limit. A network of IPv6
 * that is given to one customer counts as one address.
 */
export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #perAddress = new Map<string, number>();
  #total = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** @throws Refusal `over_capacity`, `rate_limited` */
  check(address: string): void {
    const { maxConnections, maxConnectionsPerIp } = this.#limits;
    if (maxConnections > 0 && this.#total >= maxConnections) {
      throw new Refusal('over_capacity', { retryAfter: RETRY_AFTER });
    }
    if (maxConnectionsPerIp > 0 && (this.#perAddress.get(networkOf(address)) ?? 0) >= maxConnectionsPerIp) {
      throw new Refusal('rate_limited', { retryAfter: RETRY_AFTER, detail: 'connections' });
    }
  }

  /** Takes a place. @throws Refusal as `check` does */
  open(address: string): void {
    this.check(address);
    this.#total += 1;
    const network = networkOf(address);
    this.#perAddress.set(network, (this.#perAddress.get(network) ?? 0) + 1);
  }

  /** Gives the place back: once for each `open`. */
  close(address: string): void {
    this.#total -= 1;
    const network = networkOf(address);
    const left = (this.#perAddress.get(network) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(network, left);
    else this.#perAddress.delete(network);
  }
}
