import { expect } from 'chai';
import type { Authorize } from '../../src/hub/ports.ts';
import { type Client, closeAll, connect, DOORS, RawClient, type SdkClient } from '../support/client.ts';
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

  /** Resolves when nothing more of a client has been read for so many turns. */
  const untilStill = async () => {
    for (let turns = 0, before = -1; turns < 50; turns = before === house.arrived ? turns + 1 : 0) {
      before = house.arrived;
      await settled();
    }
  };

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
      await untilStill();
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
      await untilStill();
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
      await untilStill();
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
