import { expect } from 'chai';
import { stamp } from '../../src/protocol/message.ts';
import { StubReception, type TransportBench, transportContract } from '../contracts/transport.ts';
import { closeAll, connect } from '../support/client.ts';
import { Deferred } from '../support/deferred.ts';
import { openDoors } from '../support/doors.ts';

transportContract('WsTransport', 'ws', async (hub, buffer, clock) => (await openDoors(hub, false, buffer, clock)).ws);
transportContract(
  'WsTransport, compressing',
  'ws',
  async (hub, buffer, clock) => (await openDoors(hub, true, buffer, clock)).ws,
  {
    compression: true,
  },
);

describe('WsTransport', () => {
  const TURNS = 50;
  let bench: TransportBench;

  afterEach(async () => {
    await closeAll();
    await bench.close();
  });

  it('reads nothing from a client that takes nothing, and goes on when that takes what waits', async () => {
    const reception = new StubReception();
    bench = (await openDoors(reception)).ws;
    const client = await connect('ws', bench.url, { userId: 'ana' });
    const [session] = reception.sessions;
    const body = { type: 'chat', content: 'x'.repeat(10_000), from: 'Ana', data: null };
    client.pause();
    while (!session!.blocked) {
      for (let i = 0; i < 5; i += 1) bench.transport.send(stamp(body, '20231107132000-1', 1_699_363_200), session!);
      await nextTurn();
    }
    client.send({ type: 'heartbeat' });
    for (let i = 0; i < 50; i += 1) await nextTurn();
    expect(reception.requests).to.be.empty;
    client.resume();
    await reception.until('receive');
    expect(reception.requests).to.have.length(1);
  });

  for (const compression of [false, true]) {
    it(`answers pings in the midst of traffic, ${compression ? 'compressed' : 'plain'}`, async () => {
      const reception = new StubReception();
      bench = (await openDoors(reception, compression)).ws;
      const users = Array.from({ length: 6 }, (_, i) => connect('ws', bench.url, { userId: `u${i}`, compression }));
      const clients = await Promise.all(users);
      const room = new Set(reception.sessions);
      const pongs: string[] = [];
      const answered = new Deferred<void>();
      clients[0]!.ws.on('pong', (data) => {
        if (pongs.push(String(data)) === TURNS) answered.resolve();
      });
      const sent: string[] = [];
      for (let turn = 0; turn < TURNS; turn += 1) {
        clients[0]!.ws.ping(String(turn));
        for (let i = 0; i < 5; i += 1) {
          sent.push(`${turn}.${i}`.padEnd(i * 500, '.'));
          const body = { type: 'chat', content: sent.at(-1)!, from: 'Ana', data: null };
          bench.transport.send(stamp(body, '20231107132000-1', 1_699_363_200), room);
        }
        await nextTurn();
        // So that less than the send buffer waits: compressing takes its time.
        if (turn % 10 === 9) await Promise.all(clients.map((client) => client.next({ content: sent.at(-1)! })));
      }
      await answered.promise;
      for (const client of clients) {
        expect(client.messages.slice(1).map(({ content }) => content)).to.deep.equal(sent);
        expect(client.binaryFrames).to.equal(0);
      }
      expect(pongs).to.deep.equal(Array.from({ length: TURNS }, (_, i) => String(i)));
    });
  }
});

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
