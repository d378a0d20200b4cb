export type Verdict = 'alive' | 'ping' | 'dead';

/**
 * Tells whether a peer lives, from the bytes that its socket has moved: any byte that came counts, and so does any that
 * the peer has taken of what waits for it. It needs no listener and no timer of its own.
 */
export class Pulse {
  #seenAt: number;
  #read = 0;
  #waiting = 0;
  #pingedAt: number | undefined;

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
      this.#pingedAt = undefined;
    }
    // A clock that was set back must not make anybody wait for the difference.
    this.#seenAt = Math.min(this.#seenAt, now);
    if (this.#pingedAt !== undefined) this.#pingedAt = Math.min(this.#pingedAt, now);
    // Dead is only who was asked: after a pause of the whole process, or a step of the clock, nobody has been.
    if (this.#pingedAt !== undefined) return now - this.#pingedAt >= timeout ? 'dead' : 'alive';
    if (now - this.#seenAt < interval) return 'alive';
    this.#pingedAt = now;
    return 'ping';
  }
}
