import type { Authenticator, Clock, Logger, Permissions, User } from '../hub/ports.ts';
import { Refusal } from '../protocol/errors.ts';
import type { Handshake } from '../protocol/handshake.ts';
import { parseUserId, parseUsername } from '../protocol/name.ts';
import { unnamed } from './authenticator.ts';
import { decodePermissions } from './permissions.ts';

/** Who a client is, in the words of a token, a backend or an application: believed, but not checked yet. */
export interface Identity {
  userId: unknown;
  username?: unknown;
  /** Unix milliseconds. */
  expiresAt?: unknown;
  permissions?: unknown;
}

/** Finds out who a client is. @throws Refusal where it is nobody */
export type Identify = (handshake: Handshake) => Promise<Identity>;

export interface IdentityOptions {
  identify: Identify;
  clock: Clock;
  logger: Logger;
  maxTokenBytes: number;
  /** Of whom nothing is said of permissions; undefined where somebody else is asked. */
  usual: Permissions | undefined;
}

/** Authentication on: clients are who somebody says that is believed. */
export class IdentityAuthenticator implements Authenticator {
  readonly #options: IdentityOptions;

  constructor(options: IdentityOptions) {
    this.#options = options;
  }

  async authenticate(handshake: Handshake): Promise<User> {
    const { identify, maxTokenBytes } = this.#options;
    // Before any work is done on it.
    if (Buffer.byteLength(handshake.token ?? '') > maxTokenBytes) throw new Refusal('unauthorized');
    return this.#toUser(await identify(handshake), handshake);
  }

  async renew({ id, name }: User, token: string): Promise<User> {
    const renewed = await this.authenticate({ token, userId: id, username: name, rooms: [] });
    if (renewed.id !== id) throw new Refusal('unauthorized');
    return { ...renewed, name };
  }

  /** What the identity says wins over what the client says of itself. */
  #toUser(identity: Identity, { username }: Handshake): User {
    const { clock } = this.#options;
    const id = parseUserId(identity.userId);
    if (id === undefined) throw this.#refuse('it names no user');
    const name = parseUsername(identity.username) ?? username ?? unnamed(clock);
    const permissions = this.#permissionsOf(identity);
    const expiresAt = this.#endOf(identity);
    return { id, name, ...(permissions && { permissions }), ...(expiresAt !== undefined && { expiresAt }) };
  }

  #permissionsOf({ permissions }: Identity): Permissions | undefined {
    if (permissions === undefined || permissions === null) return this.#options.usual;
    try {
      return decodePermissions(permissions);
    } catch (error) {
      throw this.#refuse((error as TypeError).message);
    }
  }

  #endOf({ expiresAt }: Identity): number | undefined {
    if (expiresAt === undefined || expiresAt === null) return undefined;
    const end = expiresAt instanceof Date ? expiresAt.getTime() : expiresAt;
    if (typeof end !== 'number' || Number.isNaN(end)) throw this.#refuse('its expiry is no time');
    if (end <= this.#options.clock.now()) throw new Refusal('unauthorized');
    return end;
  }

  /** The client learns no more than that: the operator has to. */
  #refuse(reason: string): Refusal {
    this.#options.logger.warn(
      { event: 'identity_refused', reason },
      `An identity that is believed is unusable: ${reason}`,
    );
    return new Refusal('unauthorized');
  }
}
