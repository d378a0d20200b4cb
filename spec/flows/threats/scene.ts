import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { createServer, type Logger, type Options, type Server } from '../../../src/index.ts';
import { accepted } from '../../conformance/answers.ts';
import {
  type Client,
  type Options as ClientOptions,
  closeAll,
  connect,
  DOORS,
  type Door,
  type RawClient,
  type SdkClient,
} from '../../support/client.ts';
import { Deferred } from '../../support/deferred.ts';
import { Engine } from '../../support/engine.ts';
import { json, request } from '../../support/http.ts';
import { dataKey, idsOf, type Message, unique } from '../../support/messages.ts';
import { Tcp, type TcpOptions } from '../../support/tcp.ts';
import { Wire } from './wire.ts';

/** A line that the server logged. */
export interface Line {
  level: keyof Logger;
  fields: object;
  text: string;
}

/** What the bystanders of a scene are asked about at its end. */
interface Guest {
  close(): unknown;
}

/** The part of Engine.IO that types hide and scenes look at. */
interface EngineServer {
  opts: { destroyUpgrade?: boolean };
  clients: Record<string, { writeBuffer: { data?: string }[] }>;
}

const PRESENCE = ['user_joined', 'user_left'];
const HONEST = ['ana', 'bo'];
const PATIENCE = 2000;

/**
 * A case with an honest bystander at each door. After it the process must live and serve newcomers, and the
 * bystanders must have lost nothing and heard nothing that was not meant for them.
 */
export function survives(title: string, settings: Options, play: (scene: Scene) => Promise<void>): void {
  it(title, async () => {
    const scene = new Scene(settings);
    try {
      await scene.open();
      await play(scene);
      await scene.prove();
    } finally {
      await scene.close();
    }
  });
}

/** The same case by both doors. */
export function survivesByDoor(
  title: (door: Door) => string,
  settings: Options,
  play: (scene: Scene, door: Door) => Promise<void>,
): void {
  for (const door of DOORS) survives(title(door), settings, (scene) => play(scene, door));
}

/** A server of its own, two honest bystanders, and whoever comes to harm them. */
export class Scene {
  readonly server: Server;
  readonly lines: Line[] = [];
  /** The sockets of the server. */
  readonly sockets = new Set<Socket>();
  ana!: RawClient;
  bo!: SdkClient;
  readonly #guests: Guest[] = [];
  /** Contents of the messages that bystanders are to hear, of whomever. */
  readonly #expected = new Set<string>();

  constructor(settings: Options) {
    const logger = {
      info: (fields: object, text: string) => this.lines.push({ level: 'info', fields, text }),
      warn: (fields: object, text: string) => this.lines.push({ level: 'warn', fields, text }),
      error: (fields: object, text: string) => this.lines.push({ level: 'error', fields, text }),
    };
    this.server = createServer({ port: 0, host: '127.0.0.1', logger, ...settings });
  }

  get url(): string {
    return this.server.url;
  }

  get engineServer(): EngineServer {
    const { engine } = this.server.io;
    return {
      opts: Reflect.get(engine, 'opts') as EngineServer['opts'],
      clients: Reflect.get(engine, 'clients') as EngineServer['clients'],
    };
  }

  /** Bytes that the server holds for clients which have not taken them yet. */
  get held(): number {
    const packets = Object.values(this.engineServer.clients).flatMap(({ writeBuffer }) => writeBuffer);
    const lengths = [...this.sockets].map(({ writableLength }) => writableLength);
    return [...lengths, ...packets.map(({ data = '' }) => data.length)].reduce((sum, length) => sum + length, 0);
  }

