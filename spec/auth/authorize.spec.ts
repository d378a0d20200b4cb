import { expect } from 'chai';
import { authorizeAll } from '../../src/auth/authorize.ts';
import type { Action, Target } from '../../src/hub/ports.ts';

describe('authorizeAll', () => {
  const user = { id: '7', name: 'Ana' };
  const targets: Target[] = [{}, { type: 'chat' }, { type: 'system', room: 'sala-1' }, { type: 'chat', to: '8' }];

  for (const action of ['send', 'join', 'read'] satisfies Action[]) {
    it(`lets everybody ${action}, at once`, () => {
      for (const target of targets) expect(authorizeAll(user, action, target)).to.equal(true);
    });
  }
});
