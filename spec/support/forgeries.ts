import { createHmac } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { forged, inSeconds, pairOf, SECRET, sign, tokenOf } from './tokens.ts';

/** What the server that these are for holds tokens to, beside SECRET. */
export const ISSUER = 'https://issuer.example/';
export const AUDIENCE = 'ambos';
export const GENUINE: JWTPayload = { iss: ISSUER, aud: AUDIENCE };

/** Threat 33: tokens of all kinds that must open nothing, by what is wrong with them. */
export async function forgeries(): Promise<Record<string, string>> {
  const claims = { ...GENUINE, sub: 'ana', exp: inSeconds(3600) };
  const good = await sign(claims);
  const [header = '', payload = '', signature = ''] = good.split('.');
  const { key: rsa } = await pairOf('RS256');
  const own = await pairOf('ES256');
  const brought = { jwk: own.jwk, jku: 'http://127.0.0.1:1/jwks.json', x5u: 'http://127.0.0.1:1/', x5c: ['AAAA'] };
  const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  return {
    'alg none': forged({ alg: 'none' }, claims),
    'alg None': forged({ alg: 'None' }, claims),
    'alg NONE, with a signature': forged({ alg: 'NONE' }, claims, signature),
    'no alg': forged({ typ: 'JWT' }, claims, signature),
    'another secret': await sign(claims, { key: new TextEncoder().encode('x'.repeat(32)) }),
    'an empty secret': signedBy({ alg: 'HS256' }, claims, ''),
    'an empty secret, by a kid that is a path': signedBy({ alg: 'HS256', kid: '../../../dev/null' }, claims, ''),
    'an algorithm that is not accepted': signedBy({ alg: 'HS512' }, claims, SECRET, 'sha512'),
    'a signature by RSA': await sign(claims, { alg: 'RS256', key: rsa }),
    'a signature by a key that it brings along': await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', ...brought })
      .sign(own.key),
    'a secret that it brings along': signedBy(
      { alg: 'HS256', ...brought, jwk: { kty: 'oct', k: 'AAAA' } },
      claims,
      '\0\0\0',
    ),
    'a signature by EC': await sign(claims, { alg: 'ES256', key: own.key }),
    'no signature': `${header}.${payload}.`,
    'half a signature': `${header}.${payload}.${signature.slice(0, 20)}`,
    'a signature that is a bit different': `${header}.${payload}.${flipped}`,
    'claims that were not signed': forged({ alg: 'HS256' }, { ...claims, sub: 'admin' }, signature),
    'a header that was not signed': `${Buffer.from('{"alg":"HS256","typ":"at+jwt"}').toString('base64url')}.${payload}.${signature}`,
    'an unknown critical header': signedBy({ alg: 'HS256', crit: ['admin'], admin: true }, claims, SECRET),
    'a payload that is not encoded': signedBy({ alg: 'HS256', b64: false, crit: ['b64'] }, claims, SECRET),
    'an expiry that has come': await sign({ ...claims, exp: inSeconds(-1) }),
    'no expiry': await sign({ ...GENUINE, sub: 'ana' }),
    'an expiry that is a text': signedBy({ alg: 'HS256' }, { ...claims, exp: '9999999999' }, SECRET),
    'an expiry that is null': signedBy({ alg: 'HS256' }, { ...claims, exp: null }, SECRET),
    'a beginning to come': await sign({ ...claims, nbf: inSeconds(60) }),
    'no user': await sign({ ...GENUINE, exp: claims.exp }),
    'a blank user': await tokenOf(' ', GENUINE),
    'another issuer': await sign({ ...claims, iss: 'https://issuer.example' }),
    'no issuer': await sign({ sub: 'ana', exp: claims.exp, aud: AUDIENCE }),
    'another audience': await sign({ ...claims, aud: ['chat', 'ambos2'] }),
    'permissions that can not be read': await sign({ ...claims, ambos: { wirte: [] } }),
    'an admin in words': await sign({ ...claims, ambos: { admin: 'true' } }),
    'claims that are a list': signedBy({ alg: 'HS256' }, [claims], SECRET),
    'claims that are no JSON': signedBy({ alg: 'HS256' }, '{"sub":', SECRET),
    'a header that is no JSON': forged('{"alg"', claims, signature),
    'an encrypted token, packed': `${Buffer.from('{"alg":"dir","enc":"A256GCM","zip":"DEF"}').toString('base64url')}..${'A'.repeat(16)}.${'A'.repeat(4000)}.${'A'.repeat(22)}`,
    'two parts': `${header}.${payload}`,
    'four parts': `${good}.${signature}`,
    'parts of nothing': '..',
    'a token behind a token': `${good},${good}`,
    'any word': 'not-a-token',
    'more than is read': `${header}.${'A'.repeat(9000)}.${signature}`,
  };
}

function signedBy(header: object, payload: unknown, secret: string, hash = 'sha256'): string {
  const unsigned = forged(header, payload).slice(0, -1);
  return `${unsigned}.${createHmac(hash, secret).update(unsigned).digest('base64url')}`;
}
