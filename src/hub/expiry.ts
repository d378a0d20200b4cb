import type { Clock } from './ports.ts';
import type { Session } from './session.ts';

export interface ExpiryOptions {
  clock: Clock;
  limits: {
    /** Milliseconds before a token expires at which its client is warned; 0: not at all. */
    tokenWarning: number;
  };
  warn(session: Session, seconds: number): void;
  expire(session: Session): void;
}

/** Nobody stays for longer than this beyond the end. */
const SWEEP = 500;

/**
 * The sessions of users that are known for a time only: warned before its end, ended with it. One look at all of them
 * costs less than a timer for each, and there is none as long as nobody's time is limited.
 */
export class Expiry {
  readonly #options: ExpiryOptions;
  /** Session → when it is to be warned; never again where it has been. */
  readonly #sessions = new Map<Session, number>();
  #stop = () => {};

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  /** To be called when a session begins, and when its user is known for another time. */
  watch(session: Session): void {
    const { clock } = this.#options;
    const { expiresAt } = session.user;
    if (expiresAt === undefined) return this.forget(session);
    if (this.#sessions.size === 0) this.#stop = clock.every(SWEEP, () => this.#sweep());
    this.#sessions.set(session, this.#warningOf(expiresAt));
  }

  /** Not at once where little time is given: whoever renews when warned would do nothing else. */
  #warningOf(expiresAt: number): number {
    const { clock, limits } = this.#options;
    return expiresAt - Math.min(limits.tokenWarning, (expiresAt - clock.now()) / 2);
  }

  forget(session: Session): void {
    if (this.#sessions.delete(session) && this.#sessions.size === 0) this.#stop();
  }

  #sweep(): void {
    const now = this.#options.clock.now();
    for (const [session, warnAt] of this.#sessions) {
      const left = (session.user.expiresAt ?? Number.POSITIVE_INFINITY) - now;
      if (left <= 0) this.#end(session);
      else if (now >= warnAt) this.#warn(session, left);
    }
  }

  #end(session: Session): void {
    this.forget(session);
    this.#options.expire(session);
  }

  #warn(session: Session, left: number): void {
    this.#sessions.set(session, Number.POSITIVE_INFINITY);
    this.#options.warn(session, Math.ceil(left / 1000));
  }
}
