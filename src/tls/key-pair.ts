import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

/** Where a certificate and its key lie. */
export interface KeyPairFiles {
  /** The certificate, and those between it and its authority, as PEM. */
  cert: string;
  key: string;
  /** What opens the key, where it is locked. */
  passphrase?: string | undefined;
}

/** What was read of the files, checked, in the shape that Node takes. */
export interface KeyPair {
  cert: string;
  key: string;
  passphrase?: string;
  minVersion: 'TLSv1.2';
}

/** What is in the files, unchecked. */
export interface Contents {
  cert: string;
  key: string;
}

/** @throws Error whose message is one line for the operator */
export async function readContents(files: KeyPairFiles): Promise<Contents> {
  return { cert: await read('certificate', files.cert), key: await read('key', files.key) };
}

/**
 * Checks that clients could be served with it: both files whole, and of one another.
 * @throws Error whose message is one line for the operator; nothing of the key is in it
 */
export function checkKeyPair({ cert, key }: Contents, files: KeyPairFiles): KeyPair {
  const { passphrase } = files;
  const [certificate] = parseChain(cert, files.cert);
  // OpenSSL itself takes a certificate and a key of different kinds, and fails only with the first client.
  if (!certificate!.checkPrivateKey(parseKey(key, files)))
    throw new Error(`The TLS key ${files.key} does not belong to the certificate ${files.cert}`);
  const pair: KeyPair = { cert, key, ...(passphrase && { passphrase }), minVersion: 'TLSv1.2' };
  try {
    createSecureContext(pair);
  } catch {
    throw new Error(`The TLS certificate ${files.cert} and its key can't be used`);
  }
  return pair;
}

/** The time in which clients take a certificate, in milliseconds since the epoch. */
export interface Validity {
  from: number;
  to: number;
}

export function validityOf({ cert }: KeyPair): Validity {
  const { validFrom, validTo } = new X509Certificate(cert);
  return { from: Date.parse(validFrom), to: Date.parse(validTo) };
}

/** Node reads the first certificate of a file and leaves it at that where the next one is cut off. */
function parseChain(text: string, path: string): X509Certificate[] {
  const blocks = text.match(BLOCK) ?? [];
  const certificates = blocks.filter((block) => block.startsWith(CERTIFICATE));
  const isCut = text.replace(BLOCK, '').includes('-----');
  try {
    if (!isCut && certificates.length > 0) return certificates.map((block) => new X509Certificate(block));
  } catch {
    // Said below.
  }
  throw new Error(`The TLS certificate ${path} is no certificate (PEM), or not a whole one`);
}

function parseKey(key: string, { key: path, passphrase }: KeyPairFiles): KeyObject {
  try {
    return createPrivateKey({ key, ...(passphrase && { passphrase }) });
  } catch {
    const isLocked = LOCKED.test(key);
    if (isLocked && passphrase)
      throw new Error(`The TLS key ${path} can't be opened: is TLS_PASSPHRASE the right one?`);
    if (isLocked) throw new Error(`The TLS key ${path} is locked: set TLS_PASSPHRASE`);
    throw new Error(`The TLS key ${path} is no key (PEM), or not a whole one`);
  }
}

async function read(what: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new Error(`The TLS ${what} ${path} can't be read: ${WORDS[code] ?? code}`);
  }
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;
const CERTIFICATE = '-----BEGIN CERTIFICATE-----';
const LOCKED = /BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/;

const WORDS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not',
  EISDIR: 'it is a folder',
};
