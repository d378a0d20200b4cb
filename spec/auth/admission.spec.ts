import { expect } from 'chai';
import { Admission, type AdmissionOptions } from '../../src/auth/admission.ts';
import { Origins } from '../../src/auth/origins.ts';
import { Turnstile } from '../../src/auth/turnstile.ts';
import type { Action, Target, User } from '../../src/hub/ports.ts';
import { Refusal } from '../../src/protocol/errors.ts';
import type { Handshake, HandshakeSource } from '../../src/protocol/handshake.ts';
import { HandClock } from '../support/hand-clock.ts';
import { expectRefusal, refusalFrom } from '../support/refusals.ts';

const ANA: User = { id: '7', name: 'Ana' };
const SOURCE: HandshakeSource = {
  username: 'Ana',
  userId: '7',
  token: 't',
  rooms: ['a', 'b'],
  lastId: undefined,
  session: undefined,
};
const NEVER = new Promise<never>(() => {});

/** An admission whose authenticator notes what it is asked. */
function start(overrides: Partial<AdmissionOptions> = {}) {
  const asked: Handshake[] = [];
  const authenticator = {
    async authenticate(handshake: Handshake) {
      asked.push(handshake);
      return ANA;
    },
    renew: async (user: User) => user,
  };
  const admission = new Admission({
    authenticator,
    authorize: () => true,
    origins: new Origins(['*']),
    turnstile: new Turnstile({ maxHandshakes: 10, handshakeQueue: 10 }),
    clock: new HandClock(),
    maxRooms: 3,
    timeout: 60_000,
    ...overrides,
  });
  return {
    admission,
    asked,
    admit: (source: Partial<HandshakeSource> = {}, origin?: string) =>
      admission.admit({ ...SOURCE, ...source }, { address: '', origin, host: 'ambos.example' }),
  };
}

describe('Admission', () => {
  it('lets in whom the authenticator knows, with the rooms that were asked for', async () => {
    const { admit, asked } = start();
    expect(await admit()).to.deep.equal({ user: ANA, rooms: ['a', 'b'] });
    expect(asked).to.deep.equal([{ username: 'Ana', userId: '7', token: 't', rooms: ['a', 'b'] }]);
  });

  it('lets in whom the authenticator says, not who the client says', async () => {
    expect((await start().admit({ username: 'Eve', userId: '666' })).user).to.deep.equal(ANA);
  });

  describe('is closed', () => {
    it('to everybody, before anything is looked at', async () => {
      const { admission, admit, asked } = start({ origins: new Origins([]) });
      admission.closed = true;
      const refusal = await refusalFrom(admit({ username: 'system' }, 'https://evil.example'));
      expectRefusal(refusal, 'unavailable', 'closing');
      expect(refusal.retryAfter).to.equal(1);
      expect(asked).to.deep.equal([]);
    });

    it('also to whoever came before and is only now known', async () => {
      const { admission, admit } = start();
      const admitted = admit();
      admission.closed = true;
      expectRefusal(await refusalFrom(admitted), 'unavailable', 'closing');
    });

    it('also to whoever asks only whether it is open', async () => {
      const { admission } = start();
      admission.checkOpen();
      admission.closed = true;
      expectRefusal(await refusalFrom((async () => admission.checkOpen())()), 'unavailable', 'closing');
    });
  });

  describe('asks about the origin first', () => {
    const origins = new Origins(['https://a.example']);

    it('and refuses a page that is not allowed, before its parameters', async () => {
      const { admit, asked } = start({ origins });
      expectRefusal(await refusalFrom(admit({ username: 'system' }, 'https://b.example')), 'forbidden_origin');
      expect(asked).to.deep.equal([]);
    });

    it('and lets in a page that is, and a client that is no page', async () => {
      const { admit } = start({ origins });
      expect((await admit({}, 'https://a.example')).user).to.equal(ANA);
      expect((await admit({}, undefined)).user).to.equal(ANA);
    });
  });

  describe('refuses what a handshake may not say, before it authenticates', () => {
    const cases: [source: Partial<HandshakeSource>, code: 'invalid_username' | 'invalid_user_id' | 'invalid_room'][] = [
      [{ username: 7 }, 'invalid_username'],
      [{ userId: {} }, 'invalid_user_id'],
      [{ rooms: 'a b' }, 'invalid_room'],
    ];
    for (const [source, code] of cases) {
      it(`${JSON.stringify(source)}: ${code}`, async () => {
        const { admit, asked } = start();
        expect((await refusalFrom(admit(source))).code).to.equal(code);
        expect(asked).to.deep.equal([]);
      });
    }

    it('more rooms than a connection may have: room_limit', async () => {
      expectRefusal(await refusalFrom(start().admit({ rooms: 'a,b,c,d' })), 'room_limit', 'rooms', 3);
    });
  });

  describe('authenticates', () => {
    const answering = (answer: () => Promise<User>) =>
      start({ authenticator: { authenticate: answer, renew: async (user: User) => user } });

    it('and passes on the refusal that the authenticator throws', async () => {
      const { admit } = answering(() => Promise.reject(new Refusal('unauthorized')));
      expectRefusal(await refusalFrom(admit()), 'unauthorized');
    });

    it('and lets an error through, for the door to make nothing of it', async () => {
      const fault = new Error('database');
      const thrown = await answering(() => Promise.reject(fault))
        .admit()
        .catch((error: unknown) => error);
      expect(thrown).to.equal(fault);
    });

    it('and does not let in on an error that is thrown at once', async () => {
      const { admit } = answering(() => {
        throw new Refusal('unauthorized');
      });
      expectRefusal(await refusalFrom(admit()), 'unauthorized');
    });

    it('in time, or refuses with unavailable', async () => {
      const authenticator = { authenticate: () => NEVER, renew: async (user: User) => user };
      const clock = new HandClock();
      const refused = refusalFrom(start({ authenticator, clock }).admit());
      clock.advance(60_000);
      const refusal = await refused;
      expectRefusal(refusal, 'unavailable');
      expect(refusal.retryAfter).to.equal(1);
    });
  });

  it('does not wait for ever for a permission either', async () => {
    const clock = new HandClock();
    const refused = refusalFrom(start({ authorize: () => NEVER, clock }).admit());
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(60_000);
    expectRefusal(await refused, 'unavailable');
  });

  it('leaves no timer behind', async () => {
    const clock = new HandClock();
    await start({ clock }).admit();
    expect(clock.pending).to.equal(0);
  });

  describe('asks whether the user may join each room', () => {
    it('in the order given, and nothing where no room was asked for', async () => {
      const asked: [User, Action, Target][] = [];
      const { admit } = start({ authorize: (...question) => Boolean(asked.push(question)) });
      await admit({ rooms: 'b,a' });
      await admit({ rooms: 'general' });
      expect(asked).to.deep.equal([
        [ANA, 'join', { room: 'b' }],
        [ANA, 'join', { room: 'a' }],
      ]);
    });

    it('and refuses the whole connection with forbidden where one is not', async () => {
      const { admit } = start({ authorize: (_user, _action, { room }) => room !== 'b' });
      expectRefusal(await refusalFrom(admit()), 'forbidden');
      expect((await admit({ rooms: 'a,c' })).rooms).to.deep.equal(['a', 'c']);
    });

    it('and waits for an answer that takes time', async () => {
      const { admit } = start({ authorize: async (_user, _action, { room }) => room !== 'b' });
      expectRefusal(await refusalFrom(admit()), 'forbidden');
      expect((await admit({ rooms: 'a' })).rooms).to.deep.equal(['a']);
    });
  });
});
