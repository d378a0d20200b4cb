import { expect } from 'chai';
import { IdentityAuthenticator, type IdentityOptions } from '../../src/auth/identity.ts';
import { USUAL } from '../../src/auth/permissions.ts';
import { HandClock } from '../support/hand-clock.ts';
import { silent } from '../support/hub-bench.ts';
import { expectRefusal, refusalFrom } from '../support/refusals.ts';

const NOW = 1_699_363_200_000;

function start(identity: object, options: Partial<IdentityOptions> = {}) {
  const authenticator = new IdentityAuthenticator({
    identify: async () => identity as { userId: unknown },
    clock: new HandClock(NOW),
    logger: silent,
    maxTokenBytes: 100,
    usual: USUAL,
    ...options,
  });
  return { authenticator, refusal: () => refusalFrom(authenticator.authenticate({ rooms: [] })) };
}

describe('IdentityAuthenticator', () => {
  it('believes the identity, not what the client says of itself', async () => {
    const permissions = { join: ['a'] };
    const { authenticator } = start({ userId: '7', username: 'Ana', expiresAt: NOW + 1, permissions });
    const user = await authenticator.authenticate({ username: 'Eve', userId: '666', rooms: [] });
    const expected = { id: '7', name: 'Ana', permissions: { ...USUAL, join: ['a'] }, expiresAt: NOW + 1 };
    expect(user).to.deep.equal(expected);
  });

  it('takes the client’s own username where the identity has none, and makes one where nobody has', async () => {
    const { authenticator } = start({ userId: '7' });
    expect(await authenticator.authenticate({ username: 'Ana', rooms: [] })).to.include({ id: '7', name: 'Ana' });
    expect((await authenticator.authenticate({ rooms: [] })).name).to.equal('Usuario1699363200');
  });

  it('takes an integer for a userId, and a date for an end', async () => {
    const { authenticator } = start({ userId: 7, expiresAt: new Date(NOW + 5) });
    expect(await authenticator.authenticate({ rooms: [] })).to.include({ id: '7', expiresAt: NOW + 5 });
  });

  it('gives whoever has no permissions the usual ones, or none where somebody else is asked', async () => {
    const usual = await start({ userId: '7' }).authenticator.authenticate({ rooms: [] });
    expect(usual.permissions).to.equal(USUAL);
    const asked = await start({ userId: '7' }, { usual: undefined }).authenticator.authenticate({ rooms: [] });
    expect(asked).not.to.have.property('permissions');
  });

  const bad: [what: string, identity: object, code: 'unauthorized' | 'invalid_username' | 'invalid_user_id'][] = [
    ['no userId', {}, 'unauthorized'],
    ['a blank userId', { userId: ' ' }, 'unauthorized'],
    ['a userId that reads system', { userId: 'system' }, 'invalid_user_id'],
    ['a userId with a space', { userId: 'a b' }, 'invalid_user_id'],
    ['a userId that is an object', { userId: {} }, 'invalid_user_id'],
    ['a username that reads system', { userId: '7', username: 'SYSTEM' }, 'invalid_username'],
    ['a username that breaks a line', { userId: '7', username: 'a\nb' }, 'invalid_username'],
    ['a username that is no text', { userId: '7', username: 7 }, 'invalid_username'],
    ['an end that has come', { userId: '7', expiresAt: NOW }, 'unauthorized'],
    ['an end that is no time', { userId: '7', expiresAt: 'soon' }, 'unauthorized'],
    ['an end that is not a number', { userId: '7', expiresAt: Number.NaN }, 'unauthorized'],
    ['permissions that can not be read', { userId: '7', permissions: { joni: [] } }, 'unauthorized'],
    ['permissions that are a text', { userId: '7', permissions: 'admin' }, 'unauthorized'],
  ];
  for (const [what, identity, code] of bad) {
    it(`refuses ${what}: ${code}`, async () => {
      expect((await start(identity).refusal()).code).to.equal(code);
    });
  }

  it('tells the operator what can not be read', async () => {
    const lines: string[] = [];
    const logger = { ...silent, warn: (_fields: object, text: string) => void lines.push(text) };
    await start({ userId: '7', permissions: { joni: [] } }, { logger }).refusal();
    expect(lines.join()).to.include('permissions have no "joni"');
  });

  it('threat 33: refuses a token that is too large before any work', async () => {
    let asked = 0;
    const identify = async () => ({ userId: `${++asked}` });
    const { authenticator } = start({}, { identify });
    expectRefusal(await refusalFrom(authenticator.authenticate({ token: 'ñ'.repeat(51), rooms: [] })), 'unauthorized');
    expect(asked).to.equal(0);
    expect((await authenticator.authenticate({ token: 'ñ'.repeat(50), rooms: [] })).id).to.equal('1');
  });

  describe('renews', () => {
    it('what a user may do and until when, not its name', async () => {
      const { authenticator } = start({
        userId: '7',
        username: 'Other',
        expiresAt: NOW + 9,
        permissions: { send: [] },
      });
      const user = await authenticator.renew({ id: '7', name: 'Ana', expiresAt: NOW + 1 }, 't');
      expect(user).to.deep.equal({ id: '7', name: 'Ana', expiresAt: NOW + 9, permissions: { ...USUAL, send: [] } });
    });

    it('with the token that is given', async () => {
      const tokens: unknown[] = [];
      const identify = async ({ token }: { token?: string }) => ({ userId: '7', token: tokens.push(token) });
      await start({}, { identify }).authenticator.renew({ id: '7', name: 'Ana' }, 'fresh');
      expect(tokens).to.deep.equal(['fresh']);
    });

    it('nobody by the token of another one', async () => {
      const { authenticator } = start({ userId: '8' });
      expectRefusal(await refusalFrom(authenticator.renew({ id: '7', name: 'Ana' }, 't')), 'unauthorized');
    });
  });
});
