import { expect } from 'chai';
import type { Authorize } from '../../src/hub/ports.ts';
import { createServer, type Server } from '../../src/index.ts';
import { type Client, closeAll, connect, DOORS, type Door, RawClient, type SdkClient } from '../support/client.ts';
import { openDoors, type Ping } from '../support/doors.ts';
import { HubBench, settled } from '../support/hub-bench.ts';
import { dataKey } from '../support/messages.ts';

const BURST = 500;
const INBOX = 64;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

/** Both doors before a hub that takes its time to decide. */
class SlowHouse {
  /** Who is asked about, in the order of the questions, and what lets them go on. */
  readonly asked: (() => void)[] = [];
  /** Answers each question a turn later, by itself. */
  swift = false;
  readonly #bench: HubBench;
  #doors!: Awaited<ReturnType<typeof openDoors>>;

  private constructor(inboxBytes: number) {
    this.#bench = new HubBench({ authorize: this.#authorize, limits: { inboxSize: INBOX, inboxBytes } });
  }

  static async open({ inboxBytes = 1_048_576, ...overrides }: { inboxBytes?: number; ping?: Ping } = {}) {
    const house = new SlowHouse(inboxBytes);
    house.#doors = await openDoors(house.#bench.hub, false, 65_536, undefined, overrides);
    await house.#bench.hub.start(house.#doors.ws.transport, house.#doors.socketio.transport);
    return house;
  }

  get url(): string {
    return this.#doors.ws.url;
  }

  /** Requests that arrived, of everybody. */
  get arrived(): number {
    return this.#bench.hub.snapshot().messages_received;
  }

  /** From now on everything is allowed at once. */
  hurry(): void {
    this.swift = true;
    for (const answer of this.asked.splice(0)) answer();
  }

  async close(): Promise<void> {
    await closeAll();
    await this.#doors.ws.close();
  }

  readonly #authorize: Authorize = () => {
    if (this.swift) return settled().then(() => true);
    return new Promise((resolve) => this.asked.push(() => resolve(true)));
  };
}

describe('A full inbox', () => {
  let house: SlowHouse;
  afterEach(() => house.close());

  const errorsOf = (client: Client) => client.messages.filter(({ type }) => type === 'error');

  for (const door of DOORS) {
    it(`${door}: a burst of ${BURST} with a slow authorize loses and refuses nothing`, async () => {
      house = await SlowHouse.open();
      const ana = await connect(door as 'ws', house.url, { userId: 'ana' });
      for (const content of numbers(BURST)) ana.send({ type: 'chat', content });
      while (house.asked.length === 0) await settled();
      house.hurry();
      const echoes = await ana.collect('chat', BURST);
      expect(echoes.map(({ content }) => content)).to.deep.equal(numbers(BURST));
      expect(errorsOf(ana)).to.deep.equal([]);
    });

    it(`${door}: what waits is bounded: the rest stays in the client's own socket`, async () => {
      house = await SlowHouse.open({ inboxBytes: 200_000 });
      const ana = await connect(door as 'ws', house.url, { userId: 'ana' });
      const filler = 'x'.repeat(60_000);
      const many = numbers(80);
      for (const content of many) ana.send({ type: 'heartbeat', content, data: filler });
      while (house.asked.length === 0) await settled();
      await untilStill(() => house.arrived);
      // 200,000 bytes are four of them; the rest is what was read before anybody knew.
      expect(house.arrived).to.be.within(4, 12);
      house.hurry();
      const answers = await ana.collect('heartbeat', many.length);
      expect(answers.map(({ content }) => content)).to.deep.equal(many);
      expect(errorsOf(ana)).to.deep.equal([]);
    });

    it(`${door}: others are heard meanwhile, and it hears them`, async () => {
      house = await SlowHouse.open();
      const ana = await connect(door as 'ws', house.url, { userId: 'ana' });
      for (const content of numbers(BURST)) ana.send({ type: 'heartbeat', content });
      while (house.asked.length === 0) await settled();
      await untilStill(() => house.arrived);
      house.swift = true;
      const bo = await connect(door === 'ws' ? 'socketio' : 'ws', house.url, { userId: 'bo' });
      bo.send({ type: 'chat', content: 'Hola' });
      await ana.next({ content: 'Hola' });
      house.hurry();
      await ana.collect('heartbeat', BURST);
    });

    it(`${door}: one of whom nothing is read is not taken for dead`, async () => {
      house = await SlowHouse.open({ ping: { pingInterval: 100, pingTimeout: 500 } });
      const ana = await connect(door as 'ws', house.url, { userId: 'ana' });
      // More than a socket that is stopped still takes, so that the answers to pings are behind it.
      const filler = 'x'.repeat(1000);
      for (const content of numbers(BURST - 1)) ana.send({ type: 'heartbeat', content, data: filler });
      while (house.asked.length === 0) await settled();
      await pings(ana, 3);
      house.hurry();
      await ana.collect('heartbeat', BURST - 1);
      await pings(ana, 1);
      await ana.barrier();
    });

    it(`${door}: one that leaves while nothing is read of it is gone`, async () => {
      house = await SlowHouse.open();
      const ana = await connect(door as 'ws', house.url, { userId: 'ana' });
      const bo = await connect('ws', house.url, { userId: 'bo' });
      for (const content of numbers(BURST)) ana.send({ type: 'heartbeat', content });
      while (house.asked.length === 0) await settled();
      await untilStill(() => house.arrived);
      ana.drop();
      house.hurry();
      await bo.next((message) => message.type === 'user_left' && dataKey(message, 'userId') === 'ana');
    });
  }

  it('socketio by polling: what no longer fits is refused, since nothing can be stopped', async () => {
    house = await SlowHouse.open();
    const ana = await connect('socketio', house.url, { userId: 'ana', transports: ['polling'] });
    for (const content of numbers(INBOX + 11)) ana.send({ type: 'heartbeat', content });
    for (const error of await ana.collect('error', 10)) {
      expect(error.data).to.include({ code: 'rate_limited', retryable: true, retryAfter: 1 });
    }
    house.hurry();
    const answers = await ana.collect('heartbeat', INBOX + 1);
    expect(answers.map(({ content }) => content)).to.deep.equal(numbers(INBOX + 1));
  });
});

