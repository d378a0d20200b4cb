import { connect, type Socket } from 'node:net';
import { now } from './clock.ts';
import { type Control, type Ear, NOTHING, type State } from './reading.ts';
import type { Sequences } from './sequences.ts';
import { Welcome } from './welcome.ts';
import { clientFrame, connectPacket, type Identity, upgradeRequest } from './wire.ts';

/** Bind addresses: each has its own range of ports, and 10,000 connections need more than one likes to count on. */
const ADDRESSES = 8;
const HEAD_END = '\r\n\r\n';

/** What a client tells its crowd. */
export interface Owner {
  /** Bytes of frames; the buffer is valid during the call. */
  read(client: Client, bytes: Buffer, length: number): void;
  joined(client: Client): void;
  /** @param joined whether it had joined before */
  left(client: Client, joined: boolean): void;
}

export interface ClientOptions {
  index: number;
  port: number;
  ear: Ear;
  sequences: Sequences;
  identity: Identity;
  owner: Owner;
  /** Where all clients read into: what is read is judged before the next one reads. */
  buffer: Buffer;
}

/** One connection, on a bare socket. */
export class Client {
  readonly ear: Ear;
  /** When its connection was begun. */
  readonly begun = now();
  /** When it was there. */
  connected = Number.NaN;
  /** What it is told first, where it wants to be able to come back. */
  readonly welcome: Welcome | undefined;
  state: State;
  phase: 'greeting' | 'ready' | 'gone' = 'greeting';
  /** It will stop reading, and nobody waits for it. */
  slow = false;
  /** How the server closed it, as far as it said so. */
  closeCode: number | undefined;
  /** What the server complained of, as text. */
  readonly complaints: string[] = [];
  readonly #owner: Owner;
  readonly #identity: Identity;
  readonly #socket: Socket;
  #upgraded = false;
  #head = '';

  constructor(options: ClientOptions) {
    const { ear, sequences, port, index, buffer, identity, owner } = options;
    this.#owner = owner;
    this.#identity = identity;
    this.ear = ear;
    this.welcome = identity.session === undefined ? undefined : new Welcome();
    this.state = { ear, sequences, skip: 0, carry: NOTHING };
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      localAddress: `127.0.0.${2 + (index % ADDRESSES)}`,
      noDelay: true,
      onread: { buffer, callback: (length) => this.#read(buffer, length) },
    });
    this.#socket.once('connect', () => {
      this.connected = now();
      this.#socket.write(upgradeRequest(ear.door, port, identity));
    });
    this.#socket.on('error', (error) => this.complaints.push(error.message));
    this.#socket.once('close', () => this.#end());
  }

  send(frame: Buffer): void {
    this.#socket.write(frame);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends it without a trace: thousands of closed connections would keep their ports for a minute. */
  destroy(): void {
    this.#socket.resetAndDestroy();
  }

  /** Does what a frame wants. */
  answer({ kind, payload }: Control): void {
    if (kind === 'ping') return this.send(clientFrame('pong', payload));
    if (kind === 'error') return void this.complaints.push(payload.toString());
    if (kind === 'close') return this.#close(payload);
    const packet = payload.toString('latin1', 0, 2);
    if (packet === '2') return this.send(clientFrame('text', Buffer.from('3')));
    if (packet[0] === '0') return this.send(clientFrame('text', Buffer.from(connectPacket(this.#identity))));
    if (packet === '40') return this.#ready();
    this.complaints.push(payload.toString());
    this.destroy();
  }

  #read(buffer: Buffer, length: number): boolean {
    if (this.#upgraded) this.#take(buffer, length);
    else this.#upgrade(buffer.subarray(0, length));
    return true;
  }

  #upgrade(bytes: Buffer): void {
    this.#head += bytes.toString('latin1');
    const end = this.#head.indexOf(HEAD_END);
    if (end < 0) return;
    const rest = Buffer.from(this.#head.slice(end + HEAD_END.length), 'latin1');
    if (!this.#head.startsWith('HTTP/1.1 101')) {
      this.complaints.push(this.#head.slice(0, 300));
      return this.destroy();
    }
    this.#head = '';
    this.#upgraded = true;
    if (this.ear.door === 'raw') this.#ready();
    if (rest.length > 0) this.#take(rest, rest.length);
  }

  #take(bytes: Buffer, length: number): void {
    this.welcome?.read(bytes.subarray(0, length));
    this.#owner.read(this, bytes, length);
  }

  #ready(): void {
    if (this.phase !== 'greeting') return;
    this.phase = 'ready';
    this.#owner.joined(this);
  }

  #close(payload: Buffer): void {
    this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    this.#socket.end(clientFrame('close', payload.subarray(0, 2)));
  }

  #end(): void {
    const joined = this.phase === 'ready';
    this.phase = 'gone';
    this.#owner.left(this, joined);
  }
}
