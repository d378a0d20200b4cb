import { expect } from 'chai';
import type { JWTPayload } from 'jose';
import { type JwtOptions, jwtIdentify } from '../../src/auth/jwt.ts';
import { readKeys } from '../../src/auth/keys.ts';
import { HandClock } from '../support/hand-clock.ts';
import { silent } from '../support/hub-bench.ts';
import { expectRefusal, refusalFrom } from '../support/refusals.ts';
import { pairOf, SECRET, sign } from '../support/tokens.ts';

/** PROTOCOL.md's own second, at which the clock stands. */
const NOW = 1_699_363_200;
const CLAIMS = { sub: '7', exp: NOW + 60 };

function start(options: Partial<JwtOptions> & { keySettings?: object } = {}) {
  const lines: string[] = [];
  const note = (_fields: object, text: string) => void lines.push(text);
  const { keySettings = { jwtSecret: SECRET }, ...rest } = options;
  const clock = new HandClock(NOW * 1000);
  const settings = {
    jwtSecret: '',
    jwtPublicKey: '',
    jwtJwksUrl: '',
    jwtAlgorithms: [],
    jwtJwksCache: 1,
    jwtJwksCooldown: 1,
    ...keySettings,
  };
  const identify = jwtIdentify({
    keys: readKeys(settings, clock, silent)!,
    jwtIssuer: [],
    jwtAudience: [],
    jwtTolerance: 0,
    clock,
    logger: { info: note, warn: note, error: note },
    ...rest,
  });
  return { lines, clock, identify: (token?: string) => identify({ ...(token !== undefined && { token }), rooms: [] }) };
}

async function expectRefused(
  setup: ReturnType<typeof start>,
  token: string | undefined,
  reason?: string,
): Promise<void> {
  expectRefusal(await refusalFrom(setup.identify(token)), 'unauthorized');
  expect(setup.lines).to.deep.equal(reason === undefined ? [] : [`Token refused: ${reason}`]);
}

describe('jwtIdentify', () => {
  it('takes sub, name, exp and the claim ambos', async () => {
    const token = await sign({ ...CLAIMS, name: 'Ana', ambos: { notify: true }, more: 1 });
    expect(await start().identify(token)).to.deep.equal({
      userId: '7',
      username: 'Ana',
      expiresAt: (NOW + 60) * 1000,
      permissions: { notify: true },
    });
  });

  for (const alg of ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA']) {
    it(`verifies ${alg}`, async () => {
      const { pem, key } = await pairOf(alg);
      const { identify } = start({ keySettings: { jwtPublicKey: pem, jwtAlgorithms: [alg] } });
      expect((await identify(await sign(CLAIMS, { alg, key }))).userId).to.equal('7');
    });
  }

  it('refuses whoever brings none, without a word in the log', () => expectRefused(start(), undefined));

  const refused: [what: string, claims: JWTPayload, reason: string][] = [
    ['expired', { sub: '7', exp: NOW }, 'it has expired'],
    ['not valid yet', { ...CLAIMS, nbf: NOW + 1 }, 'its claim "nbf" is absent or another one'],
    ['without exp', { sub: '7' }, 'its claim "exp" is absent or another one'],
    ['without sub', { exp: NOW + 60 }, 'its claim "sub" is absent or another one'],
  ];
  for (const [what, claims, reason] of refused) {
    it(`refuses one that is ${what}, and tells the operator`, async () => {
      await expectRefused(start(), await sign(claims), reason);
    });
  }

  it('holds issuer and audience to what is set, each to one of several', async () => {
    const options = { jwtIssuer: ['https://a/', 'https://b/'], jwtAudience: ['ambos', 'chat'] };
    const good = { ...CLAIMS, iss: 'https://b/', aud: ['other', 'chat'] };
    expect((await start(options).identify(await sign(good))).userId).to.equal('7');
    for (const [claim, values] of [
      ['iss', ['https://c/', undefined]],
      ['aud', ['other', [], undefined]],
    ] as const) {
      for (const value of values) {
        const token = await sign({ ...good, [claim]: value });
        await expectRefused(start(options), token, `its claim "${claim}" is absent or another one`);
      }
    }
  });

  it('forgives clocks that differ by the tolerance, and lets the token live as much longer', async () => {
    const options = { jwtTolerance: 5000 };
    const early = await sign({ ...CLAIMS, nbf: NOW + 5 });
    expect((await start(options).identify(early)).userId).to.equal('7');
    const late = await sign({ ...CLAIMS, exp: NOW - 4 });
    expect((await start(options).identify(late)).expiresAt).to.equal((NOW + 1) * 1000);
    await expectRefused(start(options), await sign({ ...CLAIMS, exp: NOW - 5 }), 'it has expired');
  });

  it('tells nothing of what a token says, nor the token', async () => {
    const setup = start();
    for (const token of ['secret-word', await sign({ ...CLAIMS, exp: 1, name: 'secret-word' })]) {
      await refusalFrom(setup.identify(token));
    }
    expect(setup.lines).to.have.length(2);
    expect(setup.lines.join()).not.to.match(/secret-word|eyJ/);
  });
});
