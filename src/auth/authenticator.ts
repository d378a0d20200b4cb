import { randomBytes } from 'node:crypto';
import type { Authenticator, Clock, User } from '../hub/ports.ts';
import type { Handshake } from '../protocol/handshake.ts';

/**
 * Authentication off: everyone is who they say they are, and whoever says nothing gets a name. Tokens are not looked
 * at, so a client that sends one works here as it does where they are.
 */
export class OpenAuthenticator implements Authenticator {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async authenticate({ username, userId }: Handshake): Promise<User> {
    const name = username ?? unnamed(this.#clock);
    if (userId !== undefined) return { id: userId, name };
    return { id: `user_${randomBytes(8).toString('hex')}`, name, guest: true };
  }

  async renew(user: User): Promise<User> {
    return user;
  }
}

/** The name of whoever says none. */
export function unnamed(clock: Clock): string {
  return `Usuario${Math.floor(clock.now() / 1000)}`;
}
