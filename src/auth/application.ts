import type { Authorize, Logger, Permissions } from '../hub/ports.ts';
import { Refusal } from '../protocol/errors.ts';
import type { Handshake } from '../protocol/handshake.ts';
import type { Identify } from './identity.ts';

/** Who a client is, as the application says. */
export interface Identified {
  userId: string | number;
  /** Absent: what the client says. */
  username?: string | undefined;
  /** Until when it is this one (milliseconds, or a date): warned before it, closed with 4009 at it. */
  expiresAt?: number | Date | undefined;
  /** Absent: all rooms, no notifications; where there is `authorize` too, that alone decides. */
  permissions?: Partial<Permissions> | undefined;
}

/** Says who a client is. Nobody, where it gives nothing or throws: a `Refusal` tells the client why. */
export type Authenticate = (handshake: Handshake) => Identified | undefined | Promise<Identified | undefined>;

/** What the application decides by itself. */
export interface ApplicationAuth {
  authenticate?: Authenticate | undefined;
  /** May this user do that? Asked behind `permissions`, for joins, messages and history, on both doors. */
  authorize?: Authorize | undefined;
}

/** Makes identities of what the application says. */
export function applicationIdentify(authenticate: Authenticate, logger: Logger): Identify {
  return async (handshake) => {
    const identified = await ask(authenticate, handshake, logger);
    if (!identified) throw new Refusal('unauthorized');
    return { ...identified };
  };
}

async function ask(authenticate: Authenticate, handshake: Handshake, logger: Logger) {
  try {
    return await authenticate(handshake);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    logger.warn({ err: withoutToken(error, handshake.token) }, 'authenticate has thrown: the client is refused');
    return undefined;
  }
}

/** What is shorter is no secret, and would blot out other words. */
const SHORTEST_TOKEN = 8;

/** What an application throws may repeat the token that it was given, and nobody could tell that from other words. */
function withoutToken(error: unknown, token = ''): unknown {
  if (token.length < SHORTEST_TOKEN) return error;
  if (typeof error === 'string') return error.replaceAll(token, '***');
  if (!(error instanceof Error)) return error;
  const { name, message, stack = '', cause } = error;
  const { code } = error as NodeJS.ErrnoException;
  const cut = new Error(
    message.replaceAll(token, '***'),
    cause === undefined ? {} : { cause: withoutToken(cause, token) },
  );
  return Object.assign(cut, { name, stack: stack.replaceAll(token, '***'), ...(code !== undefined && { code }) });
}
