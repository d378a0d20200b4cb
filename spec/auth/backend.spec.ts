import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { Backend, type BackendOptions } from '../../src/auth/backend.ts';
import { Elsewhere, type Reply } from '../support/backend.ts';
import { HandClock } from '../support/hand-clock.ts';
import { expectRefusal, refusalFrom } from '../support/refusals.ts';
import { SECRET } from '../support/tokens.ts';

const ANA = { id: '7', name: 'Ana' };

describe('Backend', () => {
  let elsewhere: Elsewhere;
  const lines: string[] = [];
  const note = (_fields: object, text: string) => void lines.push(text);

  beforeEach(async () => {
    lines.splice(0);
    elsewhere = await Elsewhere.start();
  });
  afterEach(() => elsewhere.close());

  const start = (options: Partial<BackendOptions> = {}) =>
    new Backend({
      authUrl: elsewhere.url,
      authSecret: SECRET,
      authTimeout: 5000,
      authCache: 30_000,
      authCacheSize: 10,
      clock: new HandClock(),
      logger: { info: note, warn: note, error: note },
      ...options,
    });
  const answering = (reply: Reply) => {
    elsewhere.reply = () => reply;
  };

  it('asks who a client is, with all that it says of itself', async () => {
    answering({ body: { userId: '7', username: 'Ana', expiresAt: 1_699_363_260, permissions: { notify: true } } });
    expect(await start().identify({ token: 't', username: 'A', userId: '1', rooms: [] })).to.deep.equal({
      userId: '7',
      username: 'Ana',
      expiresAt: 1_699_363_260_000,
      permissions: { notify: true },
    });
    expect(elsewhere.questions).to.deep.equal([{ action: 'connect', token: 't', username: 'A', userId: '1' }]);
  });

  it('signs what it asks, with the time', async () => {
    answering({ body: { allow: true } });
    await start().permits(ANA, 'join', { room: 'a' });
    const { headers, body } = elsewhere.asked[0]!;
    expect(headers['content-type']).to.equal('application/json');
    expect(headers['ambos-timestamp']).to.equal('1699363200');
    const signature = createHmac('sha256', SECRET).update(`1699363200.${body}`).digest('hex');
    expect(headers['ambos-signature']).to.equal(signature);
  });

  it('asks whether somebody may do something, and remembers the answer for user, action and room', async () => {
    elsewhere.reply = ({ body }) => ({ body: { allow: !body.includes('"b"') } });
    const backend = start();
    expect(await backend.permits(ANA, 'join', { room: 'a' })).to.equal(true);
    expect(await backend.permits({ ...ANA, name: 'Other' }, 'join', { room: 'a' })).to.equal(true);
    expect(await backend.permits(ANA, 'join', { room: 'b' })).to.equal(false);
    expect(await backend.permits(ANA, 'join', { room: 'b' })).to.equal(false);
    expect(await backend.permits({ ...ANA, id: '8' }, 'join', { room: 'a' })).to.equal(true);
    expect(await backend.permits(ANA, 'send', { type: 'chat', room: 'a' })).to.equal(true);
    expect(elsewhere.questions).to.deep.equal([
      { action: 'join', userId: '7', room: 'a' },
      { action: 'join', userId: '7', room: 'b' },
      { action: 'join', userId: '8', room: 'a' },
      { action: 'send', userId: '7', type: 'chat', room: 'a' },
    ]);
  });

  describe('takes for a refusal', () => {
    for (const [status, code] of [
      [401, 'unauthorized'],
      [403, 'forbidden'],
    ] as const) {
      it(`${status} to who a client is: ${code}`, async () => {
        answering({ status });
        expectRefusal(await refusalFrom(start().identify({ rooms: [] })), code);
        expect(lines).to.deep.equal([]);
      });
    }

    it('403 to what it may do: no', async () => {
      answering({ status: 403 });
      expect(await start().permits(ANA, 'join', { room: 'a' })).to.equal(false);
    });

    it('401 to what it may do: unauthorized', async () => {
      answering({ status: 401 });
      expectRefusal(await refusalFrom(start().permits(ANA, 'join', { room: 'a' })), 'unauthorized');
    });
  });

  describe('opens nothing, and says unavailable, where the answer is none:', () => {
    const failures: [what: string, reply: Reply][] = [
      ['500', { status: 500 }],
      ['404', { status: 404 }],
      ['204', { status: 204, body: '' }],
      ['a redirect', { status: 302, headers: { location: '/elsewhere' } }],
      ['no JSON', { body: 'yes' }],
      ['no object', { body: 'true' }],
      ['a list', { body: '[{"allow":true}]' }],
      ['an endless one', { body: `{"allow":true,"x":"${'x'.repeat(70_000)}"}` }],
      ['no "allow"', { body: { allowed: true } }],
      ['an "allow" that is no boolean', { body: { allow: 'yes' } }],
    ];
    for (const [what, reply] of failures) {
      it(what, async () => {
        answering(reply);
        const refusal = await refusalFrom(start().permits(ANA, 'join', { room: 'a' }));
        expectRefusal(refusal, 'unavailable');
        expect(refusal.retryAfter).to.equal(1);
        expect(elsewhere.asked).to.have.length(1);
        expect(lines).to.have.length(1);
      });
    }

    it('nobody there', async () => {
      const backend = start();
      await elsewhere.close();
      expectRefusal(await refusalFrom(backend.identify({ token: 'secret', rooms: [] })), 'unavailable');
      expect(lines.join()).to.include('ECONNREFUSED').and.not.to.include('secret');
      await elsewhere.listen();
    });

    it('one that takes too long', async () => {
      elsewhere.reply = () => new Promise(() => {});
      expectRefusal(await refusalFrom(start({ authTimeout: 20 }).permits(ANA, 'join', { room: 'a' })), 'unavailable');
      expect(lines.join()).to.include('AUTH_TIMEOUT');
    });
  });

  it('asks again after a failure, and tells of many failures once a second', async () => {
    const clock = new HandClock();
    const backend = start({ clock });
    answering({ status: 500 });
    for (let i = 0; i < 3; i++) await refusalFrom(backend.permits(ANA, 'join', { room: 'a' }));
    expect(lines).to.have.length(1);
    clock.advance(1000);
    await refusalFrom(backend.permits(ANA, 'join', { room: 'a' }));
    expect(lines).to.have.length(2);
    answering({ body: { allow: true } });
    expect(await backend.permits(ANA, 'join', { room: 'a' })).to.equal(true);
    expect(elsewhere.asked).to.have.length(5);
  });

  it('has so many questions open at most, and lets go of each', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    elsewhere.reply = () => gate.then(() => ({ body: { allow: true } }));
    const backend = start();
    const asked = Array.from({ length: 256 }, (_, i) => backend.permits(ANA, 'join', { room: `r${i}` }));
    expectRefusal(await refusalFrom(backend.permits(ANA, 'join', { room: 'more' })), 'unavailable');
    release();
    expect(new Set(await Promise.all(asked))).to.deep.equal(new Set([true]));
    expect(await backend.permits(ANA, 'join', { room: 'more' })).to.equal(true);
  });
});
