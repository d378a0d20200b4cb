import { expect } from 'chai';
import type { Session } from '../../src/hub/session.ts';
import { stamp } from '../../src/protocol/message.ts';
import type { SocketIoTransport } from '../../src/transport/socketio.ts';
import { StubReception, type TransportBench, transportContract } from '../contracts/transport.ts';
import { closeAll, connect, type Options, type SdkClient } from '../support/client.ts';
import { openDoors } from '../support/doors.ts';
import { Engine } from '../support/engine.ts';

transportContract(
  'SocketIoTransport',
  'socketio',
  async (hub, buffer, clock) => (await openDoors(hub, false, buffer, clock)).socketio,
);
transportContract(
  'SocketIoTransport, compressing',
  'socketio',
  async (hub, buffer, clock) => (await openDoors(hub, true, buffer, clock)).socketio,
  {
    compression: true,
  },
);

/** Members that are enough for a room to be treated as one. */
const CROWD = 6;

describe('SocketIoTransport', () => {
  let reception: StubReception;
  let bench: TransportBench;
  let room: Set<Session>;
  let sent: string[];

  beforeEach(async () => {
    reception = new StubReception();
    bench = (await openDoors(reception)).socketio;
    room = new Set();
    sent = [];
  });

  afterEach(async () => {
    await closeAll();
    await bench.close();
  });

  const message = (content: string) =>
    stamp({ type: 'chat', content, from: 'Ana', data: null }, '20231107132000-1', 1_699_363_200);

  const say = (content = String(sent.length)) => {
    sent.push(content);
    bench.transport.send(message(content), room);
  };

  const sessionOf = (userId: string) => reception.sessions.find(({ id }) => id === userId)!;

  const join = (session: Session) => {
    bench.transport.settle(session);
    room.add(session);
  };

  describe('on a connection that carries more than its messages', () => {
    let engines: Engine[];
    let engine: Engine;

    beforeEach(async () => {
      const users = Array.from({ length: CROWD }, (_, i) => `u${i}`);
      engines = await Promise.all(users.map((userId) => Engine.connect(bench.url, '', { userId })));
      for (const userId of users) join(sessionOf(userId));
      engine = engines[0]!;
    });

    afterEach(() => Promise.all(engines.map((one) => one.close())));

    it('answers behind what was sent before, the echo among it, with the id that was asked with', async () => {
      engine.send('4212["chat",{"content":"a"}]');
      engine.send('42["chat",{"content":"b"}]');
      engine.send('420["chat",{"content":"c"}]');
      while (reception.requests.length < 3) await nextTurn();
      const [first, none, second] = reception.requests.map(({ request }) => request);
      expect(none).not.to.have.property('answer');
      const from = engine.packets.length;
      say('echo a');
      first!.answer?.({ ok: true, id: 'A', timestamp: 1 });
      say('echo b');
      second!.answer?.({ ok: true, id: 'C', timestamp: 2 });
      bench.transport.send(message('own'), sessionOf('u0'));
      await engine.next(event('own'));
      expect(engine.packets.slice(from)).to.deep.equal([
        event('echo a'),
        '4312[{"ok":true,"id":"A","timestamp":1}]',
        event('echo b'),
        '430[{"ok":true,"id":"C","timestamp":2}]',
        event('own'),
      ]);
      expect(engines[1]!.packets.filter((packet) => packet.startsWith('43'))).to.be.empty;
    });

    it('leaves Engine.IO’s pings, and packets and callbacks of other namespaces, whole and in order', async () => {
      const { io } = bench.transport as SocketIoTransport;
      const app = io.of('/app');
      app.on('connection', (socket) => socket.on('ask', (n: number, answer: (n: number) => void) => answer(n)));
      engine.send('40/app,');
      await engine.next('40/app,');
      const from = engine.packets.length;
      const connections = Object.values(Reflect.get(io.engine, 'clients') as Record<string, Pinging>);
      const news: string[] = [];
      for (let turn = 0; turn < 30; turn += 1) {
        engine.send(`42/app,${turn}["ask",${turn}]`);
        for (const connection of connections) connection.sendPacket('ping');
        say();
        app.emit('news', turn);
        news.push(`42/app,["news",${turn}]`);
        say('x'.repeat(1000));
        await nextTurn();
      }
      say('end');
      await Promise.all(engines.map((one) => one.next(event('end'))));
      for (let turn = 0; turn < 30; turn += 1) {
        if (!engine.packets.includes(`43/app,${turn}[${turn}]`)) await engine.next(`43/app,${turn}[`);
      }
      const kinds = new Map<string, string[]>([
        ['42["chat', []],
        ['42/app', []],
        ['43/app', []],
        ['2', []],
      ]);
      for (const packet of engine.packets.slice(from)) {
        const kind = [...kinds.keys()].find((start) => packet.startsWith(start) && (start !== '2' || packet === '2'));
        expect(kind, packet).not.to.equal(undefined);
        kinds.get(kind!)!.push(packet);
      }
      const [chats, news_, answers, pings] = kinds.values();
      expect(chats).to.deep.equal(sent.map(event));
      expect(news_).to.deep.equal(news);
      expect(answers).to.deep.equal(news.map((_, turn) => `43/app,${turn}[${turn}]`));
      expect(pings).to.have.length(30);
      for (const other of engines.slice(1))
        expect(other.messages('chat').map(({ content }) => content)).to.deep.equal(sent);
    });

    it('stays behind what other namespaces have sent to a client that takes nothing', async () => {
      const { io } = bench.transport as SocketIoTransport;
      const app = io.of('/app');
      engine.send('40/app,');
      await engine.next('40/app,');
      const session = sessionOf('u0');
      const connection = Object.values(Reflect.get(io.engine, 'clients') as Record<string, Writing>)[0]!;
      const from = engine.packets.length;
      engine.ws.pause();
      const news: string[] = [];
      const emit = () => {
        news.push(`42/app,["news",${news.length},"${'x'.repeat(20_000)}"]`);
        app.emit('news', news.length - 1, 'x'.repeat(20_000));
      };
      // Until Engine.IO has more than it can pass on.
      while (connection.writeBuffer.length < 3) {
        emit();
        await nextTurn();
      }
      bench.transport.send(message('chat'), session);
      await nextTurn();
      emit();
      await nextTurn();
      bench.transport.send(message('end'), session);
      engine.ws.resume();
      await engine.next(event('end'));
      expect(engine.packets.slice(from).map(short)).to.deep.equal(
        [...news.slice(0, -1), event('chat'), news.at(-1)!, event('end')].map(short),
      );
    });
  });

  it('knows who comes again on the same connection, by the request that this began with', async () => {
    const engine = await Engine.connect(bench.url, 'username=Ana&userId=ana');
    engine.send('41');
    await reception.until('disconnect ana');
    engine.send('40');
    await engine.next('42["user_list"');
    const [first, second] = reception.sessions.map(({ user, address }) => ({ user, address }));
    expect(second).to.deep.equal(first);
    await engine.close();
  });

  it('loses, repeats and reorders nothing for clients of any version that poll, or change to WebSocket meanwhile', async () => {
    const users: { session: Session; from: number; own: number }[] = [];
    const clients: SdkClient[] = [];
    let turn = 0;

    /** One turn of traffic; who has just come is in the room from now on, whatever its transport is about to do. */
    const talk = async () => {
      for (const session of reception.sessions.slice(users.length)) {
        join(session);
        users.push({ session, from: sent.length, own: 0 });
        say(`${sent.length} ${'ñ'.repeat(35_000)}`);
      }
      turn += 1;
      for (let i = 0; i <= turn % 3; i += 1) say(`${sent.length} ñ€\u{1F600}`);
      const user = users[turn % users.length];
      if (user) {
        bench.transport.send(message(`own ${user.own}`), user.session);
        user.own += 1;
      }
      await nextTurn();
    };

    /** Waits until all have all, so that little waits for those who poll. */
    const pause = () => Promise.all(clients.map((client) => client.next({ content: sent.at(-1)! })));

    /** Comes, while the others talk, and changes to its last transport. @returns how much was said until then */
    const come = async (options: Options, last: string): Promise<number> => {
      const coming = connect('socketio', bench.url, options).then((client) => void clients.push(client));
      const count = clients.length;
      do await talk();
      while (clients.length === count || clients.at(-1)!.transport !== last);
      await coming;
      return sent.length;
    };

    for (const sdk of [2, 3, 4] as const) {
      for (const transports of [['polling'], ['polling', 'websocket'], ['websocket']] as const) {
        const userId = `u${users.length}`;
        const until = await come({ sdk, transports: [...transports], userId }, transports.at(-1)!);
        if (transports.length > 1) expect(until - users.at(-1)!.from, 'said before the upgrade').to.be.greaterThan(3);
        for (let i = 0; i < 20; i += 1) await talk();
        await pause();
      }
    }
    for (let i = 0; i < 50; i += 1) await talk();
    await pause();
    for (const [i, { from, own, session }] of users.entries()) {
      const client = clients[i]!;
      await client.next({ content: `own ${own - 1}` });
      const contents = client.messages.filter(({ type }) => type === 'chat').map(({ content }) => content);
      const isOwn = (content: string) => content.startsWith('own');
      const shared = contents.filter((content) => !isOwn(content));
      expect(shared, session.id).to.deep.equal(sent.slice(from));
      expect(contents.filter(isOwn)).to.deep.equal(Array.from({ length: own }, (_, i) => `own ${i}`));
    }
  }).timeout(10_000);
});

/** The part of Engine.IO's connection that pings. */
interface Pinging {
  sendPacket(type: 'ping'): void;
}

function event(content: string): string {
  const message = { type: 'chat', content, from: 'Ana', timestamp: 1_699_363_200, id: '20231107132000-1', data: null };
  return `42["chat",${JSON.stringify(message)}]`;
}

/** The part of it that holds what waits for the transport. */
interface Writing {
  writeBuffer: unknown[];
}

function short(packet: string): string {
  return `${packet.slice(0, 100)} (${packet.length})`;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
