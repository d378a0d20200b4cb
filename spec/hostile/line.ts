import { Agent } from 'node:http';
import WebSocket from 'ws';
import { Deferred } from '../support/deferred.ts';
import { type Answer, request } from '../support/http.ts';
import type { Message } from '../support/messages.ts';
import type { Ears } from './ears.ts';
import type { Villain } from './villain.ts';

/** The ways in. */
export type Way = 'ws' | 'websocket' | 'polling';
export const WAYS: readonly Way[] = ['ws', 'ws', 'websocket', 'websocket', 'polling'];

/** What an input brought about, in a word or two: `accepted`, a code such as `forbidden`, `close 1002`, `http 400`, `nothing`. */
export type Outcome = string;

export const NOTHING: Outcome = 'nothing';
/** Milliseconds. Nothing takes as long: who waits in vain is not answered. */
export const PATIENCE = 15_000;

/** Of messages, those that answer the sender. */
const ANSWERS = new Set(['heartbeat', 'user_list', 'user_left']);
let lines = 0;

/** A hostile client that is in: it says one thing after another, and each has to be answered. */
export abstract class Line {
  abstract readonly way: Way;
  readonly villain: Villain;
  /** What its own posts carry, so that it knows them again. */
  readonly mark: string;
  /** The first list. */
  welcome: (Message & { recovered?: boolean; reason?: string }) | undefined;
  readonly #ears: Ears;
  readonly #outcomes: Outcome[] = [];
  #waiting: Deferred<Outcome> | undefined;
  /** The receipt that is to come; a post with a clientMsgId is answered by both. */
  #receipt = false;

  constructor(villain: Villain, ears: Ears) {
    lines += 1;
    this.villain = villain;
    this.mark = `~${process.pid}-${lines}~`;
    this.#ears = ears;
  }

  /** Sends a message. @param type the event’s name, where there are events */
  abstract say(json: string, type: string): void;
  /** Sends what may be no message at all. */
  abstract write(packet: string | Buffer): void;
  abstract close(): void;

  /** What comes of what is sent. @param receipt it asks for one */
  async ask(send: () => void, receipt = false): Promise<Outcome> {
    this.#outcomes.length = 0;
    this.#receipt = receipt;
    send();
    return this.next();
  }

