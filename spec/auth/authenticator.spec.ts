import { expect } from 'chai';
import { OpenAuthenticator } from '../../src/auth/authenticator.ts';
import { parseUserId, parseUsername } from '../../src/protocol/name.ts';
import { HandClock } from '../support/hand-clock.ts';

describe('OpenAuthenticator', () => {
  const clock = new HandClock(1_699_363_200_999);
  const authenticator = new OpenAuthenticator(clock);

  it('believes who they say they are', async () => {
    const user = await authenticator.authenticate({ username: 'Ana', userId: '7', rooms: [] });
    expect(user).to.deep.equal({ id: '7', name: 'Ana' });
  });

  it('names whoever says no name after the second', async () => {
    const { name } = await authenticator.authenticate({ userId: '7', rooms: [] });
    expect(name).to.equal('Usuario1699363200');
  });

  it('gives whoever says no userId one of its own', async () => {
    const users = await Promise.all(
      Array.from({ length: 1000 }, () => authenticator.authenticate({ username: 'Ana', rooms: [] })),
    );
    for (const { id } of users) expect(id).to.match(/^user_[0-9a-f]{16}$/);
    expect(new Set(users.map(({ id }) => id)).size).to.equal(1000);
  });

  it('gives names that it would take itself', async () => {
    const { id, name } = await authenticator.authenticate({ rooms: [] });
    expect([parseUserId(id), parseUsername(name)]).to.deep.equal([id, name]);
  });

  it('looks at no token', async () => {
    const user = await authenticator.authenticate({ username: 'Ana', userId: '7', token: 'bad', rooms: [] });
    expect(user).to.deep.equal({ id: '7', name: 'Ana' });
    expect(await authenticator.renew(user)).to.equal(user);
  });
});
