import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRemoteJWKSet, customFetch, errors, type FetchImplementation, type JWTVerifyGetKey } from 'jose';
import type { Clock, Logger } from '../hub/ports.ts';
import { Refusal } from '../protocol/errors.ts';

export interface KeySettings {
  jwtSecret: string;
  /** A PEM, or the path of one. */
  jwtPublicKey: string;
  jwtJwksUrl: string;
  /** Empty: those that go with the key. */
  jwtAlgorithms: readonly string[];
  /** Milliseconds for which a set of keys is not fetched again. */
  jwtJwksCache: number;
  /** Milliseconds after a fetch in which a key that is not in the set is not looked for again. */
  jwtJwksCooldown: number;
}

/** What signatures are verified with, and by which algorithms alone. */
export interface Keys {
  key: Uint8Array | KeyObject | JWTVerifyGetKey;
  algorithms: readonly string[];
}

/** Algorithm → bytes that its secret must have at least: as many as its hash (RFC 7518, 3.2). */
const SECRET_BYTES: Record<string, number> = { HS256: 32, HS384: 48, HS512: 64 };
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const EDWARDS = ['EdDSA', 'Ed25519'];
const CURVES: Record<string, string[]> = { prime256v1: ['ES256'], secp384r1: ['ES384'], secp521r1: ['ES512'] };
const PUBLIC = [...RSA, ...Object.values(CURVES).flat(), ...EDWARDS];
/** By a set of keys each says its own; a signature by secret is never taken for one by a public key. */
const USUAL_OF_SETS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];
const MIN_RSA_BITS = 2048;
const FETCH_TIMEOUT = 5000;
/** A server that fails is not asked by every client that comes. */
const FAILURE_PAUSE = 1000;

/**
 * Reads what tokens are verified with.
 * @returns undefined where there is no key
 * @throws Error whose message is one line for the operator
 */
export function readKeys(settings: KeySettings, clock: Clock, logger: Logger): Keys | undefined {
  if (settings.jwtSecret !== '') return readSecret(settings);
  if (settings.jwtPublicKey !== '') return publicKeys(settings);
  if (settings.jwtJwksUrl !== '') return remoteKeys(settings, clock, logger);
  return undefined;
}

/** @throws Error whose message is one line for the operator */
export function readSecret({ jwtSecret, jwtAlgorithms }: Pick<KeySettings, 'jwtSecret' | 'jwtAlgorithms'>) {
  const key = new TextEncoder().encode(jwtSecret);
  const algorithms = chosen(jwtAlgorithms, ['HS256'], Object.keys(SECRET_BYTES), 'JWT_SECRET');
  for (const algorithm of algorithms) {
    const least = SECRET_BYTES[algorithm] ?? 0;
    if (key.length >= least) continue;
    throw new Error(
      `JWT_SECRET: ${key.length} bytes are too few, ${algorithm} needs ${least}: openssl rand -base64 48`,
    );
  }
  return { key, algorithms };
}

function publicKeys({ jwtPublicKey, jwtAlgorithms }: KeySettings): Keys {
  const key = readPublicKey(jwtPublicKey);
  const fitting = algorithmsOf(key);
  return { key, algorithms: chosen(jwtAlgorithms, fitting.slice(0, 1), fitting, 'this JWT_PUBLIC_KEY') };
}

function chosen(given: readonly string[], usual: string[], fitting: string[], key: string): readonly string[] {
  const stranger = given.find((algorithm) => !fitting.includes(algorithm));
  if (stranger === undefined) return given.length > 0 ? given : usual;
  throw new Error(`JWT_ALGORITHMS: ${stranger} does not go with ${key}, which takes ${fitting.join(', ')}`);
}

// --- a public key ---

function readPublicKey(text: string): KeyObject {
  // Variables of a shell or an .env file often have line breaks in this form.
  const pem = text.includes('-----BEGIN') ? text.replaceAll('\\n', '\n') : readPem(text);
  if (pem.includes('PRIVATE KEY'))
    throw new Error('JWT_PUBLIC_KEY: that is a private key, which only the issuer should have');
  try {
    return createPublicKey(pem);
  } catch {
    throw new Error(
      'JWT_PUBLIC_KEY: expected a public key as PEM (-----BEGIN PUBLIC KEY-----), or the path of such a file',
    );
  }
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new Error(`JWT_PUBLIC_KEY: neither a PEM nor a file that can be read: ${JSON.stringify(path)}`);
  }
}

/** The usual one first. */
function algorithmsOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string[] {
  if (type === 'rsa' && (details?.modulusLength ?? 0) < MIN_RSA_BITS) {
    throw new Error(`JWT_PUBLIC_KEY: ${details?.modulusLength} bits are too few, RSA needs ${MIN_RSA_BITS}`);
  }
  if (type === 'rsa') return RSA;
  if (type === 'ed25519') return EDWARDS;
  const found = type === 'ec' ? CURVES[details?.namedCurve ?? ''] : undefined;
  if (found) return found;
  throw new Error(
    `JWT_PUBLIC_KEY: keys of the kind ${details?.namedCurve ?? type} are not supported: RSA, EC P-256 to P-521, Ed25519`,
  );
}

// --- a set of keys elsewhere ---

function remoteKeys(settings: KeySettings, clock: Clock, logger: Logger): Keys {
  const { jwtJwksUrl, jwtAlgorithms, jwtJwksCache: cacheMaxAge, jwtJwksCooldown: cooldownDuration } = settings;
  const algorithms = chosen(jwtAlgorithms, USUAL_OF_SETS, PUBLIC, 'JWT_JWKS_URL');
  const fetching = new Fetching(clock, logger);
  const find = createRemoteJWKSet(new URL(jwtJwksUrl), {
    cacheMaxAge,
    cooldownDuration,
    timeoutDuration: FETCH_TIMEOUT,
    [customFetch]: (url, options) => fetching.start(url, options),
  });
  const key: JWTVerifyGetKey = async (header, token) => {
    try {
      return await find(header, token);
    } catch (error) {
      if (isTokensFault(error)) throw error;
      fetching.failed(error);
      throw new Refusal('unavailable', { retryAfter: 1 });
    }
  };
  return { key, algorithms };
}

/** Fetches the set, but not again at once where that has failed. */
class Fetching {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  get #paused(): boolean {
    return this.#clock.now() < this.#failedAt + FAILURE_PAUSE;
  }

  async start(...[url, options]: Parameters<FetchImplementation>): Promise<Response> {
    if (this.#paused) throw new Error('it has failed just now');
    return fetch(url, options);
  }

  /** All that waited for the same fetch tell of it. */
  failed(error: unknown): void {
    if (this.#paused) return;
    this.#failedAt = this.#clock.now();
    this.#logger.error({ reason: reasonOf(error) }, 'JWT_JWKS_URL gives no keys: nobody can be let in by them');
  }
}

function isTokensFault(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
