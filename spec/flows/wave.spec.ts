import { expect } from 'chai';
import { Turnstile } from '../../src/auth/turnstile.ts';
import type { User } from '../../src/hub/ports.ts';
import { Refusal } from '../../src/protocol/errors.ts';
import type { Handshake } from '../../src/protocol/handshake.ts';
import { StubReception } from '../contracts/transport.ts';
import { closeAll, connect } from '../support/client.ts';
import { openDoors } from '../support/doors.ts';
import { Engine } from '../support/engine.ts';
import { HandClock } from '../support/hand-clock.ts';
import { json, request, upgrade } from '../support/http.ts';
import { settled } from '../support/hub-bench.ts';
import { Tcp, upgradeRequest } from '../support/tcp.ts';

const CROWD = 400;
const INSIDE = 2;
const QUEUE = 3;

/** Both doors, before which somebody asks each client who it is and takes its time. */
class Gate {
  readonly reception = new StubReception();
  readonly clock = new HandClock();
  readonly asked: string[] = [];
  readonly #answers: (() => void)[] = [];
  #patient = true;
  url!: string;
  close!: () => Promise<void>;

  static async open(limits = { maxHandshakes: INSIDE, handshakeQueue: QUEUE }): Promise<Gate> {
    const gate = new Gate();
    const authenticator = {
      authenticate: (handshake: Handshake) => gate.#ask(handshake),
      renew: async (user: User) => user,
    };
    const admission = { authenticator, turnstile: new Turnstile(limits), clock: gate.clock };
    const { ws } = await openDoors(gate.reception, false, 65_536, undefined, { admission });
    return Object.assign(gate, { url: ws.url, close: ws.close });
  }

