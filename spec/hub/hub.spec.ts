import { expect } from 'chai';
import { MemoryLog } from '../../src/log/memory.ts';
import { Refusal } from '../../src/protocol/errors.ts';
import { HandClock } from '../support/hand-clock.ts';
import { HubBench, settled } from '../support/hub-bench.ts';
import { idsOf } from '../support/messages.ts';

class UnreadableLog extends MemoryLog {
  closed = false;

  override async openSessions(): Promise<never> {
    throw new Error('the disk is on fire');
  }

  override async close(): Promise<void> {
    this.closed = true;
    await super.close();
  }
}

describe('a start', () => {
  it('that fails lets go of the log, and says why', async () => {
    const clock = new HandClock();
    const log = new UnreadableLog({ clock, messages: 10, age: 1000, bytes: 1000 });
    const error = await HubBench.start({ log, clock }).catch((reason) => reason);
    expect(error).to.have.property('message', 'the disk is on fire');
    expect(log.closed).to.equal(true);
  });
});

describe('Hub', () => {
  describe('connecting', () => {
    it('gives the newcomer the list first, itself in the first row', async () => {
      const bench = await HubBench.start();
      await bench.join('ana');
      const bo = await bench.join('bo', { transport: bench.b });
      const [list] = bench.received(bo);
      expect(list).to.include({ type: 'user_list', content: 'Lista de usuarios conectados', from: 'system' });
      expect(list?.data).to.deep.equal([
        { id: 'bo', username: 'bo', status: 'online' },
        { id: 'ana', username: 'ana', status: 'online' },
      ]);
    });

    it('announces a user to the others, on both transports, not to itself', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      const bo = await bench.join('bo', { transport: bench.b });
      const cy = await bench.join('cy');
      expect(bench.heard(ana)).to.deep.equal([
        'user_list',
        'user_joined:bo se ha unido al chat',
        'user_joined:cy se ha unido al chat',
      ]);
      expect(bench.heard(bo)).to.deep.equal(['user_list', 'user_joined:cy se ha unido al chat']);
      expect(bench.heard(cy)).to.deep.equal(['user_list']);
    });

    it('gives the lists of the rooms in the order given, after the default one', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana', { rooms: ['z', 'a', 'm'] });
      expect(bench.heard(ana)).to.deep.equal(['user_list', 'user_list@z', 'user_list@a', 'user_list@m']);
    });

    it('does not announce a second tab, and lists its user once with the newest name', async () => {
      const bench = await HubBench.start();
      const watcher = await bench.join('watcher');
      await bench.join('ana', { name: 'Ana' });
      const tab = await bench.join('ana', { name: 'Anita' });
      expect(bench.heard(watcher)).to.have.length(2);
      expect(bench.received(tab)[0]?.data).to.deep.equal([
        { id: 'ana', username: 'Anita', status: 'online' },
        { id: 'watcher', username: 'watcher', status: 'online' },
      ]);
    });

    it('makes list and announcements fit together when many come at once', async () => {
      const bench = await HubBench.start({ limits: { announceLimit: 100, userListLimit: 100 } });
      const sessions = ['ana', 'bo', 'cy', 'di'].map((id) =>
        bench.hub.connect(bench.a, { user: { id, name: id }, address: '', rooms: [] }),
      );
      await settled();
      for (const session of sessions) {
        const [list, ...joined] = bench.received(session);
        const listed = (list!.data as { id: string }[]).map(({ id }) => id);
        const announced = joined.map(({ data }) => (data as { userId: string }).userId);
        expect([...listed, ...announced].sort()).to.deep.equal(['ana', 'bo', 'cy', 'di']);
      }
    });

    it('publishes coming and going also for one who leaves before it has its list', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      const hasty = bench.hub.connect(bench.b, { user: { id: 'bo', name: 'bo' }, address: '', rooms: ['a'] });
      bench.hub.disconnect(hasty, { goodbye: true });
      await settled();
      expect(bench.heard(ana).slice(1)).to.deep.equal([
        'user_joined:bo se ha unido al chat',
        'user_left:bo ha salido del chat',
      ]);
      expect(bench.received(hasty)).to.be.empty;
      expect(bench.hub.snapshot()).to.include({ active_users: 1, rooms: 1 });
    });

    it('closes a newcomer whose coming could not be published', async () => {
      const bench = await HubBench.start();
      await bench.log.close();
      const session = await bench.join('ana');
      expect(bench.a.closes).to.deep.equal([{ session, why: 'try_again_later' }]);
    });
  });

  describe('lists', () => {
    it('are cut at their limit and then tell the total', async () => {
      const bench = await HubBench.start();
      for (const id of ['1', '2', '3', '4']) await bench.join(id);
      const five = await bench.join('5');
      const [list] = bench.received(five);
      expect(list?.data).to.have.length(4);
      expect(list?.total).to.equal(5);
      expect(Object.keys(list ?? {})).to.deep.equal(['type', 'content', 'from', 'timestamp', 'id', 'data', 'total']);
    });

    it('have no total where everybody fits', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      expect(bench.received(ana)[0]).not.to.have.property('total');
    });

    it('of large rooms have a total, and nobody is announced there', async () => {
      const bench = await HubBench.start({ limits: { announceLimit: 2, userListLimit: 100 } });
      const one = await bench.join('1');
      await bench.join('2');
      const three = await bench.join('3');
      bench.hub.disconnect(three, { goodbye: true });
      await settled();
      expect(bench.received(three)[0]?.total).to.equal(3);
      expect(bench.heard(one)).to.deep.equal([
        'user_list',
        'user_joined:2 se ha unido al chat',
        'user_left:3 ha salido del chat',
      ]);
    });
  });

  describe('comings and goings in quick succession', () => {
    const WINDOW = 50;
    const LIMITS = { presenceWindow: WINDOW, announceLimit: 1000, userListLimit: 1000 };

    /** A hub where so much has just been told that whoever comes or goes now waits for the window to end. */
    const crowded = async (options: Parameters<typeof HubBench.start>[0] = {}) => {
      const bench = await HubBench.start({ ...options, limits: LIMITS });
      const watcher = await bench.join('watcher', { rooms: ['a'] });
      const crowd = await Promise.all(
        Array.from({ length: 40 }, (_, i) => bench.join(`c${i}`, { transport: bench.b })),
      );
      const spend = async () => {
        // Each is answered by a list, and counts as if the room heard of it.
        await Promise.all(crowd.map((session) => bench.hub.join(session, 'general')));
      };
      await spend();
      const before = bench.heard(watcher).length;
      /** What the watcher has heard since. */
      const seen = () => bench.heard(watcher).slice(before);
      /** Ends the window; the next one begins as the first. */
      const end = async () => {
        bench.clock.advance(WINDOW);
        await settled();
        await spend();
      };
      return { bench, watcher, seen, end };
    };

    it('are told at once while they cost little', async () => {
      const bench = await HubBench.start({ limits: LIMITS });
      const ana = await bench.join('ana');
      const bo = await bench.join('bo', { transport: bench.b });
      bench.hub.disconnect(bo, { goodbye: true });
      await settled();
      expect(bench.heard(ana)).to.deep.equal([
        'user_list',
        'user_joined:bo se ha unido al chat',
        'user_left:bo ha salido del chat',
      ]);
    });

    it('wait for the end of the window when there are many, in their order', async () => {
      const { bench, seen, end } = await crowded();
      const ana = await bench.join('ana', { rooms: ['a'] });
      bench.hub.disconnect(ana, { goodbye: true });
      const bo = await bench.join('bo');
      bench.clock.advance(WINDOW - 1);
      await settled();
      expect(seen()).to.be.empty;
      expect(bench.heard(bo)).to.be.empty;
      await end();
      expect(seen()).to.deep.equal([
        'user_joined:ana se ha unido al chat',
        'user_joined:ana se ha unido al chat@a',
        'user_left:ana ha salido del chat@a',
        'user_left:ana ha salido del chat',
        'user_joined:bo se ha unido al chat',
      ]);
      expect(bench.received(ana)).to.be.empty;
      expect(idsOf(bench.received(bo)[0]!))
        .to.include('bo')
        .and.not.include('ana');
    });

    it('give those who came together each other in their lists, and announce none to another', async () => {
      const { bench, seen, end } = await crowded();
      const ana = await bench.join('ana', { rooms: ['a'] });
      const bo = await bench.join('bo', { transport: bench.b, rooms: ['a'] });
      const cy = await bench.join('cy');
      await end();
      for (const session of [ana, bo]) expect(bench.heard(session)).to.deep.equal(['user_list', 'user_list@a']);
      expect(bench.heard(cy)).to.deep.equal(['user_list']);
      for (const session of [ana, bo, cy]) {
        const ids = idsOf(bench.received(session)[0]!);
        expect(ids[0]).to.equal(session.user.id);
        expect(ids).to.include.members(['ana', 'bo', 'cy', 'watcher']).and.have.length(44);
      }
      expect(idsOf(bench.received(ana)[1]!)).to.deep.equal(['ana', 'watcher', 'bo']);
      expect(seen().map((word) => word.replace(' se ha unido al chat', ''))).to.deep.equal([
        'user_joined:ana',
        'user_joined:ana@a',
        'user_joined:bo',
        'user_joined:bo@a',
        'user_joined:cy',
      ]);
    });

    it('announce a user of two new tabs once', async () => {
      const { bench, seen, end } = await crowded();
      const tabs = [await bench.join('ana'), await bench.join('ana', { transport: bench.b })];
      await end();
      expect(seen()).to.deep.equal(['user_joined:ana se ha unido al chat']);
      for (const tab of tabs) expect(bench.heard(tab)).to.deep.equal(['user_list']);
    });

    it('come before what their session says: its echo is behind its list', async () => {
      const { bench, seen } = await crowded();
      const ana = await bench.join('ana', { rooms: ['a'] });
      const bo = await bench.join('bo');
      await bench.send(ana, { type: 'chat', content: 'hola', clientMsgId: 'm' });
      expect(bench.heard(ana)).to.deep.equal(['user_list', 'user_list@a', 'chat:hola', 'ack']);
      expect(bench.heard(bo)).to.deep.equal(['user_list', 'chat:hola']);
      expect(seen().slice(-2)).to.deep.equal(['user_joined:bo se ha unido al chat', 'chat:hola']);
    });

    it('come before what their session says in a room that it has just joined, and to one user', async () => {
      const { bench, seen, end } = await crowded();
      const ana = await bench.join('ana');
      await end();
      bench.push(ana, { type: 'join', room: 'a' });
      await bench.send(ana, { type: 'chat', content: 'in', room: 'a' });
      expect(bench.heard(ana).slice(-2)).to.deep.equal(['user_list@a', 'chat:in@a']);
      expect(seen().slice(-2)).to.deep.equal(['user_joined:ana se ha unido al chat@a', 'chat:in@a']);
      const bo = await bench.join('bo');
      await bench.send(bo, { type: 'chat', content: 'psst', to: 'watcher' });
      expect(bench.heard(bo)).to.deep.equal(['user_list', 'chat:psst']);
    });

    it('hold back what others say from a newcomer, for good', async () => {
      const { bench, watcher, end } = await crowded();
      const ana = await bench.join('ana');
      await bench.send(watcher, { type: 'chat', content: 'early' });
      expect(bench.heard(ana)).to.be.empty;
      await end();
      await bench.send(watcher, { type: 'chat', content: 'late' });
      expect(bench.heard(ana)).to.deep.equal(['user_list', 'chat:late']);
    });

    it('hold back answers until the first list, which they follow at once', async () => {
      const { bench, end } = await crowded();
      const ana = await bench.join('ana', { rooms: ['a'] });
      await bench.send(ana, { type: 'heartbeat', content: '1', clientMsgId: 'm' });
      await bench.send(ana, { type: 'nope' });
      await bench.send(ana, { type: 'chat', content: 'x', room: 'elsewhere' });
      await bench.send(ana, { type: 'chat', content: 'x'.repeat(70_000) });
      expect(bench.heard(ana)).to.be.empty;
      await end();
      expect(bench.heard(ana)).to.deep.equal([
        'user_list',
        'heartbeat:1',
        'ack',
        'error:unknown_type',
        'error:not_in_room',
        'error:too_large',
        'user_list@a',
      ]);
      const [list, ...answers] = bench.received(ana);
      for (const { id } of answers) expect(id.split('.')[0]).to.equal(list?.id.split('.')[0]);
    });

    it('answer whoever asks for the list of a room that it is still joining', async () => {
      const { bench, end } = await crowded();
      const ana = await bench.join('ana', { rooms: ['a'] });
      await bench.send(ana, { type: 'user_list', room: 'a' });
      expect(bench.heard(ana)).to.be.empty;
      await end();
      expect(bench.heard(ana)).to.deep.equal(['user_list', 'user_list@a', 'user_list@a']);
    });

    it('let a leaver hear its room to the last, and write there no more', async () => {
      const { bench, watcher, end } = await crowded();
      const bo = await bench.join('bo', { rooms: ['a'] });
      await end();
      const before = bench.heard(bo).length;
      await bench.send(bo, { type: 'leave', room: 'a' });
      await bench.send(watcher, { type: 'chat', content: 'bye', room: 'a' });
      await bench.send(bo, { type: 'chat', content: 'me too', room: 'a' });
      expect(bench.heard(bo).slice(before)).to.deep.equal(['chat:bye@a', 'error:not_in_room']);
      await bench.send(bo, { type: 'chat', content: 'hello all' });
      expect(bench.heard(bo).slice(before + 2)).to.deep.equal(['user_left:bo ha salido del chat@a', 'chat:hello all']);
      await bench.send(watcher, { type: 'chat', content: 'gone?', room: 'a' });
      expect(bench.heard(bo).at(-1)).to.equal('chat:hello all');
    });

    it('give a receipt when they have their place', async () => {
      const { bench, end } = await crowded();
      const ana = await bench.join('ana');
      await end();
      let answer: unknown;
      void bench.ask(ana, { type: 'join', room: 'a' }).then((given) => {
        answer = given;
      });
      await settled();
      expect(answer).to.equal(undefined);
      await end();
      const list = bench.received(ana).at(-1);
      expect(answer).to.deep.equal({ ok: true, id: list?.id.split('.')[0], timestamp: list?.timestamp });
    });

    it('close a newcomer whose coming could not be published in the end', async () => {
      const { bench } = await crowded();
      const session = await bench.join('ana');
      await bench.log.close();
      bench.clock.advance(WINDOW);
      await settled();
      expect(bench.a.closes).to.deep.equal([{ session, why: 'try_again_later' }]);
      expect(bench.received(session)).to.be.empty;
    });

    it('hold up no shutdown, and are published before it', async () => {
      const errors: unknown[] = [];
      const logger = { info() {}, warn() {}, error: (fields: object) => void errors.push(fields) };
      const { bench, watcher } = await crowded({ logger });
      const ana = await bench.join('ana');
      const leaver = await bench.join('leaver');
      bench.hub.disconnect(leaver, { goodbye: true });
      const published: string[] = [];
      const publish = bench.log.publish.bind(bench.log);
      bench.log.publish = (draft) => {
        published.push(`${draft.body.type} ${draft.presence?.user.id}`);
        return publish(draft);
      };
      await bench.hub.close(1000);
      expect(bench.a.closes.map(({ session }) => session)).to.have.members([watcher, ana]);
      expect(published).to.deep.equal(['user_joined ana', 'user_joined leaver', 'user_left leaver']);
      bench.clock.advance(WINDOW);
      await settled();
      expect(published).to.have.length(3);
      expect(errors).to.be.empty;
    });
  });

  describe('posting', () => {
    it('reaches everybody once, the sender too, with one call per transport', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      const bo = await bench.join('bo');
      const cy = await bench.join('cy', { transport: bench.b });
      const calls = bench.a.calls.length;
      await bench.send(ana, { type: 'chat', content: 'hola', data: { x: 1 } });
      const copies = [ana, bo, cy].map((session) => bench.received(session).at(-1));
      expect(copies[0]).to.include({ type: 'chat', content: 'hola', from: 'ana' }).and.not.to.have.property('room');
      expect(new Set(copies).size).to.equal(1);
      expect(bench.a.calls.length - calls).to.equal(1);
    });

    it('hands over the live member set of a room by reference, the same each time', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      await bench.send(ana, { type: 'chat', content: '1' });
      await bench.send(ana, { type: 'chat', content: '2' });
      const [one, two] = bench.a.calls.slice(-2);
      expect(one?.receivers).to.equal(two?.receivers);
    });

    it('stays in its room', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana', { rooms: ['a'] });
      const bo = await bench.join('bo', { rooms: ['a'] });
      const cy = await bench.join('cy');
      await bench.send(ana, { type: 'notification', content: 'psst', room: 'a' });
      expect(bench.heard(bo).at(-1)).to.equal('notification:psst@a');
      expect(bench.heard(cy)).to.deep.equal(['user_list']);
    });

    it('to a room that one is not in is refused, also where another tab is', async () => {
      const bench = await HubBench.start();
      await bench.join('ana', { rooms: ['a'] });
      const tab = await bench.join('ana');
      await bench.send(tab, { type: 'chat', content: 'x', room: 'a' });
      expect(bench.heard(tab).at(-1)).to.equal('error:not_in_room');
    });

    it('to a user reaches all tabs of both, each once, and nobody else', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      const anaTab = await bench.join('ana', { transport: bench.b });
      const bo = await bench.join('bo', { transport: bench.b });
      const cy = await bench.join('cy');
      await bench.send(ana, { type: 'chat', content: 'psst', to: 'bo' });
      for (const session of [ana, anaTab, bo]) {
        expect(bench.heard(session).filter((word) => word === 'chat:psst')).to.have.length(1);
      }
      expect(bench.received(bo).at(-1)).to.include({ to: 'bo', fromId: 'ana' }).and.not.to.have.property('room');
      expect(bench.heard(cy)).not.to.include('chat:psst');
    });

    it('to oneself arrives once', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      await bench.send(ana, { type: 'chat', content: 'memo', to: 'ana' });
      expect(bench.heard(ana).filter((word) => word === 'chat:memo')).to.have.length(1);
    });

    it('to nobody is refused', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      const bo = await bench.join('bo');
      bench.hub.disconnect(bo, { goodbye: true });
      await settled();
      await bench.send(ana, { type: 'chat', content: 'x', to: 'bo' });
      expect(bench.heard(ana).at(-1)).to.equal('error:user_not_found');
    });

    it('right behind a join reaches the sender, after the list', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      bench.push(ana, { type: 'join', room: 'a' });
      bench.push(ana, { type: 'chat', content: 'first', room: 'a' });
      await settled();
      expect(bench.heard(ana).slice(1)).to.deep.equal(['user_list@a', 'chat:first@a']);
    });

    it('by the server speaks in its own voice, to everybody, a room or a user', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana', { rooms: ['a'] });
      const bo = await bench.join('bo', { transport: bench.b });
      await bench.hub.announce({ content: 'all' });
      await bench.hub.announce({ type: 'notification', content: 'room', room: 'a' });
      await bench.hub.announce({ type: 'system', content: 'you', to: 'bo' });
      expect(bench.heard(ana).slice(-2)).to.deep.equal(['system:all', 'notification:room@a']);
      expect(bench.heard(bo).slice(-2)).to.deep.equal(['system:all', 'system:you']);
    });
  });

  describe('rooms', () => {
    it('answer a join with the list and tell the others', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana', { rooms: ['a'] });
      const bo = await bench.join('bo');
      await bench.send(bo, { type: 'join', room: 'a' });
      expect(bench.heard(bo).at(-1)).to.equal('user_list@a');
      expect(bench.heard(ana).at(-1)).to.equal('user_joined:bo se ha unido al chat@a');
    });

    it('answer a second join again and tell nobody', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana', { rooms: ['a'] });
      const bo = await bench.join('bo', { rooms: ['a'] });
      const before = bench.heard(ana).length;
      await bench.send(bo, { type: 'join', room: 'a' });
      expect(bench.heard(bo).at(-1)).to.equal('user_list@a');
      expect(bench.heard(ana)).to.have.length(before);
    });

    it('answer a leave with user_left, the last that one gets of them', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana', { rooms: ['a'] });
      const bo = await bench.join('bo', { rooms: ['a'], transport: bench.b });
      await bench.send(bo, { type: 'leave', room: 'a' });
      await bench.send(ana, { type: 'chat', content: 'gone?', room: 'a' });
      for (const session of [ana, bo]) expect(bench.heard(session)).to.include('user_left:bo ha salido del chat@a');
      expect(bench.heard(bo)).not.to.include('chat:gone?@a');
    });

    it('tell a leaver once, though that fills its socket', async () => {
      const bench = await HubBench.start();
      await bench.join('ana', { rooms: ['a'] });
      const bo = await bench.join('bo', { rooms: ['a'] });
      bench.a.fill(bo, 1);
      await bench.send(bo, { type: 'leave', room: 'a' });
      const left = bench.heard(bo).filter((word) => word.startsWith('user_left'));
      expect(left).to.deep.equal(['user_left:bo ha salido del chat@a']);
    });

    it('tell a leaver who is behind in its turn, after what was said in the room until then', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana', { rooms: ['a'], transport: bench.b });
      const slow = await bench.join('slow', { rooms: ['a'] });
      const before = bench.heard(slow).length;
      bench.a.fill(slow, 1);
      await bench.send(ana, { type: 'chat', content: '1' });
      await bench.send(ana, { type: 'chat', content: '2', room: 'a' });
      await bench.send(slow, { type: 'leave', room: 'a' });
      await bench.send(ana, { type: 'chat', content: '3', room: 'a' });
      await bench.send(ana, { type: 'chat', content: '4' });
      bench.a.drain(slow);
      await settled();
      expect(bench.heard(slow).slice(before)).to.deep.equal([
        'chat:1',
        'chat:2@a',
        'user_left:slow ha salido del chat@a',
        'chat:4',
        'user_list',
      ]);
    });

    it('tell the leaver alone where another of its tabs stays', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana', { rooms: ['a'] });
      const bo = await bench.join('bo', { rooms: ['a'] });
      const tab = await bench.join('bo', { rooms: ['a'] });
      await bench.send(tab, { type: 'leave', room: 'a' });
      expect(bench.heard(tab).at(-1)).to.equal('user_left:bo ha salido del chat@a');
      for (const session of [ana, bo]) expect(bench.heard(session).join()).not.to.include('user_left');
    });

    it('may be left and joined again in one breath', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana', { rooms: ['a'] });
      for (const type of ['leave', 'join', 'leave', 'join']) bench.push(ana, { type, room: 'a' });
      bench.push(ana, { type: 'chat', content: 'in', room: 'a' });
      await settled();
      expect(bench.heard(ana).slice(2)).to.deep.equal([
        'user_left:ana ha salido del chat@a',
        'user_list@a',
        'user_left:ana ha salido del chat@a',
        'user_list@a',
        'chat:in@a',
      ]);
    });

    it('are limited per connection, the default one not counted', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana', { rooms: ['1', '2', '3'] });
      await bench.send(ana, { type: 'join', room: '3' });
      expect(bench.heard(ana).at(-1)).to.equal('user_list@3');
      await bench.send(ana, { type: 'join', room: '4' });
      expect(bench.heard(ana).at(-1)).to.equal('error:room_limit');
    });

    it('refuse a leave of the default one, and of one that one is not in', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      await bench.send(ana, { type: 'leave' });
      await bench.send(ana, { type: 'leave', room: 'a' });
      expect(bench.heard(ana).slice(-2)).to.deep.equal(['error:forbidden', 'error:not_in_room']);
    });

    it('can be asked for their list, also right behind the join', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      await bench.send(ana, { type: 'user_list' });
      bench.push(ana, { type: 'join', room: 'a' });
      bench.push(ana, { type: 'user_list', room: 'a' });
      await settled();
      await bench.send(ana, { type: 'user_list', room: 'b' });
      expect(bench.heard(ana).slice(1)).to.deep.equal(['user_list', 'user_list@a', 'user_list@a', 'error:not_in_room']);
      const row = { id: 'ana', username: 'ana', status: 'online' };
      for (const list of bench.received(ana).slice(0, 4)) expect(list.data).to.deep.equal([row]);
    });

    it('are forgotten when the last has left', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana', { rooms: ['a', 'b'] });
      expect(bench.hub.snapshot().rooms).to.equal(3);
      bench.hub.disconnect(ana, { goodbye: true });
      await settled();
      expect(bench.hub.snapshot()).to.include({ rooms: 0, active_users: 0, current_connections: 0 });
    });
  });

  describe('a departure', () => {
    it('is heard in each room, and at last by all', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana', { rooms: ['a'] });
      const bo = await bench.join('bo', { rooms: ['a', 'b'] });
      bench.hub.disconnect(bo, { goodbye: true });
      await settled();
      expect(bench.heard(ana).slice(-2)).to.deep.equal([
        'user_left:bo ha salido del chat@a',
        'user_left:bo ha salido del chat',
      ]);
    });

    it('of one tab of two is heard only where the other is not', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana', { rooms: ['a', 'b'] });
      await bench.join('bo', { rooms: ['a'] });
      const tab = await bench.join('bo', { rooms: ['a', 'b'] });
      const before = bench.heard(ana).length;
      bench.hub.disconnect(tab, { goodbye: true });
      await settled();
      expect(bench.heard(ana).slice(before)).to.deep.equal(['user_left:bo ha salido del chat@b']);
    });

    it('is counted once', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      bench.hub.disconnect(ana, { goodbye: true });
      bench.hub.disconnect(ana, { goodbye: true });
      expect(bench.hub.snapshot()).to.include({ current_connections: 0, total_connections: 1 });
    });

    it('ends what was still waiting: nothing is published for a ghost', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      const bo = await bench.join('bo');
      bench.hub.disconnect(bo, { goodbye: true });
      bench.push(bo, { type: 'chat', content: 'boo' });
      await settled();
      expect(bench.heard(ana)).not.to.include('chat:boo');
    });
  });

  describe('answers', () => {
    it('ack a clientMsgId after the echo, with the id of the echo', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      await bench.send(ana, { type: 'chat', content: 'x', clientMsgId: 'm1' });
      const [echo, ack] = bench.received(ana).slice(-2);
      expect(ack).to.include({ type: 'ack', content: '', from: 'system' });
      expect(ack?.data).to.deep.equal({ clientMsgId: 'm1', id: echo?.id, timestamp: echo?.timestamp });
    });

    it('tell a duplicate by the first id, without a second echo', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      const tab = await bench.join('ana', { transport: bench.b });
      await bench.send(ana, { type: 'chat', content: 'x', clientMsgId: 'm1' });
      await bench.send(tab, { type: 'chat', content: 'x', clientMsgId: 'm1' });
      const id = bench.received(ana).at(-2)?.id;
      expect(bench.heard(tab).slice(1)).to.deep.equal(['chat:x', 'ack']);
      expect(bench.received(tab).at(-1)?.data).to.include({ clientMsgId: 'm1', id, duplicate: true });
    });

    it('tell a duplicate also where it could not be published any more', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana', { rooms: ['x'] });
      const bo = await bench.join('bo', { transport: bench.b });
      const inRoom = { type: 'chat', content: 'x', room: 'x', clientMsgId: 'm1' };
      const toBo = { type: 'chat', content: 'x', to: 'bo', clientMsgId: 'm2' };
      const first = [await bench.ask(ana, inRoom), await bench.ask(ana, toBo)];
      await bench.send(ana, { type: 'leave', room: 'x' });
      bench.hub.disconnect(bo, { goodbye: true });
      await settled();
      const again = [await bench.ask(ana, inRoom), await bench.ask(ana, toBo)];
      expect(again).to.deep.equal(first.map((answer) => ({ ...answer, duplicate: true })));
      const fresh = [
        await bench.ask(ana, { ...inRoom, clientMsgId: 'm3' }),
        await bench.ask(ana, { ...toBo, clientMsgId: 'm4' }),
      ];
      expect(fresh.map((answer) => !answer.ok && answer.error.code)).to.deep.equal(['not_in_room', 'user_not_found']);
    });

    it('go to a callback alone where there is one', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      const answer = await bench.ask(ana, { type: 'chat', content: 'x', clientMsgId: 'm1' });
      await settled();
      const echo = bench.received(ana).at(-1);
      expect(answer).to.deep.equal({ ok: true, id: echo?.id, timestamp: echo?.timestamp });
      expect(bench.heard(ana)).to.deep.equal(['user_list', 'chat:x']);
    });

    it('refuse to a callback alone where there is one', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      const answer = await bench.ask(ana, { type: 'chat', room: 'a', content: 'x' });
      expect(answer).to.deep.equal({
        ok: false,
        error: { code: 'not_in_room', retryable: false, message: 'No estás en esa sala' },
      });
      expect(bench.heard(ana)).to.deep.equal(['user_list']);
    });

    it('carry the clientMsgId of what was refused', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      await bench.send(ana, { type: 'chat', content: 'x', room: 'a', clientMsgId: 'm1' });
      await bench.send(ana, { type: 'nope', clientMsgId: 'm2' });
      const data = bench
        .received(ana)
        .slice(-2)
        .map((message) => message.data);
      expect(data).to.deep.equal([
        { code: 'not_in_room', retryable: false, clientMsgId: 'm1' },
        { code: 'unknown_type', retryable: false, clientMsgId: 'm2' },
      ]);
    });

    it('to a heartbeat echo its content and data to its sender alone', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      const bo = await bench.join('bo');
      await bench.send(ana, { type: 'heartbeat', content: 'ping', data: [1] });
      await bench.send(ana, { type: 'heartbeat' });
      expect(bench.received(ana).at(-2)).to.include({ type: 'heartbeat', content: 'ping', from: 'system' });
      expect(bench.received(ana).at(-1)).to.include({ type: 'heartbeat', content: '', data: null });
      expect(bench.heard(bo)).to.deep.equal(['user_list']);
    });

    it('to everything say where the receiver stands: N.k, N being what it was sent', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      await bench.send(ana, { type: 'chat', content: 'x' });
      await bench.send(ana, { type: 'heartbeat' });
      await bench.send(ana, { type: 'heartbeat' });
      const [chat, one, two] = bench.received(ana).slice(-3);
      expect(one?.id).to.match(new RegExp(`^${chat?.id}\\.\\d+$`));
      expect(two?.id).not.to.equal(one?.id);
    });

    it('never show what is inside: a fault is `internal`', async () => {
      const renew = () => Promise.reject(new Error('secret /etc/path'));
      const bench = await HubBench.start({ renew });
      const ana = await bench.join('ana');
      const answer = await bench.ask(ana, { type: 'auth', token: 't' });
      expect(answer).to.deep.equal({
        ok: false,
        error: { code: 'internal', retryable: true, message: 'Error interno' },
      });
    });

    it('tell of a log that can not take it: unavailable, retryable', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      await bench.log.close();
      const answer = await bench.ask(ana, { type: 'chat', content: 'x' });
      expect(answer).to.have.nested.property('error.code', 'unavailable');
      expect(answer).to.have.nested.property('error.retryable', true);
    });

    it('leave the membership as it was where a join or leave could not be published', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana', { rooms: ['a'] });
      await bench.log.close();
      await bench.ask(ana, { type: 'leave', room: 'a' });
      await bench.ask(ana, { type: 'join', room: 'b' });
      expect(ana.rooms.names()).to.deep.equal(['general', 'a']);
    });
  });

  describe('checks', () => {
    it('refuse by size first, and count what was refused', async () => {
      const bench = await HubBench.start({ limits: { maxMessageBytes: 100 } });
      const ana = await bench.join('ana');
      await bench.send(ana, { type: 'nope', content: 'x'.repeat(100) });
      expect(bench.heard(ana).at(-1)).to.equal('error:too_large');
      expect(bench.hub.snapshot()).to.include({ messages_received: 1 });
      expect(bench.hub.snapshot().errors).to.deep.equal({ too_large: 1 });
    });

    it('take a burst of 500, then refuse with the seconds to wait', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      for (let i = 0; i < 501; i++) bench.push(ana, { type: 'heartbeat' });
      const errors = bench.received(ana).filter(({ type }) => type === 'error');
      expect(errors.map(({ data }) => data)).to.deep.equal([{ code: 'rate_limited', retryable: true, retryAfter: 1 }]);
      bench.clock.advance(1000);
      bench.push(ana, { type: 'heartbeat' });
      expect(bench.heard(ana).at(-1)).to.equal('heartbeat:');
    });

    it('ask `authorize` for every message and join, with what it is about', async () => {
      const asked: unknown[] = [];
      const authorize = (...question: unknown[]) => {
        asked.push(question.slice(1).map((part) => (typeof part === 'object' ? { ...part } : part)));
        return true;
      };
      const bench = await HubBench.start({ authorize });
      const ana = await bench.join('ana');
      await bench.send(ana, { type: 'chat', content: 'x', to: 'ana' });
      await bench.send(ana, { type: 'join', room: 'a' });
      await bench.send(ana, { type: 'user_list' });
      expect(asked).to.deep.equal([
        ['send', { type: 'chat', content: 'x', to: 'ana' }],
        ['join', { type: 'join', room: 'a' }],
        ['read', { type: 'user_list' }],
      ]);
    });

    it('refuse what `authorize` does not allow', async () => {
      const bench = await HubBench.start({ authorize: (_user, action) => action !== 'join' });
      const ana = await bench.join('ana');
      await bench.send(ana, { type: 'join', room: 'a' });
      expect(bench.heard(ana).at(-1)).to.equal('error:forbidden');
    });

    it('keep the order of requests where `authorize` takes its time', async () => {
      const waiting: ((allowed: boolean) => void)[] = [];
      const authorize = (_user: unknown, _action: unknown, target: { type?: string }) =>
        target.type === 'chat' ? new Promise<boolean>((resolve) => waiting.push(resolve)) : true;
      const bench = await HubBench.start({ authorize });
      const ana = await bench.join('ana');
      bench.push(ana, { type: 'chat', content: 'slow' });
      bench.push(ana, { type: 'heartbeat', content: 'fast' });
      await settled();
      expect(bench.heard(ana)).to.deep.equal(['user_list']);
      waiting[0]?.(true);
      await settled();
      expect(bench.heard(ana).slice(1).sort()).to.deep.equal(['chat:slow', 'heartbeat:fast']);
    });

    it('read nothing more of one whose inbox is full, refuse nothing, and read on when there is room', async () => {
      const waiting: (() => void)[] = [];
      const authorize = () => new Promise<boolean>((resolve) => waiting.push(() => resolve(true)));
      const bench = await HubBench.start({ authorize });
      const ana = await bench.join('ana');
      for (let i = 0; i < 7; i++) bench.push(ana, { type: 'heartbeat', content: `${i}` });
      expect(new Set(bench.a.flow)).to.deep.equal(new Set(['pause ana']));
      // As many as were taken beyond the limit, and one more.
      for (let i = 0; i < 3; i++) {
        expect(bench.a.flow.at(-1)).to.equal('pause ana');
        waiting[i]?.();
        await settled();
      }
      expect(bench.a.flow.filter((step) => step === 'resume ana')).to.have.lengthOf(1);
      for (let i = 3; i < 7; i++) {
        waiting[i]?.();
        await settled();
      }
      const beats = Array.from({ length: 7 }, (_, i) => `heartbeat:${i}`);
      expect(bench.heard(ana)).to.deep.equal(['user_list', ...beats]);
    });

    it('refuse what no longer fits into the inbox where there is nothing to be paused', async () => {
      const bench = await HubBench.start({ authorize: () => new Promise<boolean>(() => {}) });
      bench.a.pausable = false;
      const ana = await bench.join('ana');
      for (let i = 0; i < 6; i++) bench.push(ana, { type: 'heartbeat' });
      expect(bench.heard(ana)).to.deep.equal(['user_list', 'error:rate_limited']);
    });

    it('count the time for which nothing was read in full', async () => {
      const waiting: (() => void)[] = [];
      const authorize = () => new Promise<boolean>((resolve) => waiting.push(() => resolve(true)));
      const bench = await HubBench.start({ authorize, limits: { inboxSize: 500 } });
      const ana = await bench.join('ana');
      for (let i = 0; i < 502; i++) bench.push(ana, { type: 'heartbeat' });
      expect(bench.heard(ana)).to.deep.equal(['user_list', 'error:rate_limited', 'error:rate_limited']);
      bench.clock.advance(20);
      for (let i = 0; i < 2; i++) bench.push(ana, { type: 'heartbeat' });
      expect(bench.a.flow).to.deep.equal(['pause ana']);
      bench.clock.advance(6000);
      for (let i = 0; i < 2; i++) {
        waiting[i]?.();
        await settled();
      }
      for (let i = 0; i < 600; i++) bench.push(ana, { type: 'heartbeat' });
      expect(bench.heard(ana).filter((word) => word.startsWith('error'))).to.have.lengthOf(2);
    });

    it('close one that goes on and on with 4029, and answer it no more', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      bench.a.close = (session, why) => void bench.a.closes.push({ session, why });
      for (let i = 0; i < 500 + 2000; i++) bench.push(ana, { type: 'heartbeat' });
      expect(bench.a.closes).to.deep.equal([]);
      for (let i = 0; i < 1000; i++) bench.push(ana, { type: 'heartbeat' });
      expect(bench.a.closes).to.deep.equal([{ session: ana, why: 'flood' }]);
      expect(bench.received(ana).filter(({ type }) => type === 'error')).to.have.lengthOf(2001);
      expect(bench.hub.snapshot().closes).to.deep.equal({ flood: 1 });
    });

    it('do not close one that asks twice as often as it may, however long', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      for (let i = 0; i < 10_000; i++) {
        bench.push(ana, { type: 'heartbeat' });
        if (i % 2 === 1) bench.clock.advance(10);
      }
      expect(bench.a.closes).to.deep.equal([]);
    });

    it('count what is too large, too', async () => {
      const bench = await HubBench.start({ limits: { maxMessageBytes: 30 } });
      const ana = await bench.join('ana');
      for (let i = 0; i < 3000; i++) bench.push(ana, { type: 'heartbeat', content: 'too long for this' });
      expect(new Set(bench.heard(ana))).to.deep.equal(new Set(['user_list', 'error:too_large']));
      expect(bench.a.closes.map(({ why }) => why)).to.deep.equal(['flood']);
    });

    it('hold a user to its share over all its connections', async () => {
      const bench = await HubBench.start();
      const tabs = await Promise.all(Array.from({ length: 6 }, (_, i) => bench.join('ana', { name: `${i}` })));
      const bo = await bench.join('bo', { transport: bench.b });
      for (const tab of tabs) for (let i = 0; i < 500; i++) bench.push(tab, { type: 'heartbeat' });
      const refused = tabs.map((tab) => bench.received(tab).filter(({ type }) => type === 'error').length);
      expect(refused).to.deep.equal([0, 0, 0, 0, 0, 500]);
      bench.push(bo, { type: 'heartbeat', content: 'fine' });
      expect(bench.heard(bo).at(-1)).to.equal('heartbeat:fine');
    });

    it('take a failing `authorize` for a no with a reason', async () => {
      const bench = await HubBench.start({ authorize: () => Promise.reject(new Refusal('unavailable')) });
      const ana = await bench.join('ana');
      await bench.send(ana, { type: 'heartbeat' });
      expect(bench.heard(ana).at(-1)).to.equal('error:unavailable');
    });
  });

  describe('closing', () => {
    it('says goodbye to everyone, tells nobody of anybody, and ends when all have gone', async () => {
      const bench = await HubBench.start();
      const ana = await bench.join('ana');
      const bo = await bench.join('bo', { transport: bench.b });
      await bench.hub.close(1000);
      expect(bench.a.closes).to.deep.equal([{ session: ana, why: 'going_away' }]);
      expect(bench.b.closes).to.deep.equal([{ session: bo, why: 'going_away' }]);
      expect(bench.heard(ana).join()).not.to.include('user_left');
      expect(bench.hub.snapshot().closes).to.deep.equal({ going_away: 2 });
    });

    it('waits for those who are slow to go, but not for ever', async () => {
      const bench = await HubBench.start();
      await bench.join('ana');
      bench.a.close = () => {};
      let ended = false;
      const closing = bench.hub.close(1000).then(() => {
        ended = true;
      });
      await settled();
      expect(ended).to.equal(false);
      bench.clock.advance(1000);
      await closing;
      expect(ended).to.equal(true);
    });

    it('has one deadline for those who are slow to go and a log that does not end', async () => {
      const bench = await HubBench.start();
      await bench.join('ana');
      bench.a.close = () => {};
      bench.log.close = () => new Promise(() => {});
      const closing = bench.hub.close(1000);
      await settled();
      bench.clock.advance(1000);
      await closing;
    });
  });

  it('counts what it hands to connections', async () => {
    const bench = await HubBench.start();
    const ana = await bench.join('ana');
    await bench.join('bo', { transport: bench.b });
    const before = bench.hub.snapshot().messages_sent;
    await bench.send(ana, { type: 'chat', content: 'x', clientMsgId: 'm' });
    expect(bench.hub.snapshot().messages_sent - before).to.equal(3);
    expect(bench.hub.snapshot().transports).to.deep.equal({
      a: { current_connections: 1, total_connections: 1 },
      b: { current_connections: 1, total_connections: 1 },
    });
  });

  it('shares nothing with another hub in the process', async () => {
    const [one, two] = [await HubBench.start(), await HubBench.start()];
    const ana = await one.join('ana');
    const bo = await two.join('bo');
    await one.send(ana, { type: 'chat', content: 'x' });
    expect(two.heard(bo)).to.deep.equal(['user_list']);
    expect(ana.id).not.to.equal(bo.id);
  });
});
