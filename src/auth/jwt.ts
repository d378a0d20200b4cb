import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Clock, Logger } from '../hub/ports.ts';
import { Refusal } from '../protocol/errors.ts';
import type { Identify } from './identity.ts';
import type { Keys } from './keys.ts';

export interface JwtOptions {
  keys: Keys;
  /** Accepted issuers; empty: any. */
  jwtIssuer: readonly string[];
  /** Accepted audiences; empty: any, or none. */
  jwtAudience: readonly string[];
  /** Milliseconds by which clocks may differ. */
  jwtTolerance: number;
  clock: Clock;
  logger: Logger;
}

/** The claim that holds permissions. */
export const CLAIM = 'ambos';

/** Library texts may hold what the token says: the log gets words of our own. */
const REASONS: Record<string, string> = {
  ERR_JWT_EXPIRED: 'it has expired',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'its signature is not by the key that was given',
  ERR_JOSE_ALG_NOT_ALLOWED: 'its algorithm is not among JWT_ALGORITHMS',
  ERR_JWKS_NO_MATCHING_KEY: 'its key is not among those of JWT_JWKS_URL',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'it has no "kid", and several keys of JWT_JWKS_URL fit',
};

/** Makes identities of JSON Web Tokens. */
export function jwtIdentify(options: JwtOptions): Identify {
  const { keys, jwtTolerance, logger } = options;
  const key = typeof keys.key === 'function' ? keys.key : async () => keys.key;
  return async ({ token }) => {
    if (token === undefined) throw new Refusal('unauthorized');
    try {
      return toIdentity(await verify(token, key as JWTVerifyGetKey, options), jwtTolerance);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      const reason = reasonOf(error);
      logger.info({ event: 'token_refused', reason }, `Token refused: ${reason}`);
      throw new Refusal('unauthorized');
    }
  };
}

async function verify(token: string, key: JWTVerifyGetKey, options: JwtOptions): Promise<JWTPayload> {
  const { keys, jwtIssuer, jwtAudience, jwtTolerance, clock } = options;
  const { payload } = await jwtVerify(token, key, {
    algorithms: [...keys.algorithms],
    ...(jwtIssuer.length > 0 && { issuer: [...jwtIssuer] }),
    ...(jwtAudience.length > 0 && { audience: [...jwtAudience] }),
    clockTolerance: jwtTolerance / 1000,
    currentDate: new Date(clock.now()),
    requiredClaims: ['exp', 'sub'],
  });
  return payload;
}

function toIdentity(payload: JWTPayload, tolerance: number) {
  const { sub, exp = 0 } = payload;
  return {
    userId: sub,
    username: payload['name'],
    expiresAt: exp * 1000 + tolerance,
    permissions: payload[CLAIM],
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof errors.JOSEError)) return 'it can not be read';
  if (error instanceof errors.JWTClaimValidationFailed) return `its claim "${error.claim}" is absent or another one`;
  return REASONS[error.code] ?? 'it can not be read';
}
