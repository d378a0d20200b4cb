import { expect } from 'chai';
import { type AuthOptions, AuthProblems, createAuth } from '../../src/auth/auth.ts';
import { Refusal } from '../../src/protocol/errors.ts';
import { Elsewhere } from '../support/backend.ts';
import { HandClock } from '../support/hand-clock.ts';
import { silent } from '../support/hub-bench.ts';
import { expectRefusal, refusalFrom } from '../support/refusals.ts';
import { SECRET, sign } from '../support/tokens.ts';

const NOW = 1_699_363_200;

const start = (options: Partial<AuthOptions> = {}) =>
  createAuth({
    auth: 'auto',
    jwtSecret: '',
    jwtPublicKey: '',
    jwtJwksUrl: '',
    jwtAlgorithms: [],
    jwtIssuer: [],
    jwtAudience: [],
    jwtTolerance: 0,
    jwtJwksCache: 1000,
    jwtJwksCooldown: 1000,
    maxTokenBytes: 8192,
    authUrl: '',
    authSecret: '',
    authTimeout: 1000,
    authCache: 1000,
    authCacheSize: 10,
    clock: new HandClock(NOW * 1000),
    logger: silent,
    ...options,
  });

function problemsOf(options: Partial<AuthOptions>): readonly string[] {
  try {
    start(options);
  } catch (error) {
    if (error instanceof AuthProblems) return error.problems;
    throw error;
  }
  return [];
}

