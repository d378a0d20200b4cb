import { type CryptoKey, exportJWK, exportPKCS8, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export const SECRET = 'a-secret-of-thirty-two-bytes-or-more';

interface Signed {
  alg?: string;
  kid?: string;
  key?: Uint8Array | CryptoKey;
}

/** A token with these claims and no others. */
export function sign(claims: JWTPayload, { alg = 'HS256', kid, key = bytesOf(SECRET) }: Signed = {}): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, ...(kid !== undefined && { kid }) }).sign(key);
}

/** A token of a user, good for an hour. */
export function tokenOf(sub: string, claims: JWTPayload = {}, signed?: Signed): Promise<string> {
  return sign({ sub, exp: inSeconds(3600), ...claims }, signed);
}

/** Unix seconds. */
export function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A token of any parts, signed or not. */
export function forged(header: unknown, payload: unknown, signature = ''): string {
  const part = (value: unknown) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(payload)}.${signature}`;
}

/** A pair of keys, in every form that is asked for. */
export async function pairOf(alg: string, kid = 'k1') {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return {
    alg,
    kid,
    jwk,
    key: privateKey,
    pem: await exportSPKI(publicKey),
    privatePem: await exportPKCS8(privateKey),
  };
}
