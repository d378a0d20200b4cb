import { expect } from 'chai';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { token } from '../../src/command/token.ts';
import { ConfigError, createConfig, type Settings } from '../../src/config.ts';
import { bytesOf, inSeconds, SECRET } from '../support/tokens.ts';

const make = (flags: Parameters<typeof token>[0], settings: Settings = { jwtSecret: SECRET }) =>
  token(flags, createConfig(settings));

async function problemOf(...args: Parameters<typeof make>): Promise<string> {
  const error = await make(...args).catch((thrown: unknown) => thrown);
  expect(error).to.be.an.instanceOf(ConfigError);
  return (error as ConfigError).message;
}

describe('ambos token', () => {
  it('makes a token that JWT_SECRET verifies, good for an hour', async () => {
    const made = await make({ sub: '123' });
    const { payload } = await jwtVerify(made, bytesOf(SECRET));
    expect(payload).to.have.all.keys('sub', 'iat', 'exp').and.to.include({ sub: '123' });
    expect(payload.exp).to.be.closeTo(inSeconds(3600), 5);
  });

  it('says name, permissions and expiry as they are given', async () => {
    const flags = { sub: '123', name: 'Ana', expires: '90s', permissions: '{"join":["team-*"],"notify":true}' };
    const { exp = 0, iat: _, ...claims } = decodeJwt(await make(flags));
    expect(claims).to.deep.equal({ sub: '123', name: 'Ana', ambos: { join: ['team-*'], notify: true } });
    expect(exp).to.be.closeTo(inSeconds(90), 5);
  });

  it('goes with what else the server asks for', async () => {
    const settings = {
      jwtSecret: 'x'.repeat(64),
      jwtAlgorithms: 'HS512,HS256',
      jwtIssuer: 'https://a/,https://b/',
      jwtAudience: 'ambos',
    };
    const made = await make({ sub: '123' }, settings);
    expect(decodeProtectedHeader(made).alg).to.equal('HS512');
    expect(decodeJwt(made)).to.include({ iss: 'https://a/', aud: 'ambos' });
  });

  const problems: [what: string, args: Parameters<typeof make>, words: string][] = [
    ['no secret', [{ sub: '1' }, {}], 'JWT_SECRET'],
    ['a short secret', [{ sub: '1' }, { jwtSecret: 'short' }], 'JWT_SECRET: 5 bytes are too few'],
    ['nobody', [{}], '--sub'],
    ['a userId that is none', [{ sub: 'a b' }], '--sub: Invalid userId: spaces'],
    ['a name that is none', [{ sub: '1', name: 'system' }], '--name: Invalid username'],
    ['an expiry that is none', [{ sub: '1', expires: 'soon' }], '--expires: expected a duration'],
    ['permissions that are no JSON', [{ sub: '1', permissions: '{' }], '--permissions: '],
    [
      'permissions that there are not',
      [{ sub: '1', permissions: '{"joni":[]}' }],
      '--permissions: permissions have no "joni"',
    ],
  ];
  for (const [what, args, words] of problems) {
    it(`refuses ${what}`, async () => {
      expect(await problemOf(...args)).to.include(words);
    });
  }
});
