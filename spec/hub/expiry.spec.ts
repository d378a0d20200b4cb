import { expect } from 'chai';
import type { User } from '../../src/hub/ports.ts';
import type { Session } from '../../src/hub/session.ts';
import { Refusal } from '../../src/protocol/errors.ts';
import { DEFAULT_ROOM } from '../../src/protocol/message.ts';
import { HubBench, inShort, settled } from '../support/hub-bench.ts';

/** A bench whose users live as long as they say, and whose tokens are names of what they give. */
async function start(tokens: Record<string, Partial<User>> = {}, overrides: Parameters<typeof HubBench.start>[0] = {}) {
  const renew = async (user: User, token: string): Promise<User> => {
    const given = tokens[token];
    if (!given) throw new Refusal('unauthorized');
    return { id: user.id, name: user.name, ...given };
  };
  const bench = await HubBench.start({ renew, ...overrides });
  const come = async (name: string, seconds?: number, rooms: string[] = []): Promise<Session> => {
    const expiresAt = seconds === undefined ? {} : { expiresAt: bench.clock.now() + seconds * 1000 };
    const session = bench.hub.connect(bench.a, { user: { id: name, name, ...expiresAt }, address: '', rooms });
    await settled();
    return session;
  };
  const heard = (session: Session) => bench.heard(session).slice(1);
  const closes = () => bench.a.closes.map(({ session, why }) => `${session.user.id}: ${why}`);
  return { bench, come, heard, closes };
}

describe('a user that is known for a time', () => {
  it('is warned a minute before, once, and closed at the end', async () => {
    const { bench, come, closes } = await start();
    const ana = await come('ana', 200);
    bench.clock.advance(139_500);
    expect(bench.received(ana)).to.have.length(1);
    bench.clock.advance(500);
    const [warning] = bench.received(ana).slice(1);
    expect(warning).to.include({ type: 'system', from: 'system', content: 'El token caduca en 60 s' });
    expect(warning!.id).to.match(/-\d+\.\d+$/);
    expect(warning!.data).to.deep.equal({ code: 'token_expiring', expiresIn: 60 });
    bench.clock.advance(59_500);
    expect(bench.received(ana)).to.have.length(2);
    expect(closes()).to.deep.equal([]);
    bench.clock.advance(500);
    expect(closes()).to.deep.equal(['ana: token_expired']);
  });

  it('is closed no later than a second behind its end, whenever it came', async () => {
    const { bench, come, closes } = await start();
    await come('ana', 10.1);
    bench.clock.advance(333);
    await come('bo', 9.9);
    bench.clock.advance(10_050);
    expect(closes()).to.deep.equal([]);
    bench.clock.advance(717);
    expect(closes()).to.have.members(['ana: token_expired', 'bo: token_expired']);
  });

  it('is warned at half its time where it comes with little, and not at all where that is set', async () => {
    const { bench, come, heard } = await start();
    const ana = await come('ana', 30);
    bench.clock.advance(14_500);
    expect(heard(ana)).to.deep.equal([]);
    bench.clock.advance(500);
    expect(bench.received(ana).at(-1)!.data).to.deep.equal({ code: 'token_expiring', expiresIn: 15 });
    expect(heard(ana)).to.have.length(1);
    const silent = await start({}, { limits: { tokenWarning: 0 } });
    const bo = await silent.come('bo', 30);
    silent.bench.clock.advance(29_500);
    expect(silent.heard(bo)).to.deep.equal([]);
  });

  it('costs one timer for all, and none where nobody is', async () => {
    const { bench, come } = await start();
    const before = bench.clock.pending;
    await come('ana');
    expect(bench.clock.pending).to.equal(before);
    const others = await Promise.all(['bo', 'carla', 'diego'].map((name) => come(name, 60)));
    expect(bench.clock.pending).to.equal(before + 1);
    for (const session of others) bench.hub.disconnect(session, { goodbye: true });
    expect(bench.clock.pending).to.equal(before);
  });

  it('is not touched beside those whose time is up', async () => {
    const { bench, come, closes } = await start();
    await come('ana');
    await come('bo', 5);
    await come('carla', 500);
    bench.clock.advance(6000);
    expect(closes()).to.deep.equal(['bo: token_expired']);
    expect(bench.hub.snapshot().closes).to.deep.equal({ token_expired: 1 });
  });

  it('counts as present for a while behind it, if it can come back', async () => {
    const { bench, come, heard } = await start();
    const bo = await come('bo');
    const user = { id: 'ana', name: 'ana', expiresAt: bench.clock.now() + 5000 };
    bench.hub.connect(bench.b, { user, address: '', rooms: [], session: '' });
    await settled();
    bench.clock.advance(5000);
    await settled();
    expect(bench.b.closes.map(({ why }) => why)).to.deep.equal(['token_expired']);
    expect(heard(bo)).to.deep.equal(['user_joined:ana se ha unido al chat']);
    bench.clock.advance(10_000);
    await settled();
    expect(heard(bo)).to.have.length(2);
  });
});