  async open(): Promise<void> {
    await this.server.start();
    subscribe('net.server.socket', this.#meet);
    this.ana = await connect('ws', this.url, { username: 'Ana', userId: 'ana' });
    this.bo = await connect('socketio', this.url, { username: 'Bo', userId: 'bo' });
    await this.chat();
  }

  async close(): Promise<void> {
    unsubscribe('net.server.socket', this.#meet);
    await Promise.all(this.#guests.map((guest) => guest.close()));
    await closeAll();
    await this.server.close();
  }

  // --- who comes to harm ---

  async client(door: Door, options: ClientOptions = {}): Promise<Client> {
    return this.#welcome(await connect(door as 'ws', this.url, options));
  }

  async wire(door: Door, query?: string, halfOpen?: boolean): Promise<Wire> {
    return this.#welcome(await Wire.open(door, this.url, query, halfOpen));
  }

  async engine(query?: string): Promise<Engine> {
    return this.#welcome(await Engine.connect(this.url, query));
  }

  /** An Engine.IO session that has not connected to the namespace. */
  async session(query?: string): Promise<Engine> {
    const engine = this.#welcome(new Engine(this.url, query));
    await engine.next('0');
    return engine;
  }

  tcp(options?: TcpOptions): Tcp {
    return this.#welcome(new Tcp(this.url, options));
  }

  // --- what the bystanders do ---

  /** Each bystander says something and both hear it. */
  async chat(): Promise<void> {
    for (const speaker of [this.ana, this.bo]) await this.#say(speaker);
  }

  /** A content that bystanders are to hear, although a stranger says it. */
  expects(content: string): string {
    this.#expected.add(content);
    return content;
  }

  /** The message with this content, as both bystanders heard it. */
  async heard(content: string): Promise<Message> {
    const [one, other] = await Promise.all([this.ana.next({ content }), this.bo.next({ content })]);
    expect(other).to.deep.equal(one);
    return one;
  }

  /** Resolves when both bystanders have seen a user come or go. */
  async see(type: 'user_joined' | 'user_left', userId: string): Promise<void> {
    const wanted = (message: Message) => message.type === type && dataKey(message, 'userId') === userId;
    await Promise.all([this.ana.next(wanted), this.bo.next(wanted)]);
  }

  /** That nobody came in, however shortly. */
  async expectNobodyCame(): Promise<void> {
    await this.#barriers();
    for (const client of [this.ana, this.bo]) {
      const strangers = client.messages.filter((m) => m.type === 'user_joined' && dataKey(m, 'userId') !== 'bo');
      expect(strangers, `${client.door}: strangers`).to.deep.equal([]);
    }
  }

  /** Resolves when nobody but the bystanders is in the list. */
  async alone(): Promise<void> {
    for (;;) {
      await accepted(this.ana, { type: 'user_list' });
      const list = await this.ana.next('user_list');
      if (idsOf(list).length === HONEST.length) return;
      await this.ana.next('user_left');
    }
  }

  /** Resolves when the server holds no more sockets than these. */
  async untilSockets(count: number): Promise<void> {
    const late = new Deferred<never>();
    const complain = () => late.reject(new Error(`${this.sockets.size} sockets are open, ${count} were expected`));
    const timer = setTimeout(complain, PATIENCE);
    try {
      while (this.sockets.size > count) await Promise.race([late.promise, nextClose([...this.sockets].slice(count))]);
    } finally {
      clearTimeout(timer);
    }
  }

  // --- the proof ---

  /** That nothing was harmed, after whoever is still there has gone. */
  async prove(): Promise<void> {
    await Promise.all(this.#guests.map((guest) => guest.close()));
    for (const door of DOORS) await this.#newcomer(door);
    await this.chat();
    await this.alone();
    await this.#barriers();
    this.#expectSameTraffic();
    this.#expectOnlyHonest();
    expect(this.lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
    expect(json(await request(`${this.url}/ws/stats`))).to.include({ current_connections: 2, active_users: 2 });
    await this.untilSockets(HONEST.length);
  }

  async #newcomer(door: Door): Promise<void> {
    const newcomer = await connect(door as 'ws', this.url, { username: 'Carla' });
    await this.#say(newcomer);
    await newcomer.close();
  }

  async #say(speaker: Client): Promise<void> {
    const content = this.expects(unique('honest'));
    await accepted(speaker, { type: 'chat', content });
    await this.heard(content);
  }

  async #barriers(): Promise<void> {
    await Promise.all([this.ana.barrier(), this.bo.barrier()]);
  }

  /** Both have received the same from the moment on when both were there: the same texts in the same order. */
  #expectSameTraffic(): void {
    const [join, ...ana] = shared(this.ana);
    expect(join).to.include('"userId":"bo"');
    expect(ana).to.deep.equal(shared(this.bo));
  }

  #expectOnlyHonest(): void {
    for (const client of [this.ana, this.bo]) {
      const chats = client.messages.filter(({ type }) => type === 'chat' || type === 'notification');
      expect(chats.map(({ content }) => content)).to.have.members([...this.#expected]);
      const rest = client.messages.filter(({ type }) => ![...PRESENCE, 'chat', 'notification'].includes(type));
      const strange = rest.slice(1).filter((message) => !isAnswer(message, client));
      expect(strange, `${client.door}: what nobody asked for`).to.deep.equal([]);
    }
  }

  #welcome<T extends Guest>(guest: T): T {
    this.#guests.push(guest);
    return guest;
  }

  readonly #meet = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    if (socket.localPort !== Number(new URL(this.url).port)) return;
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
  };
}

/** `once` of node:events would reject for a socket that was reset. */
function nextClose(sockets: Socket[]): Promise<void> {
  return new Promise((resolve) => {
    for (const socket of sockets) socket.once('close', () => resolve());
  });
}

/** The texts of what went to everybody. */
function shared(client: Client): string[] {
  return client.texts.filter((_, index) => !client.messages[index]!.id.includes('.'));
}

/** What a bystander has asked for: a barrier, and by the raw door lists and receipts. */
function isAnswer({ type, content }: Message, { door }: Client): boolean {
  if (type === 'heartbeat') return content.startsWith('barrier');
  return door === 'ws' && ['user_list', 'ack'].includes(type);
}
