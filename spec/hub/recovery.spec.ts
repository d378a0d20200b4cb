import { expect } from 'chai';
import type { Draft, Log, Newcomer, Receipt, SessionRecord } from '../../src/hub/ports.ts';
import type { Session } from '../../src/hub/session.ts';
import { MemoryLog } from '../../src/log/memory.ts';
import { Refusal } from '../../src/protocol/errors.ts';
import type { Message } from '../../src/protocol/message.ts';
import { Deferred } from '../support/deferred.ts';
import { HandClock } from '../support/hand-clock.ts';
import { HubBench, inShort, settled } from '../support/hub-bench.ts';
import { ENDLESS } from '../support/sessions.ts';

const GRACE = 10_000;

describe('Recovery', () => {
  describe('a session', () => {
    it('is issued to whoever asks, each a secret of its own', async () => {
      const bench = await HubBench.start();
      const [ana, bo] = [await come(bench, 'ana', { session: '' }), await come(bench, 'bo', { session: '' })];
      for (const one of [ana, bo]) expect(secretOf(bench, one)).to.match(/^[\w-]{22}$/);
      expect(secretOf(bench, ana)).not.to.equal(secretOf(bench, bo));
      expect(welcomeOf(bench, ana)).not.to.have.any.keys('recovered', 'reason', 'replayed');
    });

    it('is not issued to whoever does not', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      expect(welcomeOf(bench, ana)).not.to.have.any.keys('session', 'recovered', 'reason', 'replayed');
    });

    it('stays the same over reconnects, and brings back the rooms in their order', async () => {
      const bench = await HubBench.start();
      const first = await come(bench, 'ana', { session: '', rooms: ['x'] });
      await bench.send(first, { type: 'join', room: 'y' });
      const session = secretOf(bench, first);
      vanish(bench, first);
      for (let i = 0; i < 3; i += 1) {
        const next = await come(bench, 'ana', { session });
        expect(bench.heard(next)).to.deep.equal(['user_list', 'user_list@x', 'user_list@y']);
        expect(secretOf(bench, next)).to.equal(session);
        vanish(bench, next);
      }
    });

    it('does not bring back a room that was left', async () => {
      const bench = await HubBench.start();
      const first = await come(bench, 'ana', { session: '', rooms: ['x', 'y'] });
      await bench.send(first, { type: 'leave', room: 'x' });
      vanish(bench, first);
      const next = await come(bench, 'ana', { session: secretOf(bench, first) });
      expect(bench.heard(next)).to.deep.equal(['user_list', 'user_list@y']);
    });

    it('brings back only the rooms that its user may still join', async () => {
      const forbidden = new Set<string>();
      const bench = await HubBench.start({ authorize: (_, __, { room = '' }) => !forbidden.has(room) });
      const first = await come(bench, 'ana', { session: '', rooms: ['x', 'y'] });
      vanish(bench, first);
      forbidden.add('x');
      const next = await come(bench, 'ana', { session: secretOf(bench, first) });
      expect(bench.heard(next)).to.deep.equal(['user_list', 'user_list@y']);
    });

    it("is worth nothing to another user, and its owner's is undisturbed", async () => {
      const bench = await HubBench.start();
      const ana = await come(bench, 'ana', { session: '', rooms: ['x'] });
      const thief = await come(bench, 'bo', { session: secretOf(bench, ana) });
      expect(welcomeOf(bench, thief)).to.include({ recovered: false, reason: 'session' });
      expect(secretOf(bench, thief)).not.to.equal(secretOf(bench, ana));
      expect(bench.heard(thief)).to.deep.equal(['user_list']);
      expect(bench.a.closes).to.deep.equal([]);
    });

    it('that nobody has is worth nothing', async () => {
      const bench = await HubBench.start();
      const guess = await come(bench, 'ana', { session: 'AAAAAAAAAAAAAAAAAAAAAA' });
      expect(welcomeOf(bench, guess)).to.include({ recovered: false, reason: 'session' });
      expect(secretOf(bench, guess)).not.to.equal('AAAAAAAAAAAAAAAAAAAAAA');
    });

    it('is kept by the log as long as messages are', async () => {
      const bench = await HubBench.start({ memory: { age: 60_000 } });
      const first = await come(bench, 'ana', { session: '', rooms: ['x'] });
      vanish(bench, first);
      bench.clock.advance(GRACE);
      await settled();
      bench.clock.advance(59_000);
      const next = await come(bench, 'ana', { session: secretOf(bench, first) });
      expect(bench.heard(next)).to.deep.equal(['user_list', 'user_list@x']);
      leave(bench, next);
      bench.clock.advance(61_000);
      const late = await come(bench, 'ana', { session: secretOf(bench, first) });
      expect(welcomeOf(bench, late)).to.include({ recovered: false, reason: 'session' });
    });
  });

  describe('the rooms of a session', () => {
    it('come behind those of the handshake, as far as there is room for them', async () => {
      const bench = await HubBench.start({ limits: { maxRooms: 3 } });
      const first = await come(bench, 'ana', { session: '', rooms: ['a', 'b', 'c'] });
      vanish(bench, first);
      const next = await come(bench, 'ana', { session: secretOf(bench, first), rooms: ['d', 'b'] });
      expect(bench.heard(next)).to.deep.equal(['user_list', 'user_list@d', 'user_list@b', 'user_list@a']);
      expect(bench.hub.snapshot()).to.include({ rooms: 4 });
    });
  });

  describe('grace', () => {
    let bench: HubBench;
    let bo: Session;
    let ana: Session;
    beforeEach(async () => {
      bench = await HubBench.start();
      bo = await bench.join('bo', { transport: bench.b, rooms: ['x'] });
      ana = await come(bench, 'ana', { session: '', rooms: ['x'] });
    });

    it('keeps one that vanished present until it is over', async () => {
      vanish(bench, ana);
      bench.clock.advance(GRACE - 1);
      await settled();
      expect(bench.heard(bo).filter(isLeaving)).to.deep.equal([]);
      expect(bench.hub.isPresent('ana')).to.equal(true);
      bench.clock.advance(1);
      await settled();
      expect(bench.heard(bo).filter(isLeaving)).to.deep.equal([
        'user_left:ana ha salido del chat@x',
        'user_left:ana ha salido del chat',
      ]);
      expect(bench.hub.isPresent('ana')).to.equal(false);
    });

    it('tells nobody of one that is back in time, however often', async () => {
      const heard = bench.heard(bo).length;
      let last = ana;
      for (let i = 0; i < 3; i += 1) {
        vanish(bench, last);
        bench.clock.advance(GRACE - 1);
        last = await come(bench, 'ana', { session: secretOf(bench, ana) });
      }
      bench.clock.advance(10 * GRACE);
      await settled();
      expect(bench.heard(bo).slice(heard)).to.deep.equal([]);
      expect(bench.hub.isPresent('ana')).to.equal(true);
    });

    it('tells of one that is back too late, once each', async () => {
      const heard = bench.heard(bo).length;
      vanish(bench, ana);
      bench.clock.advance(GRACE);
      await come(bench, 'ana', { session: secretOf(bench, ana) });
      expect(bench.heard(bo).slice(heard).filter(isComing)).to.have.length(2);
      expect(bench.heard(bo).slice(heard).filter(isLeaving)).to.have.length(2);
    });

    it('is not for one that says goodbye', async () => {
      leave(bench, ana);
      await settled();
      expect(bench.heard(bo).filter(isLeaving)).to.have.length(2);
    });

    it('is not for one without a session', async () => {
      const cy = await bench.join('cy');
      vanish(bench, cy);
      await settled();
      expect(bench.heard(bo).at(-1)).to.equal('user_left:cy ha salido del chat');
    });

    it('leaves the other connections of the user alone', async () => {
      const tab = await bench.join('ana', { rooms: ['x'] });
      vanish(bench, ana);
      bench.clock.advance(GRACE);
      await settled();
      expect(bench.heard(bo).filter(isLeaving)).to.deep.equal([]);
      leave(bench, tab);
      await settled();
      expect(bench.heard(bo).filter(isLeaving)).to.have.length(2);
    });

    it('leaves no timer behind one that is back', async () => {
      const { pending } = bench.clock;
      vanish(bench, ana);
      expect(bench.clock.pending).to.equal(pending + 1);
      await come(bench, 'ana', { session: secretOf(bench, ana) });
      expect(bench.clock.pending).to.equal(pending);
    });

    it('is the rest of it for the rooms that a newcomer may no longer join', async () => {
      const forbidden = new Set<string>();
      bench = await HubBench.start({ authorize: (_, __, { room = '' }) => !forbidden.has(room) });
      bo = await bench.join('bo', { rooms: ['x'] });
      ana = await come(bench, 'ana', { session: '', rooms: ['x'] });
      vanish(bench, ana);
      forbidden.add('x');
      await come(bench, 'ana', { session: secretOf(bench, ana) });
      expect(bench.heard(bo).filter(isLeaving)).to.deep.equal(['user_left:ana ha salido del chat@x']);
    });

    it('accepts direct messages, and replays them', async () => {
      vanish(bench, ana);
      await bench.send(bo, { type: 'chat', content: 'hola', to: 'ana' });
      const next = await come(bench, 'ana', { session: secretOf(bench, ana), lastId: lastIdOf(bench, ana) });
      expect(bench.heard(next)).to.deep.equal(['user_list', 'user_list@x', 'chat:hola']);
    });

    it('is nothing that the log, once closed, is asked about', async () => {
      const lines: string[] = [];
      const log = (_: object, text: string) => void lines.push(text);
      bench = await HubBench.start({ logger: { info() {}, warn: log, error: log } });
      vanish(bench, await come(bench, 'ana', { session: '' }));
      await bench.hub.close(0);
      bench.clock.advance(GRACE);
      await settled();
      expect(lines).to.deep.equal([]);
    });
  });

  describe('taking over', () => {
    it('closes the one before, and nobody hears of it', async () => {
      const bench = await HubBench.start();
      const bo = await bench.join('bo', { rooms: ['x'] });
      const former = await come(bench, 'ana', { session: '', rooms: ['x'] });
      const heard = bench.heard(bo).length;
      const next = await come(bench, 'ana', { session: secretOf(bench, former) });
      await settled();
      expect(bench.a.closes).to.deep.equal([{ session: former, why: 'replaced' }]);
      expect(former.gone).to.equal(true);
      expect(bench.heard(bo).slice(heard)).to.deep.equal([]);
      leave(bench, next);
      await settled();
      expect(bench.heard(bo).slice(heard).filter(isLeaving)).to.have.length(2);
    });

    it('is for one of several that come at once: the others are closed', async () => {
      const bench = await HubBench.start();
      const bo = await bench.join('bo', { rooms: ['x'] });
      const first = await come(bench, 'ana', { session: '', rooms: ['x'] });
      const heard = bench.heard(bo).length;
      const session = secretOf(bench, first);
      const several = [1, 2, 3].map(() => connect(bench, 'ana', { session }));
      await settled();
      const living = [first, ...several].filter(({ gone }) => !gone);
      expect(living).to.deep.equal([several.at(-1)]);
      expect(bench.a.closes.map(({ why }) => why)).to.deep.equal(['replaced', 'replaced', 'replaced']);
      for (const one of several) expect(bench.received(one).map(sessionIn)).not.to.include('');
      expect(bench.heard(bo).slice(heard)).to.deep.equal([]);
      await bench.send(living[0]!, { type: 'chat', content: 'dentro', room: 'x' });
      expect(bench.heard(living[0]!).at(-1)).to.equal('chat:dentro@x');
    });

    it('keeps the rooms that the newcomer joins from those of the one before', async () => {
      const bench = await HubBench.start();
      const former = await come(bench, 'ana', { session: '', rooms: ['x'] });
      const session = secretOf(bench, former);
      // The one before has a request on its way while the newcomer comes.
      bench.push(former, { type: 'leave', room: 'x' });
      const next = connect(bench, 'ana', { session, rooms: ['y'] });
      await settled();
      vanish(bench, next);
      const last = await come(bench, 'ana', { session });
      expect(bench.heard(last)).to.include('user_list@y');
    });
  });

  describe('what was missed', () => {
    it('follows the lists, in order, and live messages follow it', async () => {
      const bench = await HubBench.start();
      const bo = await bench.join('bo', { rooms: ['x', 'y'] });
      const ana = await come(bench, 'ana', { session: '', rooms: ['x'] });
      const lastId = lastIdOf(bench, ana);
      vanish(bench, ana);
      for (const request of [
        { type: 'chat', content: '1', room: 'x' },
        { type: 'notification', content: '2' },
        { type: 'chat', content: 'not hers', room: 'y' },
        { type: 'chat', content: '3', to: 'ana' },
        { type: 'chat', content: '4' },
      ]) {
        await bench.send(bo, request);
      }
      const next = await come(bench, 'ana', { session: secretOf(bench, ana), lastId });
      await bench.send(bo, { type: 'chat', content: '5' });
      expect(bench.heard(next)).to.deep.equal([
        'user_list',
        'user_list@x',
        'chat:1@x',
        'notification:2',
        'chat:3',
        'chat:4',
        'chat:5',
      ]);
      expect(welcomeOf(bench, next)).to.include({ recovered: true, replayed: 4 });
      expect(bench.received(next).slice(0, 2).map(nOf)).to.deep.equal([nOf({ id: lastId }), nOf({ id: lastId })]);
    });

    it('is nothing where nothing was missed', async () => {
      const bench = await HubBench.start();
      const ana = await come(bench, 'ana', { session: '' });
      vanish(bench, ana);
      const next = await come(bench, 'ana', { session: secretOf(bench, ana), lastId: lastIdOf(bench, ana) });
      expect(welcomeOf(bench, next)).to.include({ recovered: true, replayed: 0 });
      expect(bench.heard(next)).to.deep.equal(['user_list']);
    });

    it('is also what its user has said by another connection', async () => {
      const bench = await HubBench.start();
      const tab = await bench.join('ana');
      const bo = await bench.join('bo');
      const ana = await come(bench, 'ana', { session: '' });
      vanish(bench, ana);
      await bench.send(tab, { type: 'chat', content: 'to bo', to: 'bo' });
      await bench.send(tab, { type: 'chat', content: 'to herself', to: 'ana' });
      await bench.send(bo, { type: 'chat', content: 'to himself', to: 'bo' });
      const next = await come(bench, 'ana', { session: secretOf(bench, ana), lastId: lastIdOf(bench, ana) });
      expect(bench.heard(next)).to.deep.equal(['user_list', 'chat:to bo', 'chat:to herself']);
    });

    it('is what was said in a room that the handshake names, session or not', async () => {
      const bench = await HubBench.start();
      const bo = await bench.join('bo', { rooms: ['x', 'y'] });
      const ana = await bench.join('ana', { rooms: ['x'] });
      vanish(bench, ana);
      await bench.send(bo, { type: 'chat', content: '1', room: 'x' });
      await bench.send(bo, { type: 'chat', content: '2', room: 'y' });
      const next = await come(bench, 'ana', { lastId: lastIdOf(bench, ana), rooms: ['y'] });
      expect(bench.heard(next)).to.deep.equal(['user_list', 'user_list@y', 'chat:2@y']);
    });

    it('may be as much as the limit, and no more', async () => {
      const bench = await HubBench.start({ limits: { replayLimit: 3 } });
      const bo = await bench.join('bo');
      const ana = await come(bench, 'ana', { session: '' });
      vanish(bench, ana);
      for (const content of ['1', '2', '3']) await bench.send(bo, { type: 'chat', content });
      const options = { session: secretOf(bench, ana), lastId: lastIdOf(bench, ana) };
      const next = await come(bench, 'ana', options);
      expect(welcomeOf(bench, next)).to.include({ recovered: true, replayed: 3 });
      vanish(bench, next);
      await bench.send(bo, { type: 'chat', content: '4' });
      const late = await come(bench, 'ana', options);
      expect(welcomeOf(bench, late)).to.include({ recovered: false, reason: 'too_many', session: options.session });
      expect(bench.heard(late)).to.deep.equal(['user_list']);
    });

    it('is not given in part where something is no longer kept', async () => {
      const bench = await HubBench.start({ memory: { messages: 5 } });
      const bo = await bench.join('bo', { rooms: ['x', 'y'] });
      const ana = await come(bench, 'ana', { session: '', rooms: ['x', 'y'] });
      vanish(bench, ana);
      await bench.send(bo, { type: 'chat', content: 'kept', room: 'y' });
      for (let i = 0; i < 40; i += 1) await bench.send(bo, { type: 'chat', content: `${i}`, room: 'x' });
      const next = await come(bench, 'ana', { session: secretOf(bench, ana), lastId: lastIdOf(bench, ana) });
      expect(welcomeOf(bench, next)).to.include({ recovered: false, reason: 'truncated' });
      expect(bench.heard(next)).to.deep.equal(['user_list', 'user_list@x', 'user_list@y']);
    });

    it('can be asked for again with the id of a list of the resume itself, seconds later', async () => {
      const bench = await HubBench.start();
      const bo = await bench.join('bo');
      const ana = await come(bench, 'ana', { session: '' });
      const session = secretOf(bench, ana);
      vanish(bench, ana);
      await bench.send(bo, { type: 'chat', content: '1' });
      bench.clock.advance(3000);
      await bench.send(bo, { type: 'chat', content: '2' });
      bench.clock.advance(3000);
      // It drops after the list, before anything of the replay has come.
      const next = await come(bench, 'ana', { session, lastId: lastIdOf(bench, ana) });
      const { id: lastId } = welcomeOf(bench, next);
      vanish(bench, next);
      const last = await come(bench, 'ana', { session, lastId });
      expect(welcomeOf(bench, last)).to.include({ recovered: true, replayed: 2 });
    });

    it('has dates that do not go back where N grows, the lists of the resume included', async () => {
      const bench = await HubBench.start();
      const bo = await bench.join('bo');
      const ana = await come(bench, 'ana', { session: '' });
      vanish(bench, ana);
      await bench.send(bo, { type: 'chat', content: '1' });
      bench.clock.advance(3000);
      const next = await come(bench, 'ana', { session: secretOf(bench, ana), lastId: lastIdOf(bench, ana) });
      const [list, chat] = bench.received(next);
      expect(list!.timestamp).to.be.at.most(chat!.timestamp);
    });

    it('can be asked for with whatever id a reader gets that is behind', async () => {
      const bench = await HubBench.start();
      const bo = await bench.join('bo');
      const ana = await come(bench, 'ana', { session: '' });
      const session = secretOf(bench, ana);
      bench.a.fill(ana, 1);
      for (const content of ['1', '2', '3']) {
        await bench.send(bo, { type: 'chat', content });
        bench.clock.advance(2000);
      }
      await bench.send(ana, { type: 'heartbeat', content: 'lento' });
      const { id: lastId } = bench.received(ana).at(-1)!;
      vanish(bench, ana);
      const next = await come(bench, 'ana', { session, lastId });
      expect(welcomeOf(bench, next)).to.include({ recovered: true, replayed: 2 });
    });

    it('goes on from the log where the socket is full', async () => {
      const bench = await HubBench.start();
      const bo = await bench.join('bo');
      const ana = await come(bench, 'ana', { session: '' });
      vanish(bench, ana);
      // So long that each is a piece of its own.
      const contents = ['1', '2', '3', '4'].map((content) => content.padEnd(17_000));
      for (const content of contents) await bench.send(bo, { type: 'chat', content });
      const next = connect(bench, 'ana', { session: secretOf(bench, ana), lastId: lastIdOf(bench, ana) });
      bench.a.fill(next, 3);
      await settled();
      const words = contents.map((content) => `chat:${content}`);
      expect(bench.heard(next)).to.deep.equal(['user_list', ...words.slice(0, 2)]);
      await bench.send(bo, { type: 'chat', content: '5' });
      bench.a.drain(next);
      await settled();
      await bench.send(bo, { type: 'chat', content: '6' });
      expect(bench.heard(next).filter((word) => word.startsWith('chat'))).to.deep.equal([...words, 'chat:5', 'chat:6']);
      expect(welcomeOf(bench, next)).to.include({ recovered: true, replayed: 4 });
    });

    for (const [what, missed] of [
      ['nothing was missed', []],
      ['something was', ['1', '2']],
    ] as const) {
      it(`goes on from the log where the lists alone fill the socket, and ${what}`, async () => {
        const bench = await HubBench.start();
        const bo = await bench.join('bo');
        const ana = await come(bench, 'ana', { session: '' });
        vanish(bench, ana);
        for (const content of missed) await bench.send(bo, { type: 'chat', content });
        const next = connect(bench, 'ana', { session: secretOf(bench, ana), lastId: lastIdOf(bench, ana) });
        bench.a.fill(next, 1);
        await settled();
        await bench.send(bo, { type: 'chat', content: 'later' });
        expect(bench.heard(next), 'while its socket is full').to.deep.equal(['user_list']);
        bench.a.drain(next);
        await settled();
        const chats = bench.heard(next).filter((word) => word.startsWith('chat'));
        expect(chats).to.deep.equal([...missed, 'later'].map((content) => `chat:${content}`));
      });
    }

    it('comes behind the lists, where these fill the socket one after another', async () => {
      const bench = await HubBench.start();
      const bo = await bench.join('bo', { rooms: ['x'] });
      const ana = await come(bench, 'ana', { session: '', rooms: ['x', 'y'] });
      vanish(bench, ana);
      for (const content of ['1', '2']) await bench.send(bo, { type: 'chat', content, room: 'x' });
      const next = connect(bench, 'ana', { session: secretOf(bench, ana), lastId: lastIdOf(bench, ana) });
      bench.a.fill(next, 1);
      await settled();
      expect(bench.heard(next), 'while its socket is full').to.deep.equal(['user_list']);
      for (let i = 0; i < 10; i += 1) {
        bench.a.drain(next, 1);
        await settled();
      }
      const heard = bench.heard(next).slice(0, 5);
      expect(heard).to.deep.equal(['user_list', 'user_list@x', 'user_list@y', 'chat:1@x', 'chat:2@x']);
      const positions = bench.received(next).slice(0, 3).map(nOf);
      expect(positions).to.deep.equal(Array(3).fill(nOf({ id: lastIdOf(bench, ana) })));
    });

    it('comes once where a fresh connection, whose list filled its socket, is level again', async () => {
      const bench = await HubBench.start();
      const bo = await bench.join('bo');
      const ana = connect(bench, 'ana', { lastId: '20231107132000-1' });
      bench.a.fill(ana, 1);
      await settled();
      await bench.send(bo, { type: 'chat', content: 'later' });
      expect(bench.heard(ana), 'while its socket is full').to.deep.equal(['user_list']);
      bench.a.drain(ana);
      await settled();
      expect(bench.heard(ana).filter((word) => word.startsWith('chat'))).to.deep.equal(['chat:later']);
    });
  });

  describe('what may not be read', () => {
    /** Rooms whose history is closed: to join them is allowed. */
    const sealed = new Set<string>();
    const authorize = (_user: unknown, action: string, { room = 'general' }: { room?: string }) =>
      action !== 'read' || !sealed.has(room);
    let bench: HubBench;
    let ana: Session;
    let bo: Session;
    beforeEach(async () => {
      sealed.clear();
      bench = await HubBench.start({ authorize });
      bo = await bench.join('bo', { rooms: ['x'] });
      ana = await come(bench, 'ana', { session: '', rooms: ['x'] });
      vanish(bench, ana);
    });
    const back = (rooms: string[] = []) =>
      come(bench, 'ana', { session: secretOf(bench, ana), lastId: lastIdOf(bench, ana), rooms });

    it('is not replayed, which is said plainly', async () => {
      await bench.send(bo, { type: 'chat', content: 'hola', room: 'x' });
      sealed.add('x');
      const next = await back();
      expect(welcomeOf(bench, next)).to.include({ recovered: false, reason: 'forbidden' });
      expect(bench.heard(next)).to.deep.equal(['user_list', 'user_list@x']);
      await bench.send(bo, { type: 'chat', content: 'live', room: 'x' });
      expect(bench.heard(next).at(-1)).to.equal('chat:live@x');
    });

    it('is not opened by an old id to whom joins for the first time', async () => {
      await bench.send(bo, { type: 'join', room: 'y' });
      await bench.send(bo, { type: 'chat', content: 'hola', room: 'y' });
      sealed.add('y');
      const next = await back(['y']);
      expect(bench.heard(next).filter((word) => word.startsWith('chat'))).to.deep.equal([]);
      expect(welcomeOf(bench, next)).to.include({ recovered: false, reason: 'forbidden' });
    });

    it('is the default room, too, where that is closed', async () => {
      sealed.add('general');
      await bench.send(bo, { type: 'chat', content: 'hola', room: 'x' });
      expect(welcomeOf(bench, await back())).to.include({ recovered: true, replayed: 1 });
      await bench.send(bo, { type: 'chat', content: 'hola' });
      expect(welcomeOf(bench, await back())).to.include({ recovered: false, reason: 'forbidden' });
    });

    it('does no harm where nothing was said there, and closes no direct messages', async () => {
      for (const room of ['general', 'x']) sealed.add(room);
      await bench.send(bo, { type: 'chat', content: 'hola', to: 'ana' });
      expect(welcomeOf(bench, await back())).to.include({ recovered: true, replayed: 1 });
    });
  });

  describe('on a log that takes its time', () => {
    let log: SlowLog;
    let clock: HandClock;
    let bench: HubBench;
    let bo: Session;
    beforeEach(async () => {
      clock = new HandClock();
      log = new SlowLog({ clock, messages: 1000, age: 3_600_000, bytes: 1_000_000 });
      bench = await HubBench.start({ log, clock, newBudget: () => ENDLESS });
      bo = await bench.join('bo', { rooms: ['x'] });
    });

    it('gives what is said meanwhile once, in its place', async () => {
      const { session, lastId } = await drop();
      await bench.send(bo, { type: 'chat', content: '1' });
      for (const step of ['session', 'sync', 'check', 'read'] as const) {
        if (step === 'session') await forget();
        // What was read for the one before is not kept for so long.
        clock.advance(1000);
        log.hold(step);
        const next = connect(bench, 'ana', { session, lastId });
        await settled();
        await bench.send(bo, { type: 'chat', content: step, room: 'x' });
        log.release();
        await settled();
        await bench.send(bo, { type: 'chat', content: 'live' });
        const chats = bench.received(next).filter(({ type }) => type === 'chat');
        expect(new Set(chats.map(({ id }) => id)).size, step).to.equal(chats.length);
        expect(chats.map(nOf), step).to.deep.equal([...chats.map(nOf)].sort((a, b) => a - b));
        expect(chats.slice(-2).map(inShort), step).to.deep.equal([`chat:${step}@x`, 'chat:live']);
        expect(welcomeOf(bench, next)).to.include({ recovered: true, replayed: chats.length - 1 });
        vanish(bench, next);
      }
    });

    it('counts nothing that is said meanwhile where the client is not', async () => {
      await bench.send(bo, { type: 'join', room: 'elsewhere' });
      const { session, lastId } = await drop();
      log.hold('read');
      const next = connect(bench, 'ana', { session, lastId });
      await settled();
      await bench.send(bo, { type: 'chat', content: '1', room: 'elsewhere' });
      await bench.send(bo, { type: 'chat', content: '2', to: 'bo' });
      await bench.send(bo, { type: 'chat', content: '3', to: 'ana' });
      log.release();
      await settled();
      expect(bench.heard(next)).to.deep.equal(['user_list', 'user_list@x', 'chat:3']);
      expect(welcomeOf(bench, next)).to.include({ recovered: true, replayed: 1 });
    });

    it('says goodbye at the position that the client has, where it is closed before it was told what it missed', async () => {
      const { session, lastId } = await drop();
      await bench.send(bo, { type: 'chat', content: '1' });
      for (const step of ['session', 'sync', 'check', 'read'] as const) {
        if (step === 'session') await forget();
        clock.advance(1000);
        log.hold(step);
        const next = connect(bench, 'ana', { session, lastId });
        await settled();
        // As Socket.IO's clients are told why, in a message whose id they come back with.
        const { id } = bench.hub.stamped(next, { type: 'error', content: '', from: 'system', data: null });
        expect(nOf({ id }), step).to.equal(nOf({ id: lastId }));
        vanish(bench, next);
        log.release();
        await settled();
      }
    });

    it('reads once more where more was said meanwhile than it has at hand', async () => {
      const { session, lastId } = await drop();
      log.hold('read');
      const next = connect(bench, 'ana', { session, lastId });
      await settled();
      // More than the ring holds, and little of it for her.
      await bench.send(bo, { type: 'join', room: 'elsewhere' });
      for (let i = 0; i < 2100; i += 1) {
        await bench.send(bo, { type: 'chat', content: `${i}`, room: i % 100 === 0 ? 'x' : 'elsewhere' });
      }
      log.release();
      await settled();
      const chats = bench.heard(next).filter((word) => word.startsWith('chat'));
      expect(chats).to.deep.equal(Array.from({ length: 21 }, (_, i) => `chat:${i * 100}@x`));
      expect(welcomeOf(bench, next)).to.include({ recovered: true, replayed: 21 });
    });

    for (const step of ['session', 'sync', 'check', 'read'] as const) {
      it(`answers requests that come right away after the first list, in their order (${step})`, async () => {
        const { session, lastId } = await drop();
        await bench.send(bo, { type: 'chat', content: 'missed' });
        if (step === 'session') await forget();
        log.hold(step);
        const next = connect(bench, 'ana', { session, lastId });
        await settled();
        bench.push(next, { type: 'heartbeat', content: 'latido' });
        bench.push(next, { type: 'user_list', room: 'x' });
        bench.push(next, { type: 'chat', content: 'suyo', room: 'x', clientMsgId: 'c-1' });
        await settled();
        expect(bench.heard(next), 'before its lists').to.deep.equal([]);
        log.release();
        await settled();
        const heard = bench.heard(next);
        expect(heard.slice(0, 2)).to.deep.equal(['user_list', 'user_list@x']);
        expect(welcomeOf(bench, next)).to.include({ recovered: true, session });
        expect(heard.filter((word) => word === 'chat:suyo@x')).to.have.length(1);
        expect(heard.filter((word) => word.startsWith('error'))).to.deep.equal([]);
        expect(heard.indexOf('ack')).to.be.greaterThan(heard.indexOf('chat:suyo@x'));
        expect(heard.indexOf('heartbeat:latido')).to.be.greaterThan(-1);
        const { replayed } = welcomeOf(bench, next) as { replayed: number };
        const followers = bench.received(next).slice(2, 2 + replayed);
        expect(
          followers.every(({ id }) => !id.includes('.')),
          heard.join(),
        ).to.equal(true);
      });

      it(`counts out one that is gone before it has come in (${step})`, async () => {
        const { session, lastId } = await drop();
        if (step === 'session') await forget();
        log.hold(step);
        const next = connect(bench, 'ana', { session, lastId });
        await settled();
        leave(bench, next);
        log.release();
        await settled();
        clock.advance(2 * GRACE);
        await settled();
        expect(bench.hub.isPresent('ana')).to.equal(false);
        expect(bench.heard(bo).filter(isLeaving)).to.have.length(2);
        expect(bench.heard(next)).to.deep.equal([]);
        const last = await come(bench, 'ana', { session, lastId });
        expect(bench.heard(last)).to.deep.equal(['user_list', 'user_list@x']);
      });

      it(`keeps the session of one that drops before it has come in (${step})`, async () => {
        const { session, lastId } = await drop();
        const heard = bench.heard(bo).length;
        log.hold(step);
        const next = connect(bench, 'ana', { session, lastId });
        await settled();
        vanish(bench, next);
        log.release();
        await settled();
        const last = await come(bench, 'ana', { session, lastId });
        expect(welcomeOf(bench, last)).to.include({ recovered: true, session });
        clock.advance(2 * GRACE);
        await settled();
        expect(bench.heard(bo).slice(heard)).to.deep.equal([]);
        leave(bench, last);
        await settled();
        expect(bench.hub.isPresent('ana')).to.equal(false);
      });
    }

    it('asks the log for no session of one that is here or expected, and writes none that has not changed', async () => {
      const { session, lastId } = await drop();
      log.saves = 0;
      log.hold('session');
      const [ghost, taken] = [await come(bench, 'ana', { session, lastId }), await come(bench, 'ana', { session })];
      for (const one of [ghost, taken]) expect(bench.heard(one)).to.deep.equal(['user_list', 'user_list@x']);
      expect(log.saves).to.equal(0);
      await bench.send(taken, { type: 'join', room: 'y' });
      expect(log.saves).to.equal(1);
      vanish(bench, taken);
      const more = await come(bench, 'ana', { session, rooms: ['z'] });
      expect(bench.heard(more)).to.deep.equal(['user_list', 'user_list@z', 'user_list@x', 'user_list@y']);
      expect(log.saves).to.equal(2);
      expect(log.saved.get(session)).to.deep.include({ rooms: ['general', 'z', 'x', 'y'], open: true });
    });

    it('writes the session where what it was is not all there: a room that is being left, or one that has just come', async () => {
      const { session, lastId } = await drop();
      const leaving = await come(bench, 'ana', { session, lastId });
      bench.push(leaving, { type: 'leave', room: 'x' });
      const next = await come(bench, 'ana', { session });
      expect(bench.heard(next)).to.deep.equal(['user_list']);
      expect(log.saved.get(session)?.rooms).to.deep.equal(['general']);
      bench.push(next, { type: 'join', room: 'y' });
      vanish(bench, next);
      const last = await come(bench, 'ana', { session });
      expect(bench.heard(last)).to.deep.equal(['user_list', 'user_list@y']);
      expect(log.saved.get(session)?.rooms).to.deep.equal(['general', 'y']);
      const newcomer = { user: { id: 'ana', name: 'Ana María' }, address: '', rooms: [], session };
      bench.hub.connect(bench.a, newcomer);
      await settled();
      expect(log.saved.get(session)?.user.name).to.equal('Ana María');
    });

    it('closes one that can not be resumed now, so that it tries again', async () => {
      const { session, lastId } = await drop();
      log.fail('read');
      const next = connect(bench, 'ana', { session, lastId });
      await settled();
      expect(bench.a.closes.at(-1)).to.deep.equal({ session: next, why: 'try_again_later' });
      const last = await come(bench, 'ana', { session, lastId });
      expect(welcomeOf(bench, last)).to.include({ recovered: true, session });
    });

    it('leaves one present that can not get in now, and undisturbed whoever has the session', async () => {
      const former = await come(bench, 'ana', { session: '', rooms: ['x'] });
      const session = secretOf(bench, former);
      const heard = bench.heard(bo).length;
      for (let i = 0; i < 2; i += 1) {
        log.broken = true;
        const next = connect(bench, 'ana', { session });
        await settled();
        expect(bench.a.closes.at(-1)).to.deep.equal({ session: next, why: 'try_again_later' });
        log.broken = false;
        clock.advance(GRACE / 4);
        await settled();
        expect(former.gone).to.equal(i === 1);
        if (i === 0) vanish(bench, former);
      }
      const last = await come(bench, 'ana', { session });
      expect(welcomeOf(bench, last)).to.include({ session });
      expect(bench.heard(bo).slice(heard)).to.deep.equal([]);
      leave(bench, last);
      await settled();
      expect(bench.hub.isPresent('ana')).to.equal(false);
    });

    it('does not try to see out one that never came in', async () => {
      const { pending } = clock;
      log.broken = true;
      for (const coming of [{}, { session: '' }]) {
        const next = await come(bench, 'ana', coming);
        expect(next.gone).to.equal(true);
      }
      expect(clock.pending).to.equal(pending);
    });

    it('does not reopen the session of one that has said goodbye', async () => {
      const ana = await come(bench, 'ana', { session: '' });
      bench.push(ana, { type: 'join', room: 'x' });
      leave(bench, ana);
      await settled();
      expect(log.saved.get(secretOf(bench, ana))?.open).to.equal(false);
    });

    /** She is expected no longer: what her session is, only the log knows. */
    async function forget(): Promise<void> {
      clock.advance(GRACE);
      await settled();
    }

    /** Ana comes, and drops. */
    async function drop(): Promise<{ session: string; lastId: string }> {
      const ana = await come(bench, 'ana', { session: '', rooms: ['x'] });
      vanish(bench, ana);
      return { session: secretOf(bench, ana), lastId: lastIdOf(bench, ana) };
    }
  });

  describe('after a restart', () => {
    let clock: HandClock;
    let bench: HubBench;
    let bo: Session;
    let log: SlowLog;
    beforeEach(async () => {
      clock = new HandClock();
      log = new SlowLog({ clock, messages: 1000, age: 3_600_000, bytes: 1_000_000 });
      const user = { id: 'ana', name: 'Ana' };
      log.reopened = [{ id: 'a-secret-of-ana', user, rooms: ['general', 'x'], open: true }];
      bench = await HubBench.start({ log, clock });
      bo = await bench.join('bo', { rooms: ['x'] });
    });

    it('those who were here count as present for the grace time', async () => {
      expect(bench.hub.isPresent('ana')).to.equal(true);
      expect(welcomeOf(bench, bo).data).to.deep.include({ id: 'ana', username: 'Ana', status: 'online' });
      clock.advance(GRACE);
      await settled();
      expect(bench.heard(bo).filter(isLeaving)).to.deep.equal([
        'user_left:Ana ha salido del chat@x',
        'user_left:Ana ha salido del chat',
      ]);
    });

    it('their return is no news', async () => {
      const ana = await come(bench, 'ana', { session: 'a-secret-of-ana' });
      expect(bench.heard(ana)).to.deep.equal(['user_list', 'user_list@x']);
      expect(log.saved.get('a-secret-of-ana')).to.deep.include({
        rooms: ['general', 'x'],
        user: { id: 'ana', name: 'ana' },
      });
      clock.advance(2 * GRACE);
      await settled();
      expect(bench.heard(bo)).to.deep.equal(['user_list', 'user_list@x']);
    });
  });
});