describe('A full inbox of a server', () => {
  const MANY = 600;
  const FILLER = 'x'.repeat(1000);
  const MOST_BYTES = 200_000;
  /** Nobody waits for an answer to a close in these cases, or they take too long. */
  const CLOSE_TIMEOUT = 60_000;
  let server: Server;
  let asked: (() => void)[];
  let swift: boolean;

  beforeEach(async () => {
    asked = [];
    swift = false;
    const authorize: Authorize = (_user, action) =>
      swift || action !== 'send' || new Promise<boolean>((resolve) => asked.push(() => resolve(true)));
    server = createServer({
      port: 0,
      host: '127.0.0.1',
      logLevel: 'silent',
      authorize,
      rateBurst: MANY,
      maxFrameBytes: MOST_BYTES,
      closeTimeout: CLOSE_TIMEOUT,
    });
    await server.start();
  });
  afterEach(async () => {
    hurry();
    await closeAll();
    await server.close();
  });

  const hurry = () => {
    swift = true;
    for (const answer of asked.splice(0)) answer();
  };
  const arrived = () => server.hub.snapshot().messages_received;

  /** One who has said so much that nothing more is read of it. */
  const flooder = async (door: Door) => {
    const ana = await connect(door as 'ws', server.url, { userId: 'ana' });
    for (const content of numbers(MANY)) ana.send({ type: 'chat', content, data: FILLER });
    while (asked.length === 0) await settled();
    await untilStill(arrived);
    return ana;
  };

  for (const door of DOORS) {
    it(`${door}: ${MANY} messages before an authorize that takes its time: all come, in order, and few wait`, async () => {
      const ana = await flooder(door);
      expect(asked).to.have.length(1);
      // What was read already when the inbox was full is one piece of the socket's, and no more.
      expect(arrived()).to.be.within(MOST_BYTES / 1100, (MOST_BYTES + 2 * 65_536) / 1000);
      hurry();
      const echoes = await ana.collect('chat', MANY);
      expect(echoes.map(({ content }) => content)).to.deep.equal(numbers(MANY));
      expect(ana.messages.filter(({ type }) => type === 'error')).to.deep.equal([]);
      expect(server.hub.snapshot().errors).to.deep.equal({});
    });

    it(`${door}: one that is sent away while nothing is read of it is gone as soon as it has answered`, async () => {
      const ana = await flooder(door);
      const gone = new Promise<void>((resolve) => server.hub.on('disconnect', () => resolve()));
      expect(await server.hub.disconnect('ana')).to.deep.equal({ disconnected: 1 });
      const { code } = await ana.closed;
      if (door === 'ws') expect(code).to.equal(4503);
      await gone;
      expect(server.hub.snapshot().current_connections).to.equal(0);
    });

    it(`${door}: a server that closes does not wait for one of whom nothing is read`, async () => {
      const ana = await flooder(door);
      const closing = server.close();
      const { code } = await ana.closed;
      if (door === 'ws') expect(code).to.equal(1001);
      hurry();
      await closing;
    });
  }
});

/** Resolves when nothing more has been read for so many turns. */
async function untilStill(arrived: () => number): Promise<void> {
  for (let turns = 0, before = -1; turns < 50; turns = before === arrived() ? turns + 1 : 0) {
    before = arrived();
    await settled();
  }
}

/** Resolves when the client has been pinged so often from now on. */
function pings(client: Client, count: number): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0;
    const note = () => {
      seen += 1;
      if (seen === count) resolve();
    };
    if (client instanceof RawClient) client.ws.on('ping', note);
    else (client as SdkClient).socket.io.engine.on('ping', note);
  });
}