describe('createAuth', () => {
  it('is off where nothing is set: everybody is who they say', async () => {
    for (const auth of ['auto', 'off'] as const) {
      const { on, authenticator, authorize } = start({ auth });
      expect(on).to.equal(false);
      const user = await authenticator.authenticate({ userId: '7', username: 'Ana', rooms: [] });
      expect(user).to.deep.equal({ id: '7', name: 'Ana' });
      expect(authorize(user, 'send', { type: 'notification' })).to.equal(true);
    }
  });

  describe('by a key', () => {
    const { on, authenticator, authorize } = start({ jwtSecret: SECRET });
    const userOf = async (claims: object) => {
      const token = await sign({ sub: '7', exp: NOW + 60, ...claims });
      return authenticator.authenticate({ token, rooms: [] });
    };

    it('is on', () => expect(on).to.equal(true));

    it('permits what the claim says', async () => {
      const ana = await userOf({ ambos: { join: ['a'], notify: true } });
      expect(authorize(ana, 'join', { room: 'a' })).to.equal(true);
      expect(authorize(ana, 'join', { room: 'b' })).to.equal(false);
      expect(authorize(ana, 'send', { type: 'notification' })).to.equal(true);
    });

    it('permits everything but notifications where there is no claim', async () => {
      const ana = await userOf({});
      expect(authorize(ana, 'join', { room: 'b' })).to.equal(true);
      expect(authorize(ana, 'send', { type: 'notification' })).to.equal(false);
    });
  });

  describe('by the application', () => {
    it('takes whom it knows, and refuses whom it does not', async () => {
      const authenticate = async ({ token }: { token?: string }) => (token === 'good' ? { userId: 7 } : undefined);
      const { on, authenticator } = start({ authenticate });
      expect(on).to.equal(true);
      expect(await authenticator.authenticate({ token: 'good', rooms: [] })).to.include({ id: '7' });
      expectRefusal(await refusalFrom(authenticator.authenticate({ token: 'bad', rooms: [] })), 'unauthorized');
    });

    it('refuses where it throws, and passes on the refusal that it means', async () => {
      const throwing = (error: Error) =>
        start({
          authenticate: () => {
            throw error;
          },
        }).authenticator.authenticate({ rooms: [] });
      expectRefusal(await refusalFrom(throwing(new Error('no such session'))), 'unauthorized');
      expectRefusal(await refusalFrom(throwing(new Refusal('unavailable'))), 'unavailable');
    });

    it('asks its authorize behind the permissions, and alone of whom nothing is said', async () => {
      const authorize = (_user: unknown, _action: unknown, { room }: { room?: string }) => room !== 'b';
      const asking = start({ authenticate: () => ({ userId: '7' }), authorize });
      const ana = await asking.authenticator.authenticate({ rooms: [] });
      expect(asking.authorize(ana, 'send', { type: 'notification' })).to.equal(true);
      expect(asking.authorize(ana, 'join', { room: 'b' })).to.equal(false);
      const held = start({ authenticate: () => ({ userId: '7', permissions: { join: ['b'] } }), authorize });
      const bo = await held.authenticator.authenticate({ rooms: [] });
      expect(held.authorize(bo, 'join', { room: 'a' })).to.equal(false);
      expect(held.authorize(bo, 'join', { room: 'b' })).to.equal(false);
      expect(held.authorize(bo, 'send', { type: 'notification' })).to.equal(false);
    });
  });

  describe('by a backend', () => {
    let elsewhere: Elsewhere;
    beforeEach(async () => {
      elsewhere = await Elsewhere.start(({ body }) => ({
        body: body.includes('"connect"') ? { userId: '7' } : { allow: !body.includes('"b"') },
      }));
    });
    afterEach(() => elsewhere.close());
    const settings = () => ({ authUrl: elsewhere.url, authSecret: SECRET });

    it('asks it who a client is, and what it may do', async () => {
      const { on, authenticator, authorize } = start(settings());
      const ana = await authenticator.authenticate({ token: 't', rooms: [] });
      expect(on).to.equal(true);
      expect(ana).to.include({ id: '7' }).and.not.to.have.property('permissions');
      expect(await authorize(ana, 'join', { room: 'a' })).to.equal(true);
      expect(await authorize(ana, 'join', { room: 'b' })).to.equal(false);
      expect(elsewhere.questions.map(({ action }) => action)).to.deep.equal(['connect', 'join', 'join']);
    });

    it('does not ask again what it has said with the identity', async () => {
      elsewhere.reply = () => ({ body: { userId: '7', permissions: { join: ['b'] } } });
      const { authenticator, authorize } = start(settings());
      const ana = await authenticator.authenticate({ token: 't', rooms: [] });
      expect(await authorize(ana, 'join', { room: 'b' })).to.equal(true);
      expect(await authorize(ana, 'join', { room: 'a' })).to.equal(false);
      expect(elsewhere.questions).to.have.length(1);
    });

    it('asks it what the bearer of a token may do, behind the claim', async () => {
      const { authenticator, authorize } = start({ ...settings(), jwtSecret: SECRET });
      const token = await sign({ sub: '7', exp: NOW + 60, ambos: { join: ['a', 'b'] } });
      const ana = await authenticator.authenticate({ token, rooms: [] });
      expect(await authorize(ana, 'join', { room: 'a' })).to.equal(true);
      expect(await authorize(ana, 'join', { room: 'b' })).to.equal(false);
      expect(await authorize(ana, 'join', { room: 'c' })).to.equal(false);
      expect(elsewhere.questions.map(({ room }) => room)).to.deep.equal(['a', 'b']);
    });
  });

  const key = { jwtSecret: SECRET };
  const backend = { authUrl: 'https://a.example/ambos', authSecret: SECRET };
  const authenticate = () => undefined;
  const authorize = () => true;
  const problems: [what: string, options: Partial<AuthOptions>, ...words: string[]][] = [
    ['two keys', { ...key, jwtJwksUrl: 'https://a.example/' }, 'JWT_SECRET and JWT_JWKS_URL exclude each other'],
    ['a key and authenticate', { ...key, authenticate }, 'JWT_SECRET and the option authenticate exclude each other'],
    ['a backend and authorize', { ...backend, authorize }, 'AUTH_URL and the option authorize exclude each other'],
    ['a short secret', { jwtSecret: 'short' }, 'JWT_SECRET: 5 bytes are too few, HS256 needs 32'],
    ['an issuer without a key', { jwtIssuer: ['a'] }, 'JWT_ISSUER is of no use without'],
    [
      'audience and algorithms with a backend alone',
      { ...backend, jwtAudience: ['a'], jwtAlgorithms: ['HS256'] },
      'JWT_AUDIENCE is of no use without',
      'JWT_ALGORITHMS is of no use without',
    ],
    [
      'a backend without a secret',
      { authUrl: backend.authUrl },
      'AUTH_SECRET: AUTH_URL needs one of 32 bytes at least',
    ],
    [
      'a backend with a short one',
      { ...backend, authSecret: 'x' },
      'AUTH_SECRET: AUTH_URL needs one of 32 bytes at least',
    ],
    ['a secret without a backend', { authSecret: SECRET }, 'AUTH_SECRET is of no use without AUTH_URL'],
    ['a backend that is no URL', { ...backend, authUrl: 'a.example' }, 'AUTH_URL: expected a URL'],
    ['keys at no URL', { jwtJwksUrl: 'file:///etc/keys' }, 'JWT_JWKS_URL: expected a URL'],
    ['a password in a URL', { ...backend, authUrl: 'https://u:p@a.example/' }, 'AUTH_URL: a user or password'],
    ['off, and a key', { ...key, auth: 'off' }, 'AUTH=off and JWT_SECRET exclude each other'],
    ['off, and authenticate', { authenticate, auth: 'off' }, 'AUTH=off and authenticate exclude each other'],
    ['on, and no way', { auth: 'on' }, 'AUTH=on needs JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL or AUTH_URL'],
  ];
  for (const [what, options, ...words] of problems) {
    it(`refuses to start with ${what}`, () => {
      const found = problemsOf(options);
      expect(found).to.have.length(words.length);
      for (const [index, word] of words.entries()) expect(found[index]).to.include(word);
      expect(found.join()).not.to.include(SECRET).and.not.to.include('u:p');
    });
  }

  it('starts with what goes together', () => {
    for (const options of [
      key,
      backend,
      { ...key, ...backend },
      { authenticate, authorize },
      { ...key, authorize, auth: 'on' },
    ]) {
      expect(problemsOf(options as Partial<AuthOptions>)).to.deep.equal([]);
    }
  });
});