type Step = 'session' | 'sync' | 'check' | 'read';

/** A memory log that answers when a case says so, or not at all. */
class SlowLog extends MemoryLog implements Log {
  readonly saved = new Map<string, SessionRecord>();
  saves = 0;
  reopened: SessionRecord[] = [];
  #held: { step: Step; gate: Deferred<void> } | undefined;
  #failing: Step | undefined;
  /** Nothing can be published. */
  broken = false;

  /** The next call of this waits for `release`. */
  hold(step: Step): void {
    this.#held = { step, gate: new Deferred<void>() };
  }

  release(): void {
    this.#held?.gate.resolve();
    this.#held = undefined;
  }

  /** The next call of this fails. */
  fail(step: Step): void {
    this.#failing = step;
  }

  override publish(draft: Draft): Promise<Receipt> {
    return this.broken ? Promise.reject(new Refusal('unavailable')) : super.publish(draft);
  }

  override async session(...args: Parameters<Log['session']>): ReturnType<Log['session']> {
    const answer = await super.session(...args);
    return this.#pass('session').then(() => answer);
  }

  override async sync(): Promise<void> {
    await super.sync();
    await this.#pass('sync');
  }

  override async check(...args: Parameters<Log['check']>): ReturnType<Log['check']> {
    await this.#pass('check');
    return super.check(...args);
  }

