import { expect } from 'chai';
import type { Options, Socket } from '../../src/client/index.ts';
import { type FakeWebSocket, heard, World } from './world.ts';

const SESSION = { session: 's-1' };
const EVENTS = ['connect', 'disconnect', 'connect_error'];

describe('the client, where its server wants it to move', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => {
    world.close();
    expect(world.clock.pending, 'timers left').to.equal(0);
  });

  const id = (n: number | string) => `20231107132000-${n}`;
  const tellToMove = (ws: FakeWebSocket, n: number | string) =>
    ws.give('system', { id: id(n), content: 'El servidor se reinicia', data: { code: 'moving' } });
  const say = (ws: FakeWebSocket, ...ns: number[]) => {
    for (const n of ns) ws.give('chat', { id: id(n), content: `${n}` });
  };
  const recovered = (from: number | string, replayed: number) => ({
    ...SESSION,
    id: id(from),
    recovered: true,
    replayed,
  });
  const asked = ({ url: { searchParams } }: FakeWebSocket) => [searchParams.get('session'), searchParams.get('lastId')];

  interface Moving {
    client: Socket;
    former: FakeWebSocket;
    next: FakeWebSocket;
    /** What the page heard since it was told. */
    calls: string[];
  }

  /** A client that has begun to move, at 7.1. */
  const moving = async (options: Options = {}): Promise<Moving> => {
    const { client, ws: former } = await world.connected(options, { ...SESSION, id: id('6.1') });
    const calls = listen(client);
    tellToMove(former, '7.1');
    return { client, former, next: await world.socket(), calls };
  };

  const listen = (client: Socket): string[] => {
    const calls: string[] = [];
    for (const event of EVENTS) client.on(event, () => void calls.push(event));
    client.onAny((type, { content }) => void calls.push(type === 'chat' ? content : type));
    return calls;
  };

  it('opens another connection with its session and position, while the one it has goes on', async () => {
    const { client, former, next } = await moving();
    expect(world.sockets).to.have.length(2);
    expect(asked(next)).to.deep.equal(['s-1', id('7.1')]);
    expect([client.connected, former.closes]).to.deep.equal([true, []]);
  });

  it('leaves the one it had without a goodbye, and no page hears of an end or a beginning', async () => {
    const { client, former, next, calls } = await moving();
    next.welcome(recovered('7.1', 0));
    say(next, 8);
    expect(calls).to.deep.equal(['system', 'user_list', '8']);
    expect([former.closes, next.closes]).to.deep.equal([[4000], []]);
    expect([client.connected, client.recovered, client.lastId]).to.deep.equal([true, true, id(8)]);
  });

  it('gives what comes meanwhile once, by the new connection', async () => {
    const { former, next, calls } = await moving();
    say(former, 8, 9);
    next.welcome(recovered('7.1', 2));
    say(next, 8, 9);
    say(former, 10);
    say(next, 10);
    expect(calls).to.deep.equal(['system', 'user_list', '8', '9', '10']);
  });

  for (const [code, reason] of [
    [4504, 'replaced'],
    [1001, 'going_away'],
    [1006, ''],
  ] as const) {
    it(`bears it that the one it had ends first, with ${code}`, async () => {
      const { client, former, next, calls } = await moving();
      say(former, 8);
      former.end(code, reason);
      await world.advance(10_000);
      expect([client.connected, client.active, world.sockets.length]).to.deep.equal([false, true, 2]);
      next.welcome(recovered('7.1', 1));
      say(next, 8);
      expect(calls).to.deep.equal(['system', 'user_list', '8']);
      expect(client.connected).to.equal(true);
    });
  }

  it('sends again what was not answered, in order, under the same ids; meanwhile it goes the old way', async () => {
    const { client, former, next } = await moving();
    const answers: string[] = [];
    for (const word of ['a', 'b', 'c'])
      client.emit('chat', word, (answer) => void answers.push(`${word} ${answer.ok}`));
    client.volatile.emit('typing');
    expect(former.contents).to.deep.equal(['a', 'b', 'c', undefined]);
    former.ack(0);
    next.welcome(recovered('7.1', 1));
    expect(next.contents).to.deep.equal(['a', 'b', 'c']);
    expect(next.sent.map(({ clientMsgId }) => clientMsgId)).to.deep.equal(
      former.sent.slice(0, 3).map(({ clientMsgId }) => clientMsgId),
    );
    next.ack(0, { duplicate: true });
    next.ack(1);
    next.ack(2);
    expect(answers).to.deep.equal(['a true', 'b true', 'c true']);
  });

  describe('and the new connection does not come about', () => {
    it('goes on as before, has lost nothing, and tries again', async () => {
      const { client, former, next, calls } = await moving();
      world.answer = { status: 503, headers: { 'Retry-After': '1' }, body: { error: { code: 'unavailable' } } };
      say(former, 8, 9);
      next.end();
      await world.settle();
      say(former, 10);
      expect(calls).to.deep.equal(['system', '8', '9', '10']);
      expect([client.connected, client.lastId]).to.deep.equal([true, id(10)]);
      await world.advance(1500);
      const again = world.sockets.at(-1)!;
      expect([world.sockets.length, asked(again)]).to.deep.equal([3, ['s-1', id(10)]]);
      say(former, 11);
      again.welcome(recovered(10, 1));
      say(again, 11);
      expect(calls).to.deep.equal(['system', '8', '9', '10', 'user_list', '11']);
      expect(former.closes).to.deep.equal([4000]);
    });

    it('tries again once, however often it was told to move', async () => {
      const { former, next } = await moving();
      for (const n of [3, 5, 7]) tellToMove(former, `7.${n}`);
      next.end();
      await world.advance(10_000);
      expect(world.sockets).to.have.length(3);
    });

    it('comes back as ever where the one it had ends before it tries again', async () => {
      const { former, next, calls } = await moving();
      next.end();
      await world.settle();
      former.end(1001, 'going_away');
      expect(calls).to.deep.equal(['system', 'disconnect']);
      await world.advance(1000);
      world.sockets.at(-1)!.welcome(recovered('7.1', 0));
      expect([world.sockets.length, calls]).to.deep.equal([3, ['system', 'disconnect', 'connect', 'user_list']]);
    });

    it('tells of the end where the one it had has ended, too, and comes back', async () => {
      const { client, former, next, calls } = await moving();
      const ends = heard(client, 'disconnect');
      say(former, 8);
      former.end(4504, 'replaced');
      next.end();
      await world.settle();
      expect(calls).to.deep.equal(['system', '8', 'disconnect']);
      expect(ends).to.deep.equal([['disconnect', 'transport close', { code: 1001, reason: '' }]]);
      await world.advance(500);
      expect([world.sockets.length, asked(world.sockets.at(-1)!)]).to.deep.equal([3, ['s-1', id(8)]]);
      world.sockets.at(-1)!.end();
      await world.settle();
      expect(calls.at(-1)).to.equal('connect_error');
    });

    it('stays, where it is refused for good, for as long as it may', async () => {
      const { client, former, next, calls } = await moving();
      world.answer = { status: 401, body: { error: { code: 'unauthorized' } } };
      next.end();
      await world.advance(15_000);
      say(former, 8);
      expect([world.sockets.length, client.connected, calls]).to.deep.equal([2, true, ['system', '8']]);
      former.end(1001);
      await world.advance(500);
      expect(world.sockets).to.have.length(3);
    });

    it('stays with reconnection: false, too', async () => {
      const { client, former, next, calls } = await moving({ reconnection: false });
      next.end();
      await world.advance(15_000);
      say(former, 8);
      expect([world.sockets.length, client.connected, calls]).to.deep.equal([2, true, ['system', '8']]);
    });

    it('holds nothing back any more where asking who it is fails', async () => {
      let asks = 0;
      const auth = async () => {
        asks += 1;
        if (asks > 1) throw new Error('no token');
        return {};
      };
      const { client, ws } = await world.connected({ auth }, { ...SESSION, id: id('6.1') });
      const calls = listen(client);
      tellToMove(ws, '7.1');
      say(ws, 8);
      await world.settle();
      expect([asks, calls]).to.deep.equal([2, ['system', '8']]);
    });

    it('is not told of twice where a listener has left meanwhile', async () => {
      const { client, former, next, calls } = await moving();
      client.on('chat', () => client.disconnect());
      say(former, 8, 9);
      next.end();
      await world.advance(60_000);
      expect(calls).to.deep.equal(['system', '8', 'disconnect']);
      expect(world.sockets).to.have.length(2);
    });
  });

  it('stays away where it is sent away meanwhile, and hears why', async () => {
    const { client, former, next, calls } = await moving();
    former.give('system', { id: id('7.3'), content: 'Fuera', data: { code: 'kicked' } });
    former.end(4503, 'kicked');
    await world.advance(60_000);
    expect(calls).to.deep.equal(['system', 'system', 'disconnect']);
    expect([client.active, next.closes, world.sockets.length]).to.deep.equal([false, [1000], 2]);
  });

  it('tells of a connection where what was missed can’t be had', async () => {
    const { client, next, calls } = await moving();
    next.welcome({ ...SESSION, recovered: false, reason: 'truncated' });
    expect(calls).to.deep.equal(['system', 'connect', 'user_list']);
    expect([client.recovered, client.reason]).to.deep.equal([false, 'truncated']);
  });

  it('moves as one that recovers nothing, where it was told to be so', async () => {
    const { next, calls } = await moving({ recovery: false });
    expect(asked(next)).to.deep.equal([null, null]);
    next.welcome();
    expect(calls).to.deep.equal(['system', 'connect', 'user_list']);
  });

  it('is told once, and again by the next server', async () => {
    const { former, next } = await moving();
    tellToMove(former, '7.3');
    await world.settle();
    expect(world.sockets).to.have.length(2);
    next.welcome(recovered('7.1', 0));
    tellToMove(next, '9.1');
    const third = await world.socket();
    expect([world.sockets.length, asked(third)]).to.deep.equal([3, ['s-1', id('9.1')]]);
    third.welcome(recovered('9.1', 0));
    expect(next.closes).to.deep.equal([4000]);
  });

  for (const [what, ends] of [
    ['both', false],
    ['the new one, where the other has ended', true],
  ] as const) {
    it(`leaves by ${what} when it leaves`, async () => {
      const { client, former, next, calls } = await moving();
      if (ends) former.end(4504, 'replaced');
      client.disconnect();
      await world.advance(60_000);
      expect([former.closes, next.closes]).to.deep.equal([ends ? [undefined] : [1000], [1000]]);
      expect(calls).to.deep.equal(['system', 'disconnect']);
      expect(world.sockets).to.have.length(2);
    });
  }

  it('does not take another’s word for it', async () => {
    const { ws } = await world.connected({}, SESSION);
    ws.give('chat', { data: { code: 'moving' } });
    ws.give('notification', { data: { code: 'moving' } });
    ws.give('system', { data: { code: 'maintenance' } });
    await world.settle();
    expect(world.sockets).to.have.length(1);
  });
});
