import { expect } from 'chai';
import type { Session } from '../../src/hub/session.ts';
import { Budgets } from '../../src/limits/budgets.ts';
import { defineType } from '../../src/protocol/own-type.ts';
import { backOf, ClusterBench, type ClusterNode, come, GRACE, leave, vanish } from '../support/cluster-bench.ts';
import { settled } from '../support/hub-bench.ts';
import { idsOf, nOf } from '../support/messages.ts';
import { expectRefusal, refusalOf } from '../support/refusals.ts';

describe('Many nodes as one', () => {
  let cluster: ClusterBench;
  let a: ClusterNode;
  let b: ClusterNode;

  beforeEach(async () => {
    cluster = await ClusterBench.start();
    a = await cluster.node();
    b = await cluster.node();
  });

  describe('messages', () => {
    it('reach everybody, on all nodes in the same order', async () => {
      const [ana, bo] = [await a.join('ana', { rooms: ['x'] }), await b.join('bo', { rooms: ['x'] })];
      a.push(ana, { type: 'chat', content: '1' });
      b.push(bo, { type: 'chat', content: '2', room: 'x' });
      a.push(ana, { type: 'chat', content: '3' });
      await settled();
      const chats = [a.received(ana), b.received(bo)].map((list) => list.filter(({ type }) => type === 'chat'));
      expect(chats[0]).to.deep.equal(chats[1]);
      expect(chats[0]!.map(({ content }) => content)).to.have.members(['1', '2', '3']);
      for (const list of chats) expect(isSorted(list.map(({ id }) => nOf(id)))).to.equal(true);
    });

    it('wait for those before them where a node has missed some', async () => {
      const [ana, bo] = [await a.join('ana'), await b.join('bo')];
      b.face.hold();
      await a.send(ana, { type: 'chat', content: '1' });
      const own = b.ask(bo, { type: 'chat', content: '2' });
      await a.send(ana, { type: 'chat', content: '3' });
      expect(chatsOf(b, bo)).to.deep.equal([]);
      b.face.release();
      expect(await own).to.include({ ok: true });
      expect(chatsOf(b, bo)).to.deep.equal(['1', '2', '3']);
      expect(chatsOf(a, ana)).to.deep.equal(['1', '2', '3']);
    });

    it('come later on a node that is slow, and nothing else', async () => {
      b.face.delay = 700;
      const entering = b.join('bo');
      await cluster.pass(1000);
      const [bo, ana] = [await entering, await a.join('ana')];
      await a.send(ana, { type: 'chat', content: 'hola' });
      expect(chatsOf(b, bo)).to.deep.equal([]);
      await cluster.pass(1000, 100);
      expect(b.heard(bo)).to.deep.equal(['user_list', 'user_joined:ana se ha unido al chat', 'chat:hola']);
    });

    it('to a user reach it on every node, and who is not there anywhere is not found', async () => {
      const [ana, bo, tab] = [await a.join('ana'), await a.join('bo'), await b.join('bo')];
      const other = await b.join('ana');
      const answer = await a.ask(ana, { type: 'chat', content: 'psst', to: 'bo' });
      expect(answer).to.include({ ok: true });
      for (const [node, session] of [
        [a, ana],
        [a, bo],
        [b, tab],
        [b, other],
      ] as const) {
        expect(chatsOf(node, session)).to.deep.equal(['psst']);
      }
      leave(b, tab);
      leave(a, bo);
      await settled();
      expect(await a.ask(ana, { type: 'chat', content: 'psst', to: 'bo' })).to.have.nested.property(
        'error.code',
        'user_not_found',
      );
      expect(await a.ask(ana, { type: 'chat', content: 'psst', to: 'ana' })).to.include({ ok: true });
    });

    it('of the class state are the latest ones for whoever joins on another node', async () => {
      cluster = await ClusterBench.start({ types: [defineType('score', { class: 'state' })] });
      [a, b] = [await cluster.node(), await cluster.node()];
      const ana = await a.join('ana');
      const bo = await b.join('bo');
      await a.send(ana, { type: 'score', data: 1, key: 'k' });
      await a.send(ana, { type: 'score', data: 2, key: 'k' });
      const scores = (node: ClusterNode, session: Session) =>
        node
          .received(session)
          .filter(({ type }) => type === 'score')
          .map(({ data }) => data);
      expect(scores(b, bo)).to.deep.equal([1, 2]);
      expect(scores(b, await b.join('eva'))).to.deep.equal([2]);
    });
  });

  describe('presence', () => {
    it('is the same everywhere', async () => {
      const ana = await a.join('ana');
      const bo = await b.join('bo');
      expect(idsOf(b.received(bo)[0]!)).to.deep.equal(['bo', 'ana']);
      expect(a.heard(ana)).to.deep.equal(['user_list', 'user_joined:bo se ha unido al chat']);
      leave(b, bo);
      await settled();
      expect(a.heard(ana).at(-1)).to.equal('user_left:bo ha salido del chat');
      expect(b.hub.snapshot().active_users).to.equal(1);
    });

    it('is one per person: the first tab comes, the last one goes, wherever they are', async () => {
      const bo = await b.join('bo');
      const [first, second] = [await a.join('ana'), await b.join('ana')];
      leave(a, first);
      await settled();
      expect(aboutIn(b, bo, 'ana')).to.deep.equal(['user_joined']);
      leave(b, second);
      await settled();
      expect(aboutIn(b, bo, 'ana')).to.deep.equal(['user_joined', 'user_left']);
    });

    it('is known to a node that comes later', async () => {
      await a.join('ana', { rooms: ['x'] });
      const c = await cluster.node();
      const eva = await c.join('eva', { rooms: ['x'] });
      expect(c.received(eva).map((list) => idsOf(list))).to.deep.equal([
        ['eva', 'ana'],
        ['eva', 'ana'],
      ]);
      expect(await c.hub.rooms()).to.deep.equal([
        { name: 'general', users: 2 },
        { name: 'x', users: 2 },
      ]);
    });

    it('of one that is gone before it was there ends all the same, on all nodes', async () => {
      a.face.hold();
      const ana = await a.join('ana', { rooms: ['x'] });
      leave(a, ana);
      a.face.release();
      await settled();
      expect([a, b].map(({ hub }) => hub.snapshot().active_users)).to.deep.equal([0, 0]);
    });

    it('of a room that all have left is forgotten, also where nobody was', async () => {
      const ana = await a.join('ana', { rooms: ['x'] });
      expect(b.hub.snapshot().rooms).to.equal(2);
      leave(a, ana);
      await settled();
      expect([a, b].map(({ hub }) => hub.snapshot().rooms)).to.deep.equal([0, 0]);
    });
  });

  describe('a client that comes back on another node', () => {
    let bo: Session;
    let ana: Session;
    beforeEach(async () => {
      bo = await b.join('bo', { rooms: ['x'] });
      ana = await come(a, 'ana', { rooms: ['x'] });
    });

    /** Nobody has seen it go or come again, in any room, nor will. */
    const expectUnseen = async () => {
      await cluster.pass(GRACE + 6000);
      expect(aboutIn(b, bo, 'ana')).to.deep.equal(['user_joined', 'user_joined@x']);
      expect([a, b].map(({ hub }) => hub.administrator.isPresent('ana'))).to.deep.equal([true, true]);
    };
    const connections = (node: ClusterNode, id = 'ana') =>
      node.hub.administrator
        .listUsers('general', { limit: 9 })
        .then(({ items }) => items.find((user) => user.userId === id));

    it('is in its rooms, has what it missed, and was never away', async () => {
      const back = backOf(a, ana);
      vanish(a, ana);
      await b.send(bo, { type: 'chat', content: 'in x', room: 'x' });
      const next = await come(b, 'ana', back);
      expect(b.heard(next)).to.deep.equal(['user_list', 'user_list@x', 'chat:in x@x']);
      expect(b.received(next)[0]).to.include({ recovered: true, replayed: 1, session: back.session });
      await expectUnseen();
    });

    it('is let go of by the first one, where it was expected back: it does not go when that time is over', async () => {
      const back = backOf(a, ana);
      vanish(a, ana);
      await come(b, 'ana', back);
      const { length } = a.face.published;
      await expectUnseen();
      expect(a.face.published.slice(length)).to.deep.equal([]);
    });

    it('has the one before closed with replaced, where that is half-open', async () => {
      const { length } = a.face.published;
      const next = await come(b, 'ana', backOf(a, ana));
      expect(a.a.closes).to.deep.equal([{ session: ana, why: 'replaced' }]);
      expect(next.gone).to.equal(false);
      await expectUnseen();
      // The other node has said it all.
      expect(a.face.published.slice(length)).to.deep.equal([]);
      expect(await connections(a)).to.include({ connections: 1 });
      expect(b.hub.connectionsElsewhere('ana')).to.equal(0);
      expect(a.hub.connectionsElsewhere('ana')).to.equal(1);
    });

    it('may come where its node has just died, and is seen off from there', async () => {
      cluster.kill(a);
      const next = await come(b, 'ana', backOf(a, ana));
      expect(b.heard(next)).to.deep.equal(['user_list', 'user_list@x']);
      expect(aboutIn(b, bo, 'ana')).to.deep.equal(['user_joined', 'user_joined@x']);
      leave(b, next);
      await settled();
      expect(aboutIn(b, bo, 'ana').slice(2)).to.deep.equal(['user_left@x', 'user_left']);
      await cluster.pass(20_000);
      expect(aboutIn(b, bo, 'ana')).to.have.length(4);
    });

    it('may go back and forth', async () => {
      let [node, other, last] = [a, b, ana];
      for (let i = 0; i < 4; i += 1) {
        const back = backOf(node, last);
        vanish(node, last);
        last = await come(other, 'ana', back);
        expect(other.received(last)[0]).to.include({ recovered: true, session: back.session });
        expect(other.heard(last)).to.deep.equal(['user_list', 'user_list@x']);
        [node, other] = [other, node];
      }
      await expectUnseen();
      expect(await connections(b)).to.include({ connections: 1 });
      leave(node, last);
      await settled();
      expect(aboutIn(b, bo, 'ana').slice(2)).to.deep.equal(['user_left@x', 'user_left']);
    });

    it('keeps what it did there: what the first one still has to say of it comes too late', async () => {
      const back = backOf(a, ana);
      const next = await come(b, 'ana', back);
      await b.send(next, { type: 'join', room: 'y' });
      await b.send(next, { type: 'leave', room: 'x' });
      await a.hub.leave(ana, 'x').catch(() => {});
      const last = backOf(b, next);
      leave(b, next);
      await cluster.pass(GRACE + 1000);
      const c = await cluster.node();
      expect(c.heard(await come(c, 'ana', last))).to.deep.equal(['user_list', 'user_list@y']);
    });

    it('is one where two nodes take it at once: the last one in the order', async () => {
      const c = await cluster.node();
      const back = backOf(a, ana);
      vanish(a, ana);
      const newcomer = { user: { id: 'ana', name: 'ana' }, address: '', rooms: [], ...back };
      const both = [b, c].map((node) => ({ node, session: node.hub.connect(node.a, newcomer) }));
      await settled();
      expect(both.map(({ session }) => session.gone)).to.deep.equal([true, false]);
      expect(b.a.closes.map(({ why }) => why)).to.deep.equal(['replaced']);
      await expectUnseen();
      expect(await connections(c)).to.include({ connections: 1 });
      leave(c, both[1]!.session);
      await settled();
      expect(aboutIn(b, bo, 'ana').slice(2)).to.deep.equal(['user_left@x', 'user_left']);
    });

    it('has only its own: another user gets nothing by it', async () => {
      const thief = await come(b, 'eva', backOf(a, ana));
      expect(b.received(thief)[0]).to.include({ recovered: false, reason: 'session' });
      expect(a.a.closes).to.deep.equal([]);
    });

    it('finds out what it has missed by a node that lags behind', async () => {
      const back = backOf(a, ana);
      vanish(a, ana);
      const c = await cluster.node();
      c.face.delay = 400;
      await b.send(bo, { type: 'chat', content: '1' });
      await b.send(bo, { type: 'chat', content: '2' });
      const next = await come(c, 'ana', back);
      await cluster.pass(2000, 100);
      expect(c.heard(next)).to.deep.equal(['user_list', 'user_list@x', 'chat:1', 'chat:2']);
    });
  });

  describe('a node that dies', () => {
    let c: ClusterNode;
    let bo: Session;
    beforeEach(async () => {
      c = await cluster.node();
      bo = await b.join('bo', { rooms: ['x'] });
    });

    it('has its people leave, once, within 15 seconds, on all nodes', async () => {
      const eva = await c.join('eva');
      await a.join('ana', { rooms: ['x'] });
      await come(a, 'ada', { rooms: [] });
      cluster.kill(a);
      await cluster.pass(11_000);
      expect(aboutIn(b, bo, 'ana')).to.deep.equal(['user_joined', 'user_joined@x']);
      await cluster.pass(4000);
      expect(aboutIn(b, bo, 'ana').slice(2)).to.deep.equal(['user_left@x', 'user_left']);
      await cluster.pass(30_000);
      expect(aboutIn(b, bo, 'ana')).to.have.length(4);
      for (const id of ['ana', 'ada']) expect(aboutIn(c, eva, id)).to.deep.equal(['user_joined', 'user_left']);
      const leaves = [...b.face.published, ...c.face.published].filter((what) => what === 'presence:user_left');
      expect(leaves).to.have.length(3);
      expect([...cluster.meeting.members.keys()]).to.deep.equal([b, c].map(({ nodes }) => nodes.name));
    });

    it('has nobody leave who has a tab elsewhere', async () => {
      await a.join('ana');
      await c.join('ana');
      cluster.kill(a);
      await cluster.pass(20_000);
      expect(aboutIn(b, bo, 'ana')).to.deep.equal(['user_joined']);
      expect(b.hub.snapshot().active_users).to.equal(2);
    });

    it('has them leave also where the node dies that was about to say so', async () => {
      await a.join('ana');
      const eva = await c.join('eva');
      cluster.kill(a);
      await cluster.pass(12_500);
      // It is the first of those that live: it has begun, and nothing of it was published.
      b.face.kill();
      await cluster.pass(2000);
      cluster.kill(b);
      await cluster.pass(20_000);
      expect([aboutIn(c, eva, 'ana'), aboutIn(c, eva, 'bo')]).to.deep.equal([['user_left'], ['user_left']]);
    });

    it('is over for those who come later, where all have died', async () => {
      await a.join('ana');
      for (const node of [a, b, c]) cluster.kill(node);
      await cluster.pass(60_000);
      const d = await cluster.node();
      const eva = await d.join('eva');
      expect(idsOf(d.received(eva)[0]!)).to.deep.equal(['eva', 'bo', 'ana']);
      await cluster.pass(9000);
      expect(aboutIn(d, eva, 'ana')).to.deep.equal([]);
      await cluster.pass(3000);
      expect([aboutIn(d, eva, 'ana'), aboutIn(d, eva, 'bo')]).to.deep.equal([['user_left'], ['user_left']]);
      await cluster.pass(20_000);
      expect(d.hub.snapshot().active_users).to.equal(1);
    });

    it('that ends by itself gives its people the time to come back to another one', async () => {
      const [ana, ada] = [await come(a, 'ana'), await come(a, 'ada')];
      const back = backOf(a, ana);
      await a.hub.close(1000);
      expect(a.a.closes.map(({ session, why }) => [session.id, why])).to.deep.equal([
        [ana.id, 'going_away'],
        [ada.id, 'going_away'],
      ]);
      const next = await come(c, 'ana', back);
      await cluster.pass(8000);
      expect(c.received(next)[0]).to.include({ recovered: true });
      expect(aboutIn(b, bo, 'ada')).to.deep.equal(['user_joined']);
      await cluster.pass(4000);
      expect(aboutIn(b, bo, 'ada')).to.deep.equal(['user_joined', 'user_left']);
      expect(aboutIn(b, bo, 'ana')).to.deep.equal(['user_joined']);
    });
  });

  describe('a node that was taken for dead', () => {
    it('has its people come back when it goes on, and none of them is closed', async () => {
      const bo = await b.join('bo', { rooms: ['x'] });
      const ana = await a.join('ana', { rooms: ['x'] });
      a.face.hold();
      a.nodes.pause();
      await cluster.pass(20_000);
      expect(aboutIn(b, bo, 'ana').slice(2)).to.deep.equal(['user_left@x', 'user_left']);
      a.face.release();
      a.nodes.resume();
      await settled();
      expect(aboutIn(b, bo, 'ana').slice(4)).to.have.members(['user_joined@x', 'user_joined']);
      await cluster.pass(30_000);
      expect(aboutIn(b, bo, 'ana')).to.have.length(6);
      expect([a, b].map(({ hub }) => hub.snapshot().active_users)).to.deep.equal([2, 2]);
      await b.send(bo, { type: 'chat', content: 'hola', room: 'x' });
      expect(chatsOf(a, ana)).to.deep.equal(['hola']);
      expect(a.a.closes).to.deep.equal([]);
    });

    it('comes back also where that can not be published at first', async () => {
      const bo = await b.join('bo');
      await a.join('ana');
      a.face.hold();
      a.nodes.pause();
      await cluster.pass(20_000);
      const { publish } = a.face;
      a.face.publish = () => Promise.reject(new Error('not yet'));
      a.face.release();
      a.nodes.resume();
      await cluster.pass(3000);
      a.face.publish = publish;
      await cluster.pass(3000);
      expect(aboutIn(b, bo, 'ana')).to.deep.equal(['user_joined', 'user_left', 'user_joined']);
    });
  });

  describe('a log that has lost everything', () => {
    it('disturbs nobody who is connected, and is told who is', async () => {
      const [bo, eva] = [await b.join('bo', { rooms: ['x'] }), await b.join('eva')];
      const ana = await come(a, 'ana');
      expect(a.face.lose().map(({ session }) => session)).to.deep.equal([ana.id]);
      const lost = b.face.lose().map(({ room, session }) => [room, session]);
      expect(lost).to.have.deep.members([
        ['general', bo.id],
        ['x', bo.id],
        ['general', eva.id],
      ]);
      await b.send(bo, { type: 'chat', content: 'after' });
      expect(chatsOf(a, ana)).to.deep.equal(['after']);
      expect([bo, eva, ana].some(({ gone, ending }) => gone || ending)).to.equal(false);
      expect((await a.hub.users()).map(({ id }) => id)).to.deep.equal(['bo', 'eva', 'ana']);
      expect(aboutIn(b, eva, 'ana')).to.deep.equal(['user_joined']);
    });
  });

  describe('a node that was cut off for too long', () => {
    it('ends all its connections, and nothing reaches them by which they would not find out what they missed', async () => {
      const bo = await b.join('bo');
      const ana = await come(a, 'ana');
      const closes: string[] = [];
      a.a.close = ({ id }, why) => void closes.push(`${id} ${why}`);
      await b.send(bo, { type: 'chat', content: 'before' });
      a.face.cut();
      expect(await a.ask(ana, { type: 'chat', content: 'lost' })).to.have.nested.property('error.code', 'unavailable');
      await b.send(bo, { type: 'chat', content: 'missed' });
      a.face.heal();
      await b.send(bo, { type: 'chat', content: 'after' });
      expect(closes).to.deep.equal([`${ana.id} try_again_later`]);
      expect(chatsOf(a, ana)).to.deep.equal(['before']);
      vanish(a, ana);
      const next = await come(a, 'ana', backOf(a, ana));
      expect(a.received(next)[0]).to.include({ recovered: true, replayed: 2 });
      expect(chatsOf(a, next)).to.deep.equal(['missed', 'after']);
      await cluster.pass(30_000);
      expect(aboutIn(b, bo, 'ana')).to.deep.equal(['user_joined']);
    });

    it('knows who is there by then', async () => {
      const [bo, eva] = [await b.join('bo', { rooms: ['x'] }), await b.join('eva')];
      a.face.cut();
      leave(b, bo);
      await b.join('ada', { rooms: ['y'] });
      a.face.heal();
      expect(eva.gone).to.equal(false);
      expect((await a.hub.users()).map(({ id }) => id)).to.deep.equal(['eva', 'ada']);
      expect((await a.hub.rooms()).map(({ name }) => name)).to.deep.equal(['general', 'y']);
    });

    it('knows who was barred meanwhile', async () => {
      a.face.cut();
      await b.hub.administrator.dismiss('ana', { barFor: 60 });
      a.face.heal();
      await settled();
      expect(a.hub.administrator.isBarred('ana')).to.equal(true);
    });

    it('has a client that was being let in try again', async () => {
      const ana = await come(a, 'ana');
      const back = backOf(a, ana);
      vanish(a, ana);
      a.face.hold();
      const next = await come(a, 'ana', back);
      a.face.cut();
      a.face.heal();
      await settled();
      expect(next.ending).to.equal(true);
      expect(a.heard(next)).to.deep.equal([]);
    });
  });

  describe('administration', () => {
    it('ends the connections of a user on all nodes, and counts them', async () => {
      const own = [await a.join('ana'), await b.join('ana'), await b.join('ana', { transport: b.b })];
      const bo = await b.join('bo');
      expect(await a.hub.administrator.dismiss('ana', { reason: 'Enough' })).to.deep.equal({ disconnected: 3 });
      for (const session of own) expect([session.gone, session.kicked]).to.deep.equal([true, true]);
      expect(b.received(own[1]!).at(-1)).to.include({ type: 'system', content: 'Enough' });
      expect(bo.gone).to.equal(false);
      await settled();
      expect(aboutIn(b, bo, 'ana')).to.deep.equal(['user_left']);
    });

    it('gives up on those who are expected back elsewhere', async () => {
      vanish(b, await come(b, 'ana'));
      expect(await a.hub.administrator.dismiss('ana')).to.deep.equal({ disconnected: 0 });
      await settled();
      expect(a.hub.administrator.isPresent('ana')).to.equal(false);
    });

    it('bars everywhere, also on nodes and in lives that come later, until it is lifted anywhere', async () => {
      await a.hub.administrator.dismiss('ana', { barFor: 60 });
      const c = await cluster.node();
      const barred = () => [a, b, c].map(({ hub }) => hub.administrator.isBarred('ana'));
      expect(barred()).to.deep.equal([true, true, true]);
      expect(await c.hub.administrator.pardon('ana')).to.equal(true);
      expect(barred()).to.deep.equal([false, false, false]);
      expect(await b.hub.administrator.pardon('ana')).to.equal(false);
      const d = await cluster.node();
      expect(d.hub.administrator.isBarred('ana')).to.equal(false);
    });

    it('says nothing of it to anybody', async () => {
      const own = await b.join('!bars-1');
      const bo = await b.join('bo');
      await a.hub.administrator.dismiss('ana', { barFor: 60 });
      expect([b.heard(own), b.heard(bo)]).to.deep.equal([
        ['user_list', 'user_joined:bo se ha unido al chat'],
        ['user_list'],
      ]);
    });

    it('bars nobody where that is not known to be kept', async () => {
      const ana = await a.join('ana');
      a.face.cut();
      const refusal = await a.hub.administrator.dismiss('ana', { barFor: 60 }).catch((error) => error);
      expectRefusal(refusal, 'unavailable');
      expect([ana.gone, a.hub.administrator.isBarred('ana')]).to.deep.equal([false, false]);
    });

    it('counts those that answer, and a node that does not does what the bar says when it goes on', async () => {
      await a.join('ana');
      const late = await b.join('ana');
      b.nodes.pause();
      b.face.hold();
      const answer = a.hub.administrator.dismiss('ana', { barFor: 60 });
      await cluster.pass(2500);
      expect((await answer).disconnected).to.equal(1);
      expect(late.gone).to.equal(false);
      b.face.release();
      b.nodes.resume();
      await cluster.pass(6000);
      expect(late.gone).to.equal(true);
      expect(b.a.closes.map(({ why }) => why)).to.deep.equal(['kicked']);
    });

    it('sends away one that was on its way in on another node when it was barred', async () => {
      b.face.hold();
      b.nodes.pause();
      const ana = await b.join('ana');
      void a.hub.administrator.dismiss('ana', { barFor: 60 });
      await settled();
      const late = await b.join('ana');
      b.face.release();
      await settled();
      expect([ana.gone, late.gone]).to.deep.equal([false, true]);
      await cluster.pass(6000);
      expect(ana.gone).to.equal(true);
    });

    it('tells of connections on all nodes', async () => {
      await a.join('ana', { rooms: ['x'] });
      await b.join('ana', { transport: b.b });
      await b.join('bo');
      vanish(b, await come(b, 'eva'));
      const { items, more } = await a.hub.administrator.listUsers('general', { limit: 10 });
      expect(more).to.equal(false);
      expect(items.map(({ userId, connections }) => [userId, connections])).to.deep.equal([
        ['ana', 2],
        ['bo', 1],
        ['eva', 0],
      ]);
      expect(items[0]!.details).to.deep.equal([
        { transport: 'a', address: '127.0.0.1', rooms: ['general', 'x'], behind: null },
        { transport: 'b', address: '127.0.0.1', rooms: ['general'], behind: null },
      ]);
      expect(b.hub.administrator.listRooms({ limit: 10 }).items).to.deep.equal([
        { name: 'general', users: 3 },
        { name: 'x', users: 1 },
      ]);
    });
  });

  describe('limits of a user', () => {
    const check = (node: ClusterNode, session?: string) => () =>
      node.hub.checkPlace({ user: { id: 'ana', name: 'ana' }, ...(session !== undefined && { session }) });

    it('count connections on all nodes', async () => {
      cluster = await ClusterBench.start({ limits: { maxConnectionsPerUser: 2 } });
      [a, b] = [await cluster.node(), await cluster.node()];
      const first = await a.join('ana');
      check(b)();
      await b.join('ana');
      for (const node of [a, b]) expectRefusal(refusalOf(check(node)), 'rate_limited', 'user_connections');
      leave(a, first);
      await settled();
      for (const node of [a, b]) check(node)();
    });

    it('let one in that comes back from another node', async () => {
      cluster = await ClusterBench.start({ limits: { maxConnectionsPerUser: 1 } });
      [a, b] = [await cluster.node(), await cluster.node()];
      const ana = await come(a, 'ana');
      check(b, backOf(a, ana).session)();
      await come(b, 'ana', backOf(a, ana));
      await settled();
      expectRefusal(refusalOf(check(a)), 'rate_limited', 'user_connections');
      expectRefusal(refusalOf(check(b, 'nonsense')), 'rate_limited', 'user_connections');
    });

    it('give each node the part of its connections in what a user may ask for', async () => {
      const nodes = await Promise.all([0, 1].map(() => budgeted(cluster)));
      const tabs = [
        await nodes[0]!.node.join('ana'),
        await nodes[1]!.node.join('ana'),
        await nodes[1]!.node.join('ana'),
        await nodes[1]!.node.join('ana'),
      ];
      const takes = (session: Session) =>
        Array.from({ length: 1000 }, () => session.budget.take()).filter((wait) => !wait);
      // What it had before it came to the others as well.
      for (const tab of tabs) takes(tab);
      cluster.clock.advance(60_000);
      expect(takes(tabs[0]!)).to.have.length(100);
      expect(takes(tabs[1]!)).to.have.length(300);
      expect(takes(tabs[2]!)).to.have.length(0);
    });
  });

  describe('figures', () => {
    it('are those of all nodes together, at most two seconds old, and one by one', async () => {
      const ana = await a.join('ana');
      await b.join('bo');
      await b.join('bo', { transport: b.b });
      await a.send(ana, { type: 'chat', content: 'hola' });
      await cluster.pass(2000);
      for (const node of [a, b]) {
        const { node: own, ...sums } = node.hub.deployment();
        expect(own).to.deep.equal(node.hub.snapshot());
        expect(sums).to.deep.include({
          nodes: 2,
          current_connections: 3,
          total_connections: 3,
          active_users: 2,
          rooms: 1,
        });
        expect(sums).to.deep.include({ messages_received: 1, messages_sent: 7, joins: 3 });
        expect(sums.transports).to.deep.equal({
          a: { current_connections: 2, total_connections: 2 },
          b: { current_connections: 1, total_connections: 1 },
        });
        expect(sums.sent['a']!['chat']).to.equal(2);
      }
      expect(a.hub.snapshot()).to.include({ current_connections: 1, messages_received: 1 });
      expect(b.hub.snapshot()).to.include({ current_connections: 2, messages_received: 0 });
    });

    it('are no more those of a node that has ended', async () => {
      await a.join('ana');
      await cluster.pass(2000);
      expect(b.hub.deployment()).to.include({ nodes: 2, current_connections: 1 });
      cluster.kill(a);
      await cluster.pass(5000);
      expect(b.hub.deployment()).to.include({ nodes: 1, current_connections: 0 });
    });
  });
});

/** A node where each user has 400 requests, and none of its connections is held to less. */
async function budgeted(cluster: ClusterBench): Promise<{ node: ClusterNode }> {
  let node: ClusterNode | undefined;
  const rates = { rateLimit: 400, rateBurst: 400, userRateLimit: 400, userRateBurst: 400 };
  const elsewhere = (userId: string) => node?.hub.connectionsElsewhere(userId) ?? 0;
  const budgets = new Budgets({ ...rates, clock: cluster.clock, elsewhere });
  node = await cluster.node({ newBudget: (user) => budgets.open(user) });
  return { node };
}

function chatsOf(node: ClusterNode, session: Session): string[] {
  return node
    .received(session)
    .filter(({ type }) => type === 'chat')
    .map(({ content }) => content);
}

/** What a session heard of somebody's comings and goings. */
function aboutIn(node: ClusterNode, session: Session, userId: string): string[] {
  return node
    .received(session)
    .filter(({ type, data }) => type.startsWith('user_') && (data as { userId?: string }).userId === userId)
    .map(({ type, room }) => (room === undefined ? type : `${type}@${room}`));
}

function isSorted(ns: readonly bigint[]): boolean {
  return ns.every((n, i) => i === 0 || n > ns[i - 1]!);
}