  override async read(...args: Parameters<Log['read']>): ReturnType<Log['read']> {
    const page = await super.read(...args);
    return this.#pass('read').then(() => page);
  }

  override async saveSession(session: SessionRecord): Promise<void> {
    this.saves += 1;
    this.saved.set(session.id, session);
    return super.saveSession(session);
  }

  override async closeSession(id: string): Promise<void> {
    const session = this.saved.get(id);
    if (session) this.saved.set(id, { ...session, open: false });
    return super.closeSession(id);
  }

  override async openSessions(): Promise<SessionRecord[]> {
    return this.reopened;
  }

  async #pass(step: Step): Promise<void> {
    if (this.#failing === step) {
      this.#failing = undefined;
      throw new Error('the disk is on fire');
    }
    if (this.#held?.step === step) await this.#held.gate.promise;
  }
}

interface Coming {
  session?: string;
  lastId?: string;
  rooms?: string[];
}

function connect({ hub, a }: HubBench, id: string, { rooms = [], ...back }: Coming): Session {
  const newcomer: Newcomer = { user: { id, name: id }, address: '127.0.0.1', rooms, ...back };
  return hub.connect(a, newcomer);
}

async function come(bench: HubBench, id: string, coming: Coming): Promise<Session> {
  const session = connect(bench, id, coming);
  await settled();
  return session;
}

function vanish({ hub }: HubBench, session: Session): void {
  hub.disconnect(session, { goodbye: false });
}

function leave({ hub }: HubBench, session: Session): void {
  hub.disconnect(session, { goodbye: true });
}

function welcomeOf(bench: HubBench, session: Session): Message {
  const [first] = bench.received(session);
  if (!first) throw new Error(`${session.id} has received nothing`);
  return first;
}

function secretOf(bench: HubBench, session: Session): string {
  return sessionIn(welcomeOf(bench, session)) ?? '';
}

function sessionIn(message: Message): string | undefined {
  return message.session;
}

function lastIdOf(bench: HubBench, session: Session): string {
  return bench.received(session).at(-1)!.id;
}

function nOf({ id }: { id: string }): number {
  return Number(/-(\d+)/.exec(id)?.[1]);
}

function isComing(word: string): boolean {
  return word.startsWith('user_joined');
}

function isLeaving(word: string): boolean {
  return word.startsWith('user_left');
}
