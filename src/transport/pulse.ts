export type Verdict = 'alive' | 'ping' | 'dead';

/**
 * Tells whether a peer lives, from the bytes that its socket has moved: any byte that came counts, and so does any that
 * the peer has taken of what waits for it. It needs no listener and no timer of its own.
 */
export class Pulse {
  #seenAt: number;
  #read = 0;
  #waiting = 0;
  #pinged = false;

  constructor(now: number) {
    this.#seenAt = now;
  }

  /**
   * @param read bytes received so far
   * @param waiting bytes that the peer has not taken yet
   */
  check(now: number, read: number, waiting: number, interval: number, timeout: number): Verdict {
    const moved = read !== this.#read || waiting < this.#waiting;
    this.#read = read;
    this.#waiting = waiting;
    if (moved) {
      this.#seenAt = now;
      this.#pinged = false;
    }
    const silent = now - this.#seenAt;
    if (silent >= interval + timeout) return 'dead';
    if (silent < interval || this.#pinged) return 'alive';
    this.#pinged = true;
    return 'ping';
  }
}
