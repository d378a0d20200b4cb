import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JWTVerifyGetKey } from 'jose';
import { type KeySettings, readKeys } from '../../src/auth/keys.ts';
import type { Logger } from '../../src/hub/ports.ts';
import { Elsewhere } from '../support/backend.ts';
import { newFolder, removeFolders } from '../support/folder.ts';
import { HandClock } from '../support/hand-clock.ts';
import { silent } from '../support/hub-bench.ts';
import { expectRefusal, refusalFrom } from '../support/refusals.ts';
import { pairOf, SECRET } from '../support/tokens.ts';

const NONE: KeySettings = {
  jwtSecret: '',
  jwtPublicKey: '',
  jwtJwksUrl: '',
  jwtAlgorithms: [],
  jwtJwksCache: 600_000,
  jwtJwksCooldown: 60_000,
};
const read = (settings: Partial<KeySettings>, clock = new HandClock(), logger: Logger = silent) =>
  readKeys({ ...NONE, ...settings }, clock, logger);
const pemOf = (...options: unknown[]) => {
  const make = generateKeyPairSync as (...args: unknown[]) => { publicKey: string };
  const [type, more = {}] = options as [string, object];
  const encoding = {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  };
  return make(type, { ...more, ...encoding }).publicKey;
};

describe('readKeys', () => {
  after(removeFolders);

  it('finds none where none is given', () => expect(read({})).to.equal(undefined));

  describe('of a secret', () => {
    it('takes HS256, or what is asked for', () => {
      expect(read({ jwtSecret: SECRET })?.algorithms).to.deep.equal(['HS256']);
      const jwtSecret = 'x'.repeat(64);
      expect(read({ jwtSecret, jwtAlgorithms: ['HS512', 'HS256'] })?.algorithms).to.deep.equal(['HS512', 'HS256']);
    });

    for (const [bytes, algorithm, least] of [
      [31, 'HS256', 32],
      [47, 'HS384', 48],
      [63, 'HS512', 64],
    ] as const) {
      it(`refuses ${bytes} bytes for ${algorithm}`, () => {
        const settings = { jwtSecret: 'x'.repeat(bytes), jwtAlgorithms: [algorithm] };
        expect(() => read(settings)).to.throw(`JWT_SECRET: ${bytes} bytes are too few, ${algorithm} needs ${least}`);
        expect(read({ ...settings, jwtSecret: 'x'.repeat(least) })?.algorithms).to.deep.equal([algorithm]);
      });
    }

    it('counts bytes, not characters', () => {
      expect(read({ jwtSecret: 'ñ'.repeat(16) })?.algorithms).to.deep.equal(['HS256']);
    });

    for (const algorithm of ['none', 'RS256', 'ES256', 'EdDSA', 'HS1', 'hs256', 'dir']) {
      it(`refuses ${algorithm}`, () => {
        expect(() => read({ jwtSecret: SECRET, jwtAlgorithms: ['HS256', algorithm] })).to.throw(
          `JWT_ALGORITHMS: ${algorithm} does not go with JWT_SECRET, which takes HS256, HS384, HS512`,
        );
      });
    }
  });

  describe('of a public key', () => {
    const kinds: [what: string, pem: string, usual: string, other: string][] = [
      ['RSA', pemOf('rsa', { modulusLength: 2048 }), 'RS256', 'PS384'],
      ['P-256', pemOf('ec', { namedCurve: 'P-256' }), 'ES256', 'ES256'],
      ['P-384', pemOf('ec', { namedCurve: 'P-384' }), 'ES384', 'ES384'],
      ['P-521', pemOf('ec', { namedCurve: 'P-521' }), 'ES512', 'ES512'],
      ['Ed25519', pemOf('ed25519'), 'EdDSA', 'Ed25519'],
    ];
    for (const [what, jwtPublicKey, usual, other] of kinds) {
      it(`takes what goes with ${what}, and never a signature by secret`, () => {
        expect(read({ jwtPublicKey })?.algorithms).to.deep.equal([usual]);
        expect(read({ jwtPublicKey, jwtAlgorithms: [other] })?.algorithms).to.deep.equal([other]);
        for (const algorithm of ['HS256', 'none', what === 'RSA' ? 'ES256' : 'RS256'])
          expect(() => read({ jwtPublicKey, jwtAlgorithms: [algorithm] }), algorithm).to.throw('JWT_ALGORITHMS');
      });
    }

    it('reads it from a file, and with the line breaks of a variable', () => {
      const [, pem] = kinds[1]!;
      const path = join(newFolder(), 'key.pem');
      writeFileSync(path, pem);
      expect(read({ jwtPublicKey: path })?.algorithms).to.deep.equal(['ES256']);
      expect(read({ jwtPublicKey: pem.replaceAll('\n', '\\n') })?.algorithms).to.deep.equal(['ES256']);
    });

    it('refuses a private key', async () => {
      const { privatePem } = await pairOf('ES256');
      expect(() => read({ jwtPublicKey: privatePem })).to.throw('JWT_PUBLIC_KEY: that is a private key');
    });

    const bad: [what: string, jwtPublicKey: string, words: string][] = [
      ['a file that is not there', '/nowhere/key.pem', 'neither a PEM nor a file that can be read: "/nowhere/key.pem"'],
      [
        'a PEM that is none',
        '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
        'expected a public key as PEM',
      ],
      ['a short RSA key', pemOf('rsa', { modulusLength: 1024 }), '1024 bits are too few'],
      ['a curve of another world', pemOf('ec', { namedCurve: 'secp256k1' }), 'secp256k1 are not supported'],
      ['a key for something else', pemOf('x25519'), 'x25519 are not supported'],
    ];
    for (const [what, jwtPublicKey, words] of bad) {
      it(`refuses ${what}`, () => expect(() => read({ jwtPublicKey })).to.throw(words));
    }
  });

  describe('of a set of keys elsewhere', () => {
    let elsewhere: Elsewhere;
    const lines: string[] = [];
    const note = (fields: object, text: string) => void lines.push(`${text} ${JSON.stringify(fields)}`);
    beforeEach(async () => {
      lines.splice(0);
      elsewhere = await Elsewhere.start();
    });
    afterEach(() => elsewhere.close());

    const start = (settings: Partial<KeySettings> = {}, clock = new HandClock()) => {
      const keys = read({ jwtJwksUrl: elsewhere.url, ...settings }, clock, { info: note, warn: note, error: note })!;
      const find = keys.key as JWTVerifyGetKey;
      return async (kid: string, alg = 'ES256') => find({ alg, kid }, { payload: '', signature: '' });
    };
    const codeFrom = (attempt: Promise<unknown>) => attempt.then(String, (error: { code: string }) => error.code);

    it('takes public algorithms alone', () => {
      const jwtJwksUrl = 'https://a.example/jwks.json';
      expect(read({ jwtJwksUrl })?.algorithms).to.include.members(['RS256', 'ES256', 'EdDSA']);
      expect(read({ jwtJwksUrl, jwtAlgorithms: ['RS256'] })?.algorithms).to.deep.equal(['RS256']);
      for (const algorithm of ['HS256', 'none'])
        expect(() => read({ jwtJwksUrl, jwtAlgorithms: [algorithm] })).to.throw('JWT_ALGORITHMS');
    });

    it('fetches it once for many', async () => {
      const { jwk } = await pairOf('ES256');
      elsewhere.reply = () => ({ body: { keys: [jwk] } });
      const find = start();
      await Promise.all([find('k1'), find('k1'), find('k1')]);
      await find('k1');
      expect(elsewhere.asked).to.have.length(1);
    });

    it('looks for an unknown key once, and not again while it cools down', async () => {
      const { jwk } = await pairOf('ES256');
      elsewhere.reply = () => ({ body: { keys: [jwk] } });
      const find = start();
      await find('k1');
      for (let i = 0; i < 5; i++) expect(await codeFrom(find(`forged-${i}`))).to.equal('ERR_JWKS_NO_MATCHING_KEY');
      expect(elsewhere.asked).to.have.length(1);
    });

    it('finds a key that came by rotation, once it has cooled down', async () => {
      const [one, two] = await Promise.all([pairOf('ES256', 'k1'), pairOf('ES256', 'k2')]);
      elsewhere.reply = () => ({ body: { keys: [one.jwk] } });
      const find = start({ jwtJwksCooldown: 0 });
      await find('k1');
      elsewhere.reply = () => ({ body: { keys: [two.jwk] } });
      await find('k2');
      expect(elsewhere.asked).to.have.length(2);
      expect(await codeFrom(find('k1'))).to.equal('ERR_JWKS_NO_MATCHING_KEY');
    });

    const failures: [what: string, reply: Parameters<typeof Elsewhere.start>[0]][] = [
      ['500', () => ({ status: 500 })],
      ['a redirect', () => ({ status: 302, headers: { location: 'http://127.0.0.1:1/' } })],
      ['no JSON', () => ({ body: '<html>' })],
      ['no set', () => ({ body: { keys: 'none' } })],
    ];
    for (const [what, reply] of failures) {
      it(`says unavailable where it answers ${what}, and does not ask again at once`, async () => {
        elsewhere.reply = reply!;
        const clock = new HandClock();
        const find = start({}, clock);
        for (let i = 0; i < 3; i++) expectRefusal(await refusalFrom(find('k1')), 'unavailable');
        expect(elsewhere.asked).to.have.length(1);
        expect(lines).to.have.length(1);
        clock.advance(1000);
        const { jwk } = await pairOf('ES256');
        elsewhere.reply = () => ({ body: { keys: [jwk] } });
        await find('k1');
        expect(elsewhere.asked).to.have.length(2);
      });
    }

    it('says unavailable where nobody is there', async () => {
      const { port } = elsewhere;
      const find = start();
      await elsewhere.close();
      expectRefusal(await refusalFrom(find('k1')), 'unavailable');
      expect(lines.join()).to.include('ECONNREFUSED');
      await elsewhere.listen(port);
    });
  });
});
