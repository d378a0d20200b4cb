import { readFileSync } from 'node:fs';

/** Certificates for localhost, each its own authority, and their keys. */
export const FIRST = { cert: fixture('first.crt'), key: fixture('first.key') };
export const SECOND = { cert: fixture('second.crt'), key: fixture('second.key') };
export const RSA = { cert: fixture('rsa.crt'), key: fixture('rsa.key') };
/** Of the year 2020, with the key of the second. */
export const EXPIRED = { cert: fixture('expired.crt'), key: SECOND.key };
/** The first, with its key locked. */
export const LOCKED = { cert: FIRST.cert, key: fixture('locked.key'), passphrase: 'correct-horse' };

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');
}
