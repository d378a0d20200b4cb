import { expect } from 'chai';
import { alsoAsking, authorize } from '../../src/auth/authorize.ts';
import { decodePermissions } from '../../src/auth/permissions.ts';
import type { Action, Target, User } from '../../src/hub/ports.ts';

const ANA: User = { id: '7', name: 'Ana' };
const may = (permissions: object): User => ({ ...ANA, permissions: decodePermissions(permissions) });

describe('authorize', () => {
  const targets: Target[] = [{}, { type: 'chat' }, { type: 'notification', room: 'sala-1' }, { type: 'chat', to: '8' }];

  for (const action of ['send', 'join', 'read'] satisfies Action[]) {
    it(`lets everybody ${action} where nobody has permissions: authentication is off`, () => {
      for (const target of targets) expect(authorize(ANA, action, target)).to.equal(true);
    });

    it(`lets an admin ${action} whatever else is said`, () => {
      const admin = may({ admin: true, join: [], read: [], write: [], send: [], notify: false });
      for (const target of targets) expect(authorize(admin, action, target)).to.equal(true);
    });
  }

  const cases: [permissions: object, action: Action, target: Target, allowed: boolean][] = [
    [{}, 'join', { room: 'a' }, true],
    [{}, 'read', { room: 'a' }, true],
    [{}, 'send', { type: 'chat', room: 'a' }, true],
    [{}, 'send', { type: 'move' }, true],
    [{}, 'send', { type: 'chat', to: '8' }, true],
    [{}, 'send', { type: 'notification' }, false],
    [{ notify: true }, 'send', { type: 'notification' }, true],
    [{ notify: true }, 'send', { type: 'notification', to: '8' }, true],
    [{ notify: true, send: [] }, 'send', { type: 'notification' }, true],
    [{ notify: true, write: [] }, 'send', { type: 'notification' }, false],
    [{ send: ['notification'] }, 'send', { type: 'notification' }, false],
    [{ join: ['team-*'] }, 'join', { room: 'team-1' }, true],
    [{ join: ['team-*'] }, 'join', { room: 'Team-1' }, false],
    [{ join: ['team-*'] }, 'join', { room: 'board' }, false],
    [{ join: ['team-*'] }, 'send', { type: 'chat', room: 'board' }, true],
    [{ join: [] }, 'join', {}, true],
    [{ join: [] }, 'join', { room: 'general' }, true],
    [{ read: [] }, 'read', {}, false],
    [{ read: ['general'] }, 'read', {}, true],
    [{ read: ['general'] }, 'read', { room: 'a' }, false],
    [{ read: [] }, 'read', { type: 'user_list' }, true],
    [{ read: [] }, 'read', { type: 'user_list', room: 'a' }, true],
    [{ write: ['team-*'] }, 'send', { type: 'chat' }, false],
    [{ write: ['team-*', 'general'] }, 'send', { type: 'chat' }, true],
    [{ write: ['team-*'] }, 'send', { type: 'move', room: 'team-1' }, true],
    [{ write: ['team-*'] }, 'send', { type: 'chat', to: '8' }, true],
    [{ write: [] }, 'send', { type: 'chat', to: '8' }, false],
    [{ send: ['chat'] }, 'send', { type: 'move' }, false],
    [{ send: ['game.*'] }, 'send', { type: 'game.move' }, true],
    [{ send: [] }, 'send', { type: 'chat', to: '8' }, false],
    [{ send: [] }, 'send', {}, false],
    [{ join: [], read: [], write: [], send: [] }, 'send', { type: 'heartbeat' }, true],
    [{ join: [], read: [], write: [], send: [] }, 'send', { type: 'leave', room: 'a' }, true],
    [{ join: [], read: [], write: [], send: [] }, 'send', { type: 'auth' }, true],
  ];
  for (const [permissions, action, target, allowed] of cases) {
    it(`${JSON.stringify(permissions)}: ${action} ${JSON.stringify(target)} is ${allowed ? 'allowed' : 'refused'}`, () => {
      expect(authorize(may(permissions), action, target)).to.equal(allowed);
    });
  }
});

describe('alsoAsking', () => {
  const asked: unknown[] = [];
  const ask = (...question: unknown[]) => {
    asked.push(question);
    return false;
  };
  beforeEach(() => void asked.splice(0));

  it('asks about joins, history and messages, the default room by its name, without what a message says', () => {
    const both = alsoAsking(ask);
    const chat = { type: 'chat', content: 'secret', data: 1, clientMsgId: 'c' } as Target;
    for (const [action, target] of [
      ['join', { type: 'join', room: 'a' }],
      ['read', {}],
      ['send', chat],
      ['send', { ...chat, to: '8' }],
    ] as const) {
      expect(both(ANA, action, target)).to.equal(false);
    }
    expect(asked).to.deep.equal([
      [ANA, 'join', { type: 'join', room: 'a' }],
      [ANA, 'read', { room: 'general' }],
      [ANA, 'send', { type: 'chat', room: 'general' }],
      [ANA, 'send', { type: 'chat', to: '8' }],
    ]);
  });

  it('does not ask about what is everybody’s, nor about what is refused already', () => {
    const both = alsoAsking(ask);
    expect(both(ANA, 'send', { type: 'heartbeat' })).to.equal(true);
    expect(both(ANA, 'join', {})).to.equal(true);
    expect(both(ANA, 'read', { type: 'user_list', room: 'a' })).to.equal(true);
    expect(both(may({ join: [] }), 'join', { room: 'a' })).to.equal(false);
    expect(asked).to.deep.equal([]);
  });

  it('waits for an answer that takes time', async () => {
    expect(await alsoAsking(async () => true)(ANA, 'join', { room: 'a' })).to.equal(true);
  });
});
