import { SignJWT } from 'jose';
import { CLAIM } from '../auth/jwt.ts';
import { readSecret } from '../auth/keys.ts';
import { decodePermissions } from '../auth/permissions.ts';
import { type Config, ConfigError, readDuration } from '../config.ts';
import { Refusal } from '../protocol/errors.ts';
import { parseUserId, parseUsername } from '../protocol/name.ts';
import type { ClientFlags } from './command-line.ts';

/**
 * `ambos token`: makes a token for development, as the server that has the same settings accepts it.
 * @throws ConfigError
 */
export async function token(flags: ClientFlags, config: Config): Promise<string> {
  const { sub, name, expires = '1h', permissions } = flags;
  if (config.jwtSecret === '') throw new ConfigError('ambos token signs with JWT_SECRET: set it as the server has it');
  const { key, algorithms } = checked('', () => readSecret(config));
  const userId = checked('--sub', () => parseUserId(sub));
  if (userId === undefined) throw new ConfigError('For whom? Try: ambos token --sub 123 --name Ana');
  const username = checked('--name', () => parseUsername(name));
  const claim = permissions === undefined ? undefined : checked('--permissions', () => readPermissions(permissions));
  const end = Math.floor((Date.now() + checked('--expires', () => readDuration(expires))) / 1000);
  const jwt = new SignJWT({
    ...(username !== undefined && { name: username }),
    ...(claim !== undefined && { [CLAIM]: claim }),
  })
    .setProtectedHeader({ alg: algorithms[0] ?? 'HS256', typ: 'JWT' })
    .setSubject(userId)
    .setIssuedAt()
    .setExpirationTime(end);
  if (config.jwtIssuer[0] !== undefined) jwt.setIssuer(config.jwtIssuer[0]);
  if (config.jwtAudience[0] !== undefined) jwt.setAudience(config.jwtAudience[0]);
  return jwt.sign(key);
}

/** They go into the token as they are given, once it is clear that they can be read. */
function readPermissions(text: string): unknown {
  const given: unknown = JSON.parse(text);
  decodePermissions(given);
  return given;
}

function checked<T>(flag: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const words = error instanceof Refusal ? error.text('en') : (error as Error).message;
    throw new ConfigError(flag === '' ? words : `${flag}: ${words}`);
  }
}
