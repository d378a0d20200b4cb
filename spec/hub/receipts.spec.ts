import { expect } from 'chai';
import type { Session } from '../../src/hub/session.ts';
import type { Message } from '../../src/protocol/message.ts';
import { HubBench, settled } from '../support/hub-bench.ts';

const GRACE = 10_000;

describe('Receipts, in the hub', () => {
  let bench: HubBench;
  let bo: Session;
  beforeEach(async () => {
    bench = await HubBench.start({ limits: { legacyRecovery: true } });
    bo = await bench.join('bo', { transport: bench.b, rooms: ['x'] });
  });

  const say = (content: string, room?: string) =>
    bench.send(bo, { type: 'chat', content, ...(room !== undefined && { room }) });

  /** All that was sent has been written, and is confirmed. */
  const confirm = (session: Session) => bench.hub.received(session, bench.hub.written(session));

  const vanish = async (session: Session) => {
    bench.hub.disconnect(session, { goodbye: false });
    await settled();
  };

  const headOf = (session: Session): Message & { recovered?: boolean; replayed?: number } =>
    bench.received(session)[0]!;

  it('are no news where they speak of what was never written, or of less than before', async () => {
    const ana = await bench.join('ana');
    bench.hub.received(ana, 1);
    expect(ana.receivedAt).to.equal(undefined);
    const written = bench.hub.written(ana);
    bench.hub.received(ana, written + 1);
    expect(ana.receivedAt).to.equal(undefined);
    bench.hub.received(ana, written);
    bench.hub.received(ana, written - 1);
    expect(ana.receivedAt).to.equal(written);
  });

  it('tell how far clients are behind', async () => {
    const ana = await bench.join('ana');
    const eva = await bench.join('eva');
    expect(bench.hub.snapshot().lag).to.deep.equal({ measured: 0, level: 0, largest: 0, reading: 0 });
    for (const one of [ana, eva]) confirm(one);
    expect(bench.hub.snapshot().lag).to.deep.equal({ measured: 2, level: 2, largest: 0, reading: 0 });
    await say('not theirs', 'x');
    expect(bench.hub.snapshot().lag).to.include({ level: 2, largest: 0 });
    for (const content of ['1', '2', '3']) await say(content);
    confirm(ana);
    bench.hub.written(eva);
    expect(bench.hub.snapshot().lag).to.deep.equal({ measured: 2, level: 1, largest: 4, reading: 0 });
    bench.hub.blocked(ana);
    await say('4');
    expect(bench.hub.snapshot().lag).to.deep.equal({ measured: 2, level: 0, largest: 5, reading: 1 });
  });

  it('bring back a client that says nothing of itself, with its rooms and what it has not confirmed', async () => {
    const ana = await bench.join('ana', { rooms: ['x'] });
    await say('confirmed', 'x');
    confirm(ana);
    await say('lost on the way');
    await vanish(ana);
    await say('missed', 'x');
    const heard = bench.heard(bo).length;
    const back = await bench.join('ana');
    expect(headOf(back)).to.include({ recovered: true, replayed: 2 });
    expect(bench.heard(back)).to.deep.equal(['user_list', 'user_list@x', 'chat:lost on the way', 'chat:missed@x']);
    await say('live', 'x');
    expect(bench.heard(back).at(-1)).to.equal('chat:live@x');
    bench.clock.advance(2 * GRACE);
    await settled();
    expect(bench.heard(bo).slice(heard)).to.deep.equal(['chat:live@x']);
  });

  it('do so again and again, and each time for one connection', async () => {
    let ana = await bench.join('ana', { rooms: ['x'] });
    for (let i = 0; i < 3; i += 1) {
      confirm(ana);
      await vanish(ana);
      await say(`${i}`, 'x');
      ana = await bench.join('ana');
      const other = await bench.join('ana');
      expect(bench.heard(ana).slice(2)).to.deep.equal([`chat:${i}@x`]);
      expect(bench.heard(other)).to.deep.equal(['user_list']);
      bench.hub.disconnect(other, { goodbye: true });
      await settled();
    }
    expect(bench.heard(bo).filter((word) => word.startsWith('user_left'))).to.deep.equal([]);
  });

  it('give each of two tabs that dropped a past of its own', async () => {
    const tabs = [await bench.join('ana', { rooms: ['x'] }), await bench.join('ana', { rooms: ['y'] })];
    for (const tab of tabs) {
      confirm(tab);
      await vanish(tab);
    }
    const back = [await bench.join('ana'), await bench.join('ana')];
    expect(back.map((tab) => bench.heard(tab))).to.deep.equal([
      ['user_list', 'user_list@x'],
      ['user_list', 'user_list@y'],
    ]);
  });

  const strangers: [who: string, leave: (ana: Session) => unknown][] = [
    ['whose time is over', (ana) => vanish(ana).then(() => bench.clock.advance(GRACE))],
    ['that has said goodbye', (ana) => bench.hub.disconnect(ana, { goodbye: true })],
    ['that was sent away for good', (ana) => bench.hub.expel(ana, 'replaced')],
  ];
  for (const [who, leave] of strangers) {
    it(`are worth nothing of one ${who}`, async () => {
      const ana = await bench.join('ana', { rooms: ['x'] });
      confirm(ana);
      await leave(ana);
      await settled();
      await say('missed', 'x');
      const back = await bench.join('ana');
      expect(headOf(back)).not.to.have.any.keys('recovered', 'session');
      expect(bench.heard(back)).to.deep.equal(['user_list']);
      expect(bench.heard(bo)).to.include('user_left:ana ha salido del chat');
    });
  }

  it('are worth nothing to one that has confirmed nothing, to a guest, and where it is not wanted', async () => {
    const silent = await bench.join('silent');
    await vanish(silent);
    const guest = bench.hub.connect(bench.a, { user: { id: 'g', name: 'g', guest: true }, address: '', rooms: [] });
    await settled();
    confirm(guest);
    await vanish(guest);
    expect(bench.hub.isPresent('silent')).to.equal(false);
    expect(bench.hub.isPresent('g')).to.equal(false);
    const other = await HubBench.start();
    const ana = await other.join('ana');
    other.hub.received(ana, other.hub.written(ana));
    other.hub.disconnect(ana, { goodbye: false });
    await settled();
    expect(other.hub.isPresent('ana')).to.equal(false);
  });

  it('leave alone a client that keeps its position by itself', async () => {
    const user = { id: 'ana', name: 'ana' };
    const ana = bench.hub.connect(bench.a, { user, address: '', rooms: ['x'], session: '' });
    await settled();
    confirm(ana);
    await vanish(ana);
    await say('missed', 'x');
    const legacy = await bench.join('ana');
    expect(bench.heard(legacy)).to.deep.equal(['user_list']);
    const { session } = bench.received(ana)[0] as Message & { session: string };
    const { id: lastId } = bench.received(ana).at(-1)!;
    const back = bench.hub.connect(bench.a, { user, address: '', rooms: [], session, lastId });
    await settled();
    expect(bench.heard(back)).to.deep.equal(['user_list', 'user_list@x', 'chat:missed@x']);
  });

  it('are used up by a client that has learned to say its session', async () => {
    const user = { id: 'ana', name: 'ana' };
    let ana = await bench.join('ana', { rooms: ['x'] });
    for (let i = 0; i < 2; i += 1) {
      confirm(ana);
      await vanish(ana);
      if (i === 0) ana = await bench.join('ana');
    }
    const { session } = headOf(ana) as Message & { session: string };
    const aware = bench.hub.connect(bench.a, { user, address: '', rooms: [], session });
    await settled();
    const other = await bench.join('ana');
    expect(bench.heard(other)).to.deep.equal(['user_list']);
    expect(aware.gone).to.equal(false);
  });
});
