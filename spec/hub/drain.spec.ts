import { expect } from 'chai';
import type { Session } from '../../src/hub/session.ts';
import { backOf, ClusterBench, type ClusterNode, come, GRACE, leave, vanish } from '../support/cluster-bench.ts';
import { HubBench, type Overrides, settled } from '../support/hub-bench.ts';

/** Asking takes up to 1000 of it, moving 1000 more, closing 3000. */
const TIME = 8000;

describe('A hub that closes', () => {
  let bench: HubBench;
  let ended: boolean;

  const start = async (count: number, overrides: Overrides = {}): Promise<Session[]> => {
    bench = await HubBench.start(overrides);
    ended = false;
    const sessions = Array.from({ length: count }, (_, i) => {
      const user = { id: `u${i}`, name: `u${i}` };
      return bench.hub.connect(i % 2 ? bench.b : bench.a, { user, address: '', rooms: [] });
    });
    await settled();
    return sessions;
  };

  const close = (time = TIME): Promise<void> =>
    bench.hub.close(time).then(() => {
      ended = true;
    });

  const pass = async (ms: number) => {
    bench.clock.advance(ms);
    await settled();
  };

  const closed = () => bench.a.closes.length + bench.b.closes.length;

  describe('without another server to go to', () => {
    it('closes a handful at once, and tells nobody to move', async () => {
      const [ana] = await start(50);
      const heard = bench.heard(ana!).length;
      const closing = close();
      expect(closed()).to.equal(50);
      expect(bench.heard(ana!)).to.have.length(heard);
      await closing;
    });

    it('closes a crowd a group at a time, in the order in which it came', async () => {
      const sessions = await start(120);
      const closing = close();
      const counts = [closed()];
      for (let i = 0; i < 2; i++) {
        await pass(100);
        counts.push(closed());
      }
      expect([counts, ended]).to.deep.equal([[50, 100, 120], true]);
      const order = bench.a.closes.map(({ session }) => session);
      expect(order).to.deep.equal(sessions.filter((_, i) => i % 2 === 0));
      for (const { why } of [...bench.a.closes, ...bench.b.closes]) expect(why).to.equal('going_away');
      await closing;
    });

    it('closes a larger one in larger groups: in 3/8 of the time, whatever its size', async () => {
      await start(1000);
      const closing = close(1600);
      for (let i = 0; i < 4; i++) await pass(100);
      expect(closed()).to.be.within(800, 999);
      await pass(200);
      expect(closed()).to.equal(1000);
      await closing;
    });

    it('serves those whose turn has not come, as ever', async () => {
      const sessions = await start(60);
      const [last, other] = [sessions.at(-1)!, sessions.at(-2)!];
      const closing = close();
      const answer = await bench.ask(last, { type: 'chat', content: 'still here' });
      expect(answer).to.include({ ok: true });
      expect(bench.heard(other).at(-1)).to.equal('chat:still here');
      await pass(100);
      await closing;
    });

    it('lets nobody hear of those who are closed, but of those who leave', async () => {
      const sessions = await start(60, { limits: { announceLimit: 100 } });
      const last = sessions.at(-1)!;
      const heard = bench.heard(last).length;
      const closing = close();
      leave(bench, sessions.at(-2)!);
      await settled();
      expect(bench.heard(last).slice(heard)).to.deep.equal(['user_left:u58 ha salido del chat']);
      await pass(100);
      await closing;
    });

    it('sees those out whose time to come back ends meanwhile, and not those whose time does not', async () => {
      const [watcher] = await start(1, { limits: { presenceGrace: 1000, announceLimit: 100 } });
      bench.a.close = () => {};
      vanish(bench, await come(bench, 'early'));
      await pass(900);
      vanish(bench, await come(bench, 'late'));
      const heard = bench.heard(watcher!).length;
      const closing = close(800);
      await pass(100);
      expect(bench.heard(watcher!).slice(heard)).to.deep.equal(['user_left:early ha salido del chat']);
      await pass(600);
      await closing;
      await pass(5000);
      expect(bench.heard(watcher!)).to.have.length(heard + 1);
    });

    it('sees one out that is sent away meanwhile for another reason', async () => {
      const sessions = await start(60, { limits: { announceLimit: 100 } });
      const last = sessions.at(-1)!;
      const closing = close();
      bench.hub.expel(sessions.at(-2)!, 'kicked');
      await settled();
      expect(bench.heard(last).at(-1)).to.equal('user_left:u58 ha salido del chat');
      await pass(100);
      await closing;
    });

    it('closes the log last, and leaves it time where clients are slow to go', async () => {
      await start(60);
      const calls: string[] = [];
      bench.a.close = () => {};
      const { log } = bench;
      const closeLog = log.close.bind(log);
      log.close = async () => {
        calls.push(`log after ${closed()}`);
        await closeLog();
      };
      const closing = close();
      await pass(6999);
      expect(calls).to.deep.equal([]);
      await pass(1);
      expect(calls).to.deep.equal(['log after 30']);
      await closing;
      expect(ended).to.equal(true);
    });

    it('leaves no timer but its deadline', async () => {
      await start(60);
      const before = bench.clock.pending;
      const closing = close();
      await pass(100);
      await closing;
      expect(bench.clock.pending).to.be.at.most(before + 1);
    });
  });

  describe('with another server to go to', () => {
    const MOVING = 'system:El servidor se reinicia; la conexión pasa a otro';
    const told = (sessions: Session[]) => sessions.filter((session) => bench.heard(session).at(-1) === MOVING).length;

    it('asks everybody to move, before it closes anybody', async () => {
      const [ana, bo] = await start(2, { movable: true });
      const closing = close();
      expect(told([ana!, bo!])).to.equal(2);
      const { content: _, timestamp: __, ...message } = bench.received(ana!).at(-1)!;
      expect(message).to.include({ type: 'system', from: 'system' });
      expect(message.id).to.match(/-\d+\.\d+$/);
      expect(message.data).to.deep.equal({ code: 'moving' });
      await pass(1999);
      expect(closed()).to.equal(0);
      await pass(1);
      expect(closed()).to.equal(2);
      await closing;
    });

    it('says so in English', async () => {
      const [ana] = await start(1, { movable: true, locale: 'en' });
      const closing = close();
      expect(bench.heard(ana!).at(-1)).to.equal('system:The server restarts; the connection moves to another one');
      await pass(TIME);
      await closing;
    });

    it('asks a crowd a group at a time, and closes it so', async () => {
      const sessions = await start(120, { movable: true });
      const closing = close();
      const counts = [told(sessions)];
      for (let i = 0; i < 3; i++) {
        await pass(100);
        counts.push(told(sessions));
      }
      expect(counts).to.deep.equal([50, 100, 120, 120]);
      await pass(1700);
      expect(closed()).to.equal(50);
      await pass(100);
      expect(closed()).to.equal(100);
      await pass(100);
      await closing;
      expect(closed()).to.equal(120);
    });

    it('leaves also the last of a crowd the time to move', async () => {
      const sessions = await start(1000, { movable: true });
      const closing = close();
      await pass(1000);
      expect(told(sessions)).to.equal(1000);
      for (const session of sessions.slice(0, 950)) leave(bench, session);
      await pass(999);
      expect(closed()).to.equal(0);
      await pass(1);
      expect(closed()).to.equal(50);
      await closing;
    });

    it('ends as soon as all have moved', async () => {
      const [ana, bo] = await start(2, { movable: true });
      const closing = close();
      leave(bench, ana!);
      await settled();
      expect(ended).to.equal(false);
      leave(bench, bo!);
      await closing;
      expect(closed()).to.equal(0);
    });

    it('asks one that is on its way in behind its first list', async () => {
      await start(0, { movable: true });
      const user = { id: 'ana', name: 'ana' };
      const ana = bench.hub.connect(bench.a, { user, address: '', rooms: [], session: '' });
      const closing = close();
      await settled();
      expect(bench.heard(ana)).to.deep.equal(['user_list', MOVING]);
      await pass(TIME);
      await closing;
    });
  });

  describe('as one node of several', () => {
    let cluster: ClusterBench;
    let a: ClusterNode;
    let b: ClusterNode;
    let bo: Session;

    beforeEach(async () => {
      cluster = await ClusterBench.start({ movable: true });
      [a, b] = [await cluster.node(), await cluster.node()];
      bo = await b.join('bo', { rooms: ['x'] });
    });

    const since = async (work: () => Promise<void>): Promise<string[]> => {
      const heard = b.heard(bo).length;
      await work();
      return b.heard(bo).slice(heard);
    };

    it('hands those over who move: nobody hears of it, and they miss nothing', async () => {
      const ana = await come(a, 'ana', { rooms: ['x'] });
      const heard = await since(async () => {
        const closing = a.hub.close(TIME);
        await settled();
        await b.send(bo, { type: 'chat', content: 'meanwhile', room: 'x' });
        const back = backOf(a, ana);
        await b.send(bo, { type: 'chat', content: 'missed', room: 'x' });
        const next = await come(b, 'ana', back);
        await settled();
        expect(b.heard(next)).to.deep.equal(['user_list', 'user_list@x', 'chat:missed@x']);
        expect(a.a.closes).to.deep.equal([{ session: ana, why: 'replaced' }]);
        await closing;
        await cluster.pass(3 * GRACE);
      });
      expect(heard).to.deep.equal(['chat:meanwhile@x', 'chat:missed@x']);
    });

    it('hands those over who are closed and come back', async () => {
      const ana = await come(a, 'ana', { rooms: ['x'] });
      const heard = await since(async () => {
        const closing = a.hub.close(TIME);
        await cluster.pass(2000, 100);
        expect(a.a.closes).to.deep.equal([{ session: ana, why: 'going_away' }]);
        await closing;
        await cluster.pass(GRACE - 1000);
        await come(b, 'ana', backOf(a, ana));
        await cluster.pass(3 * GRACE);
      });
      expect(heard).to.deep.equal([]);
    });

    it('lets those be seen out by another node who do not come back', async () => {
      await come(a, 'ana', { rooms: ['x'] });
      await a.join('eva');
      const heard = await since(async () => {
        const closing = a.hub.close(TIME);
        await cluster.pass(2000, 100);
        await closing;
        await cluster.pass(GRACE - 1000);
        expect(b.heard(bo).join()).not.to.include('ana ha salido');
        await cluster.pass(GRACE);
      });
      expect(heard).to.have.members([
        'user_left:ana ha salido del chat@x',
        'user_left:ana ha salido del chat',
        'user_left:eva ha salido del chat',
      ]);
    });
  });
});
