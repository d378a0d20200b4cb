import WebSocket from 'ws';
import { Deferred } from './deferred.ts';
import type { Message } from './messages.ts';

const PATIENCE = 2000;

/**
 * Engine.IO 4 over one WebSocket, spoken by hand: for packets that Socket.IO's client would not send,
 * and for a client that leaves pings unanswered. Packets are texts such as `42["chat",{}]`.
 */
export class Engine {
  readonly ws: WebSocket;
  readonly packets: string[] = [];
  readonly closed: Promise<{ code: number }>;
  readonly #waiting = new Set<{ matches: (packet: string) => boolean; found: Deferred<string> }>();
  #read = 0;
  #ended = false;

  constructor(url: string, query = '') {
    this.ws = new WebSocket(`${url.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket&${query}`);
    this.ws.on('error', () => {}); // 'close' follows
    this.ws.on('message', (data) => this.#receive(String(data)));
    const closed = new Deferred<{ code: number }>();
    this.closed = closed.promise;
    this.ws.on('close', (code) => {
      this.#ended = true;
      closed.resolve({ code });
      for (const { found } of this.#waiting) found.reject(new Error(`closed with ${code}; ${this.#arrived()}`));
    });
  }

  /** Connects to the default namespace; resolves when the first list is there. */
  static async connect(url: string, query = '', auth: object = {}): Promise<Engine> {
    const engine = new Engine(url, query);
    await engine.next('0');
    engine.send(`40${JSON.stringify(auth)}`);
    await engine.next('42["user_list"');
    return engine;
  }

  send(packet: string | Buffer): void {
    this.ws.send(packet);
  }

  /** The next packet that begins so; those before it are passed over. */
  next(start: string): Promise<string> {
    while (this.#read < this.packets.length) {
      const packet = this.packets[this.#read]!;
      this.#read += 1;
      if (packet.startsWith(start)) return Promise.resolve(packet);
    }
    if (this.#ended) return Promise.reject(new Error(`closed, awaiting the packet ${start}; ${this.#arrived()}`));
    return this.#wait(start);
  }

  /** The messages of one type that have arrived. */
  messages(type: string): Message[] {
    const start = `42["${type}",`;
    const packets = this.packets.filter((packet) => packet.startsWith(start));
    return packets.map((packet) => JSON.parse(packet.slice(start.length, -1)) as Message);
  }

  async close(): Promise<void> {
    this.ws.resume();
    this.ws.close();
    const timer = setTimeout(() => this.ws.terminate(), 500);
    await this.closed;
    clearTimeout(timer);
  }

  async #wait(start: string): Promise<string> {
    const waiting = { matches: (packet: string) => packet.startsWith(start), found: new Deferred<string>() };
    const late = new Error();
    const complain = () => Object.assign(late, { message: `awaited the packet ${start}; ${this.#arrived()}` });
    const timer = setTimeout(() => waiting.found.reject(complain()), PATIENCE);
    this.#waiting.add(waiting);
    try {
      return await waiting.found.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(waiting);
    }
  }

  #receive(packet: string): void {
    this.packets.push(packet);
    if (this.#waiting.size === 0) return;
    this.#read = this.packets.length;
    for (const { matches, found } of this.#waiting) if (matches(packet)) found.resolve(packet);
  }

  #arrived(): string {
    return `arrived: ${this.packets
      .slice(-12)
      .map((packet) => packet.slice(0, 200))
      .join('\n  ')}`;
  }
}
