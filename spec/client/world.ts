import { expect } from 'chai';
import { io, type Message, type Options, type Socket } from '../../src/client/index.ts';
import { HandClock } from '../support/hand-clock.ts';

type Sent = Record<string, unknown> & { type: string };
type Fields = Partial<Message> & Record<string, unknown>;

/** A WebSocket whose other side is the spec. */
export class FakeWebSocket {
  readonly url: URL;
  readonly protocols: string[];
  readonly sent: Sent[] = [];
  /** What the client closed it with: a code, or nothing. */
  closes: (number | undefined)[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: object) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor(url: string, protocols: string[]) {
    this.url = new URL(url);
    this.protocols = protocols;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Sent);
  }

  close(code?: number): void {
    this.closes.push(code);
  }

  /** The server sends a frame, whatever it is. */
  frame(data: unknown): void {
    this.onmessage?.({ data });
  }

  give(type: string, fields: Fields = {}): void {
    const message = {
      type,
      content: '',
      from: 'system',
      timestamp: 1_699_363_200,
      id: '20231107132000-1.1',
      data: null,
    };
    this.frame(JSON.stringify({ ...message, ...fields }));
  }

  /** The server lets the client in. */
  welcome(fields: Fields = {}): void {
    this.give('user_list', { data: [{ id: 'ana', username: 'Ana', status: 'online' }], ...fields });
  }

  /** The server has taken the nth message that was sent here. */
  ack(n: number, facts: object = {}): void {
    const { clientMsgId } = this.sent[n]!;
    this.give('ack', { data: { clientMsgId, id: `20231107132000-${n}`, timestamp: 1_699_363_200, ...facts } });
  }

  /** The server refuses the nth message. */
  refuse(n: number, code: string, facts: object = {}): void {
    const { clientMsgId } = this.sent[n]!;
    this.give('error', { content: 'No', data: { code, retryable: false, clientMsgId, ...facts } });
  }

  error(): void {
    this.onerror?.({});
  }

  /** The connection ends: 1006 as where nobody has said a word. */
  end(code = 1006, reason = ''): void {
    if (code === 1006) this.error();
    this.onclose?.({ code, reason });
  }

  /** The contents of what was sent. */
  get contents(): unknown[] {
    return this.sent.map(({ content }) => content);
  }
}

interface Answered {
  status: number;
  headers?: Record<string, string>;
  /** Not JSON where it is a text. */
  body?: unknown;
}

/** What surrounds a client, in the hands of a spec: time, chance, the network and the page. */
export class World {
  readonly clock = new HandClock();
  /** All that were opened, the newest last. */
  readonly sockets: FakeWebSocket[] = [];
  readonly page = new EventTarget();
  readonly requests: { url: string; headers: Record<string, string> }[] = [];
  /** What a plain GET is answered with; nobody answers where it is not set. */
  answer: Answered | undefined;
  /** The share of its bound that a pause takes. */
  chance = 1;
  readonly #clients: Socket[] = [];

  /** A client of this world. */
  io(options: Options = {}): Socket {
    const client = io('http://ambos.test', { ...this.options(), ...options });
    this.#clients.push(client);
    return client;
  }

  /** A client that is connected already. */
  async connected(options: Options = {}, fields: Fields = {}): Promise<{ client: Socket; ws: FakeWebSocket }> {
    const client = this.io(options);
    const ws = await this.socket();
    ws.welcome(fields);
    return { client, ws };
  }

  /** The newest socket, once promises have run. */
  async socket(): Promise<FakeWebSocket> {
    await this.settle();
    return this.sockets.at(-1)!;
  }

  /** Time passes, then promises run. */
  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.settle();
  }

  settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  close(): void {
    for (const client of this.#clients) client.disconnect();
  }

  /** What makes a client one of this world. */
  options(): Options {
    const { sockets, clock, page } = this;
    class Listed extends FakeWebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    }
    return {
      WebSocket: Listed,
      fetch: (url, { headers }) => this.#fetch(url, headers),
      after: (ms, task) => clock.after(ms, task),
      random: () => this.chance,
      page,
    };
  }

  async #fetch(url: string, headers: Record<string, string>) {
    this.requests.push({ url, headers });
    if (!this.answer) throw new TypeError('fetch failed');
    const { status, headers: given = {}, body } = this.answer;
    const json = async () => (typeof body === 'string' ? JSON.parse(body) : body);
    return { status, headers: new Headers(given), json };
  }
}

/** Notes what an event brings, in the order it comes. */
export function heard(client: Socket, ...events: string[]): unknown[][] {
  const calls: unknown[][] = [];
  for (const event of events) client.on(event, (...args: unknown[]) => void calls.push([event, ...args]));
  return calls;
}

/** Gives each case of a suite a world of its own, in which it must leave no timer behind. */
export function eachInItsWorld(give: (world: World) => void): void {
  let world: World;
  beforeEach(() => {
    world = new World();
    give(world);
  });
  afterEach(() => {
    world.close();
    expect(world.clock.pending, 'timers left').to.equal(0);
  });
}
