import type { Action, Authenticator, Authorize, Clock, Return, Target, User } from '../hub/ports.ts';
import { Refusal } from '../protocol/errors.ts';
import { decodeHandshake, type Handshake, type HandshakeSource } from '../protocol/handshake.ts';
import type { Caller } from './callers.ts';
import type { Origins } from './origins.ts';
import type { Turnstile } from './turnstile.ts';

export interface AdmissionOptions {
  authenticator: Authenticator;
  authorize: Authorize;
  origins: Origins;
  turnstile: Turnstile;
  clock: Clock;
  maxRooms: number;
  /** Is that user kept out for a time? */
  isBarred?(userId: string): boolean;
  /** Milliseconds that finding out who a client is, and what it may join, may take. */
  timeout: number;
}

/** A client that may come in. */
export interface Admitted extends Return {
  user: User;
  rooms: string[];
}

/** The question at both doors, and on a plain GET of theirs: may this client come in, and as whom? */
export class Admission {
  readonly #options: AdmissionOptions;
  /** The server is closing: nobody comes in any more. */
  closed = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * @param isGone the client has given up waiting
   * @throws Refusal
   */
  async admit(source: HandshakeSource, caller: Caller, isGone = () => false): Promise<Admitted> {
    this.checkOpen();
    const { origins, maxRooms, isBarred } = this.#options;
    if (!origins.allows(caller)) throw new Refusal('forbidden_origin');
    const handshake = decodeHandshake(source, maxRooms);
    const user = await this.#inTurn(handshake, isGone);
    // All that took time, in which the server may have begun to close.
    this.checkOpen();
    if (isBarred?.(user.id)) throw new Refusal('forbidden', { detail: 'barred' });
    const { rooms, lastId, session } = handshake;
    return { user, rooms, ...(lastId !== undefined && { lastId }), ...(session !== undefined && { session }) };
  }

  /** @throws Refusal `forbidden` */
  async permit(user: User, action: Action, target: Target): Promise<void> {
    if (!(await this.#options.authorize(user, action, target))) throw new Refusal('forbidden');
  }

  /** @throws Refusal `unavailable`, `over_capacity` where too many are waiting */
  checkFree(): void {
    this.checkOpen();
    this.#options.turnstile.check();
  }

  /** @throws Refusal `unavailable` */
  checkOpen(): void {
    if (this.closed) throw new Refusal('unavailable', { detail: 'closing', retryAfter: 1 });
  }

  async #identify(handshake: Handshake): Promise<User> {
    const user = await this.#options.authenticator.authenticate(handshake);
    for (const room of handshake.rooms) {
      await this.permit(user, 'join', { room });
    }
    return user;
  }

  /** Waits its turn, and for what is asked then. The time for both runs from now on. */
  #inTurn(handshake: Handshake, isGone: () => boolean): Promise<User> {
    const { clock, timeout, turnstile } = this.#options;
    return new Promise((resolve, reject) => {
      const unavailable = () => reject(new Refusal('unavailable', { retryAfter: 1 }));
      const leave = turnstile.enter(() => {
        const work = isGone() ? Promise.resolve().then(unavailable) : this.#identify(handshake).then(resolve, reject);
        void work.finally(() => end());
      });
      const cancel = clock.after(timeout, () => {
        unavailable();
        leave();
      });
      const end = () => {
        cancel();
        leave();
      };
    });
  }
}