  /** The next outcome, of whatever was said. */
  async next(patience = PATIENCE): Promise<Outcome> {
    const outcome = this.#outcomes.shift();
    if (outcome !== undefined) return outcome;
    const waiting = new Deferred<Outcome>();
    this.#waiting = waiting;
    const timer = setTimeout(() => this.push(NOTHING), patience);
    try {
      return await waiting.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  protected push(outcome: Outcome): void {
    if (!this.#waiting) return void this.#outcomes.push(outcome);
    this.#waiting.resolve(outcome);
    this.#waiting = undefined;
  }

  protected heard(text: string): void {
    const message = JSON.parse(text) as Message;
    this.#ears.hear(message, text, this);
    if (!this.welcome && message.type === 'user_list') {
      this.welcome = message;
      return this.push('accepted');
    }
    const { type, data } = message;
    const facts = data as { code?: string; userId?: string } | null;
    if (type === 'error') return this.push(facts?.code ?? 'error');
    if (type === 'ack') return this.push('accepted');
    if (this.#receipt) return;
    const own = ANSWERS.has(type) ? type !== 'user_left' || facts?.userId === this.villain.userId : false;
    if (own || text.includes(this.mark)) this.push('accepted');
  }
}

/** Headers that say where a client comes from. */
export function from(address: string): Record<string, string> {
  return { 'x-forwarded-for': address };
}

/** By the raw door. */
export class RawLine extends Line {
  readonly way = 'ws';
  readonly ws: WebSocket;

  constructor(url: string, query: string, villain: Villain, ears: Ears, address: string) {
    super(villain, ears);
    this.ws = new WebSocket(`${url.replace(/^http/, 'ws')}/ws?${query}`, {
      headers: { ...from(address), authorization: `Bearer ${villain.token}` },
      perMessageDeflate: false,
    });
    this.ws.on('message', (data) => this.heard(String(data)));
    this.ws.on('error', () => {}); // 'close' follows, or a refusal came before
    this.ws.on('unexpected-response', (_request, { statusCode }) => this.push(`http ${statusCode}`));
    this.ws.on('close', (code) => this.push(`close ${code}`));
  }

  say(json: string): void {
    this.write(json);
  }

  write(packet: string | Buffer): void {
    this.ws.send(packet, { binary: typeof packet !== 'string' });
  }

  close(): void {
    this.ws.terminate();
  }
}

/** By Socket.IO, spoken by hand over one WebSocket. */
export class SocketLine extends Line {
  readonly way = 'websocket';
  readonly ws: WebSocket;
  readonly #ears: Ears;

  /** @param connect the CONNECT packet; without it none is sent */
  constructor(url: string, connect: string | undefined, villain: Villain, ears: Ears, headers: Record<string, string>) {
    super(villain, ears);
    this.#ears = ears;
    this.ws = new WebSocket(`${url.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket`, {
      headers,
      perMessageDeflate: false,
    });
    this.ws.on('message', (data) => this.#packet(String(data), connect));
    this.ws.on('error', () => {}); // 'close' follows, or a refusal came before
    this.ws.on('unexpected-response', (_request, { statusCode }) => this.push(`http ${statusCode}`));
    this.ws.on('close', (code) => this.push(`close ${code}`));
  }

  say(json: string, type: string): void {
    this.write(`42[${JSON.stringify(type)},${json}]`);
  }

  write(packet: string | Buffer): void {
    this.ws.send(packet, { binary: typeof packet !== 'string' });
  }

  close(): void {
    this.ws.terminate();
  }

  #packet(packet: string, connect: string | undefined): void {
    if (packet.startsWith('0')) return connect === undefined ? this.push('open') : this.write(connect);
    if (packet === '2') return this.write('3');
    const outcome = outcomeOf(packet, this.#ears);
    if (outcome !== undefined) this.push(outcome);
    const event = eventIn(packet);
    if (event !== undefined) this.heard(event);
  }
}

/** By Socket.IO over polling: what it is told it fetches when it has said something. */
export class PollingLine extends Line {
  readonly way = 'polling';
  readonly #address: string;
  readonly #headers: Record<string, string>;
  readonly #ears: Ears;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2 });
  #sid = '';
  #closed = false;

  constructor(url: string, villain: Villain, ears: Ears, headers: Record<string, string>) {
    super(villain, ears);
    this.#address = `${url}/socket.io/?EIO=4&transport=polling`;
    this.#headers = headers;
    this.#ears = ears;
  }

  async open(connect: string): Promise<void> {
    const opening = await request(this.#address, { headers: this.#headers, agent: this.#agent });
    if (opening.status !== 200) return this.push(`http ${opening.status}`);
    this.#sid = (JSON.parse(opening.body.slice(1)) as { sid: string }).sid;
    await this.post(connect);
    void this.#poll();
  }

  get url(): string {
    return `${this.#address}&sid=${this.#sid}`;
  }

  say(json: string, type: string): void {
    this.write(`42[${JSON.stringify(type)},${json}]`);
  }

  write(packet: string | Buffer): void {
    const body = typeof packet === 'string' ? packet : `b${packet.toString('base64')}`;
    void this.post(body).then(
      ({ status }) => status !== 200 && this.push(`http ${status}`),
      () => {}, // Engine.IO resets the request that ends its session; the next poll says so
    );
  }

  post(body: string): Promise<Answer> {
    const headers = { ...this.#headers, 'content-type': 'text/plain;charset=UTF-8' };
    return request(this.url, { method: 'POST', body, headers, agent: this.#agent });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const gone = () => this.#agent.destroy();
    this.post('1').then(gone, gone);
  }

  async #poll(): Promise<void> {
    while (!this.#closed) {
      const { status, body } = await request(this.url, { headers: this.#headers, agent: this.#agent }).catch(
        () => LOST,
      );
      if (status !== 200) return this.push(`http ${status}`);
      for (const packet of body.split('\x1e')) this.#packet(packet);
    }
  }

  #packet(packet: string): void {
    if (packet === '2') return void this.post('3').catch(() => {});
    if (packet === '1') return this.push('close 1005');
    const outcome = outcomeOf(packet, this.#ears);
    if (outcome !== undefined) this.push(outcome);
    const event = eventIn(packet);
    if (event !== undefined) this.heard(event);
  }
}

const LOST = { status: 0, body: '' };

/** What a packet says of what was asked: a callback's answer, or a refused connection. */
function outcomeOf(packet: string, ears: Ears): Outcome | undefined {
  if (packet.startsWith('44')) {
    ears.overhear(packet);
    return /"code":"(\w+)"/.exec(packet)?.[1] ?? 'refused';
  }
  if (packet === '41') return 'close 1005';
  if (!/^43\d/.test(packet)) return undefined;
  ears.overhear(packet);
  const [answer] = JSON.parse(packet.slice(packet.indexOf('['))) as [{ ok: boolean; error?: { code: string } }];
  return answer.ok ? 'accepted' : (answer.error?.code ?? 'error');
}

/** The message that an event bears. */
function eventIn(packet: string): string | undefined {
  if (!packet.startsWith('42[')) return undefined;
  return packet.slice(packet.indexOf(',') + 1, -1);
}