  /** Everybody is known at once from now on. */
  hurry(): void {
    this.#patient = false;
    for (const answer of this.#answers.splice(0)) answer();
  }

  answer(): void {
    this.#answers.shift()?.();
  }

  async untilAsked(count: number): Promise<void> {
    while (this.asked.length < count) await settled();
  }

  get connected(): string[] {
    return this.reception.sessions.map(({ id }) => id);
  }

  async #ask({ userId = '' }: Handshake): Promise<User> {
    this.asked.push(userId);
    if (this.#patient) await new Promise<void>((resolve) => this.#answers.push(resolve));
    return { id: userId, name: userId };
  }
}

describe('A wave of newcomers', () => {
  let gate: Gate;
  const wires: Tcp[] = [];
  afterEach(async () => {
    // Nobody notices that one has left whose answer is still being waited for.
    gate.hurry();
    for (const wire of wires.splice(0)) wire.close();
    await closeAll();
    await gate.close();
  });

  /** Asks for a WebSocket, and waits until the server has read that. */
  const knock = async (userId: string): Promise<Tcp> => {
    const wire = new Tcp(gate.url);
    wires.push(wire);
    wire.socket.write(upgradeRequest(`/ws?userId=${userId}`));
    await upgrade(`${gate.url}/nowhere`);
    return wire;
  };

  const fill = async () => {
    for (let index = 0; index < INSIDE + QUEUE; index += 1) await knock(`u${index}`);
    await gate.untilAsked(INSIDE);
  };

  it('is asked a few at a time, and comes in in its order', async () => {
    gate = await Gate.open();
    await fill();
    expect(gate.asked).to.deep.equal(['u0', 'u1']);
    gate.answer();
    await gate.untilAsked(3);
    expect(gate.asked).to.deep.equal(['u0', 'u1', 'u2']);
    gate.hurry();
    for (const wire of wires) expect(await wire.status()).to.equal(101);
    expect(gate.connected).to.deep.equal(['u0', 'u1', 'u2', 'u3', 'u4']);
  });

  for (const [way, ask] of [
    ['ws: upgrade', () => upgrade(`${gate.url}/ws?userId=late`)],
    ['socketio: upgrade', () => upgrade(`${gate.url}/socket.io/?EIO=4&transport=websocket`)],
    ['socketio: polling', () => request(`${gate.url}/socket.io/?EIO=4&transport=polling`)],
  ] as const) {
    it(`is turned away with 503 and Retry-After where too many wait (${way})`, async () => {
      gate = await Gate.open();
      await fill();
      const answer = await ask();
      expect(answer.status).to.equal(503);
      expect(json(answer)).to.have.nested.property('error.code', 'over_capacity');
      expect(Number(answer.headers['retry-after'])).to.be.within(1, 5);
      gate.hurry();
      for (const wire of wires) await wire.status();
      expect((await ask()).status).to.be.oneOf([101, 200]);
    });
  }

  it('of Socket.IO waits in the same queue, and loses its transport where that is full, so that its SDK comes again', async () => {
    gate = await Gate.open();
    const [first, last] = [new Engine(gate.url), new Engine(gate.url)];
    for (const engine of [first, last]) await engine.next('0');
    for (let index = 1; index < INSIDE + QUEUE; index += 1) await knock(`u${index}`);
    first.send('40{"userId":"first"}');
    await settled();
    while (gate.asked.length < INSIDE) await settled();
    // The queue has its last place taken once the server has read this.
    await upgrade(`${gate.url}/nowhere`);
    last.send('40{"userId":"last"}');
    await last.closed;
    expect(last.packets.filter((packet) => packet.startsWith('4'))).to.deep.equal([]);
    gate.hurry();
    await first.next('40');
    expect(gate.asked).not.to.include('last');
    await first.close();
  });

  it('does not ask who has given up waiting', async () => {
    gate = await Gate.open();
    await fill();
    wires[2]!.close(true);
    await wires[2]!.closed;
    await upgrade(`${gate.url}/nowhere`);
    gate.hurry();
    await gate.untilAsked(INSIDE + QUEUE - 1);
    for (const index of [0, 1, 3, 4]) expect(await wires[index]!.status()).to.equal(101);
    expect(gate.asked).to.deep.equal(['u0', 'u1', 'u3', 'u4']);
  });

  it('waits no longer than a handshake may take, and keeps nobody out for longer', async () => {
    gate = await Gate.open();
    await fill();
    gate.clock.advance(1000);
    for (const wire of wires) {
      expect(await wire.status()).to.equal(503);
      expect(wire.answer).to.match(/Retry-After: 1/);
    }
    // Nobody who was asked was ever known: their places are free all the same.
    await knock('late');
    while (!gate.asked.includes('late')) await settled();
  });

  it('of those who are refused leaves their places free', async () => {
    gate = await Gate.open();
    gate.hurry();
    for (let index = 0; index < 3 * INSIDE; index += 1) {
      expect((await upgrade(`${gate.url}/ws?username=system`)).status).to.equal(400);
    }
    await connect('ws', gate.url, { userId: 'ana' });
  });

  it(`of ${CROWD} does not hold up what is said by those who are here`, async () => {
    gate = await Gate.open({ maxHandshakes: 1000, handshakeQueue: 10_000 });
    gate.hurry();
    const ana = await connect('ws', gate.url, { userId: 'ana' });
    for (let index = 0; index < CROWD; index += 1) wires.push(new Tcp(gate.url));
    await Promise.all(wires.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))));
    await settled();
    // All of it is there to be read at once, the word of the one who is here last.
    for (const { socket } of wires) socket.write(upgradeRequest('/ws?userId=new'));
    ana.send({ type: 'chat', content: 'Hola' });
    await gate.reception.until('receive');
    const before = gate.connected.length - 1;
    expect(before).to.be.below(CROWD / 4);
    for (const wire of wires) expect(await wire.status()).to.equal(101);
  });
});

describe('An authenticator that fails', () => {
  it('frees the place of whoever it failed', async () => {
    const turnstile = new Turnstile({ maxHandshakes: 1, handshakeQueue: 0 });
    const admission = {
      turnstile,
      authenticator: {
        authenticate: () => Promise.reject(new Refusal('unauthorized')),
        renew: async (user: User) => user,
      },
    };
    const { ws } = await openDoors(new StubReception(), false, 65_536, undefined, { admission });
    for (let index = 0; index < 5; index += 1) expect((await upgrade(`${ws.url}/ws`)).status).to.equal(401);
    await ws.close();
  });
});