describe('a renewed token', () => {
  it('lets the session live on, is warned of anew, and answered by a receipt', async () => {
    const { bench, come, heard, closes } = await start({ fresh: { expiresAt: 1_699_363_200_000 + 200_000 } });
    const ana = await come('ana', 50);
    bench.clock.advance(25_000);
    expect(await bench.ask(ana, { type: 'auth', token: 'fresh' })).to.include({ ok: true });
    bench.clock.advance(114_500);
    expect(heard(ana)).to.deep.equal(['system:El token caduca en 25 s']);
    bench.clock.advance(500);
    expect(heard(ana)[1]).to.equal('system:El token caduca en 60 s');
    bench.clock.advance(60_000);
    expect(closes()).to.deep.equal(['ana: token_expired']);
  });

  it('that lives shortly does not make a client that renews when warned do nothing else', async () => {
    const tokens: Record<string, Partial<User>> = {};
    const { bench, come, heard } = await start(tokens);
    const ana = await come('ana', 10);
    for (let second = 1; second <= 100; second++) {
      bench.clock.advance(1000);
      if (bench.received(ana).at(-1)?.type !== 'system') continue;
      tokens['fresh'] = { expiresAt: bench.clock.now() + 10_000 };
      await bench.send(ana, { type: 'auth', token: 'fresh', clientMsgId: 'a' });
    }
    expect(heard(ana).filter((word) => word === 'ack')).to.have.length(20);
  });

  it('may have no end', async () => {
    const { bench, come, closes } = await start({ fresh: {} });
    const ana = await come('ana', 5);
    await bench.ask(ana, { type: 'auth', token: 'fresh' });
    bench.clock.advance(1_000_000);
    expect(closes()).to.deep.equal([]);
    expect(bench.clock.pending).to.equal(0);
  });

  it('that is not good changes nothing, and the session lives on', async () => {
    const { bench, come, closes } = await start();
    const ana = await come('ana', 5);
    const answer = await bench.ask(ana, { type: 'auth', token: 'bad' });
    const error = { code: 'unauthorized', retryable: false, message: 'Token inválido' };
    expect(answer).to.deep.equal({ ok: false, error });
    bench.clock.advance(4500);
    expect(closes()).to.deep.equal([]);
    bench.clock.advance(500);
    expect(closes()).to.deep.equal(['ana: token_expired']);
  });

  it('is judged before what comes behind it', async () => {
    const asked: (number | undefined)[] = [];
    const authorize = (user: User) => Boolean(asked.push(user.expiresAt));
    const { bench, come } = await start({ fresh: { expiresAt: 5 } }, { authorize });
    const ana = await come('ana');
    bench.push(ana, { type: 'chat', content: 'before' });
    bench.push(ana, { type: 'auth', token: 'fresh' });
    bench.push(ana, { type: 'chat', content: 'behind' });
    await settled();
    expect([asked[0], asked.at(-1)]).to.deep.equal([undefined, 5]);
  });

  describe('that permits less', () => {
    /** Tokens name what may be joined. */
    const authorize = ({ expiresAt = 9 }: User, action: string, { room = DEFAULT_ROOM }: { room?: string }) =>
      action !== 'join' || room <= 'abcdefghi'[expiresAt - 1]!;
    const tokens = { less: { expiresAt: 2 }, none: { expiresAt: 1 } };

    it('has the session leave what it does not permit, and nothing else', async () => {
      const { bench, come, heard } = await start(tokens, { authorize, limits: { maxRooms: 9 } });
      const bo = await come('bo', undefined, ['c', 'd']);
      const ana = await come('ana', undefined, ['a', 'c', 'b', 'd']);
      const length = bench.received(ana).length;
      bench.push(ana, { type: 'auth', token: 'less', clientMsgId: 'x' });
      bench.push(ana, { type: 'chat', content: 'hola', room: 'c' });
      await settled();
      expect(ana.rooms.names()).to.deep.equal(['general', 'a', 'b']);
      const got = bench.received(ana).slice(length).map(inShort);
      expect(got).to.deep.equal([
        'user_left:ana ha salido del chat@c',
        'user_left:ana ha salido del chat@d',
        'ack',
        'error:not_in_room',
      ]);
      expect(heard(bo).slice(-2)).to.deep.equal(got.slice(0, 2));
      await bench.send(ana, { type: 'join', room: 'c' });
      expect(heard(ana).at(-1)).to.equal('error:forbidden');
    });

    it('never has it leave the default room', async () => {
      const { bench, come } = await start(tokens, { authorize });
      const ana = await come('ana', undefined, ['a', 'b']);
      await bench.send(ana, { type: 'auth', token: 'none' });
      expect(ana.rooms.names()).to.deep.equal(['general', 'a']);
    });

    it('changes nothing where it can not be found out what it permits', async () => {
      let down = false;
      const failing = () => (down ? Promise.reject(new Refusal('unavailable')) : true);
      const { bench, come } = await start({ fresh: { expiresAt: 7 } }, { authorize: failing });
      const ana = await come('ana', undefined, ['a']);
      down = true;
      expect(await bench.ask(ana, { type: 'auth', token: 'fresh' })).to.have.nested.property(
        'error.code',
        'unavailable',
      );
      expect(ana.user).not.to.have.property('expiresAt');
    });

    it('ends a session that can not be had leave, so that it comes anew', async () => {
      const { bench, come, closes } = await start(tokens, { authorize });
      const ana = await come('ana', undefined, ['c']);
      await bench.log.close();
      await bench.send(ana, { type: 'auth', token: 'less' });
      expect(closes()).to.deep.equal(['ana: try_again_later']);
    });
  });

  it('does nothing for a session that ends meanwhile', async () => {
    let release = (_user: User) => {};
    const renew = () => new Promise<User>((resolve) => (release = resolve));
    const { bench, come } = await start({}, { renew });
    const ana = await come('ana', 5);
    const { user } = ana;
    const watching = bench.clock.pending;
    bench.push(ana, { type: 'auth', token: 'fresh' });
    bench.hub.disconnect(ana, { goodbye: true });
    release({ id: 'ana', name: 'ana', expiresAt: 1 });
    await settled();
    expect(ana.user).to.equal(user);
    bench.clock.advance(60_000);
    expect(bench.clock.pending).to.be.below(watching);
  });
});
