import type { Action, Authenticator, Authorize, Clock, Return, Target, User } from '../hub/ports.ts';
import { Refusal } from '../protocol/errors.ts';
import { decodeHandshake, type Handshake, type HandshakeSource } from '../protocol/handshake.ts';
import type { Origins } from './origins.ts';

export interface AdmissionOptions {
  authenticator: Authenticator;
  authorize: Authorize;
  origins: Origins;
  clock: Clock;
  maxRooms: number;
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

  /** @throws Refusal */
  async admit(source: HandshakeSource, origin: string | undefined): Promise<Admitted> {
    this.checkOpen();
    const { origins, maxRooms } = this.#options;
    if (!origins.allows(origin)) throw new Refusal('forbidden_origin');
    const handshake = decodeHandshake(source, maxRooms);
    const user = await this.#inTime(this.#identify(handshake));
    // All that took time, in which the server may have begun to close.
    this.checkOpen();
    const { rooms, lastId, session } = handshake;
    return { user, rooms, ...(lastId !== undefined && { lastId }), ...(session !== undefined && { session }) };
  }

  /** @throws Refusal `forbidden` */
  async permit(user: User, action: Action, target: Target): Promise<void> {
    if (!(await this.#options.authorize(user, action, target))) throw new Refusal('forbidden');
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

  #inTime<T>(work: Promise<T>): Promise<T> {
    const { clock, timeout } = this.#options;
    return new Promise((resolve, reject) => {
      const cancel = clock.after(timeout, () => reject(new Refusal('unavailable', { retryAfter: 1 })));
      work.then(resolve, reject).finally(cancel);
    });
  }
}
