import { Client, type Owner } from './client.ts';
import { now } from './clock.ts';
import { roomName, roomsOf } from './membership.ts';
import { Memo } from './memo.ts';
import type { Place, Plan } from './plan.ts';
import type { Door, Ear } from './reading.ts';
import { Sequences } from './sequences.ts';
import { Tally } from './tally.ts';
import type { Identity } from './wire.ts';

const BUFFER = 256 * 1024;
const PATIENCE = 120_000;

/** What is told of the clients' messages. */
export interface Listener {
  /** A client that is waited for has read; which messages came for the first time: lane, number, lane, number … */
  arrived(fresh: readonly number[], client: Client): void;
  /** Such a client is gone. */
  lost(client: Client): void;
}

/** What clients come back with: those that they were, and the id of the last message that they all had. */
export interface Past {
  clients: readonly Client[];
  lastId: string;
}

/** Who the clients say they are, but for a number. */
interface People {
  name: string;
  userId: string;
}

const PEOPLE: People = { name: 'Usuario', userId: 'u' };

/** All clients of one worker: it connects them and judges what they read. */
export class Crowd implements Owner {
  readonly clients: Client[] = [];
  /** What those have received that are waited for, and the slow ones. */
  readonly tally = new Tally();
  readonly slowTally = new Tally();
  /** Those that got something twice, late, or that was not for them. */
  readonly wronged = new Set<Client>();
  listener: Listener | undefined;
  ready = 0;
  failed = 0;
  /** Connections that ended though they had joined and read. */
  dropped = 0;
  /** When the last frame came. */
  lastFrame = now();
  readonly #plan: Plan;
  readonly #lanes: number;
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER);
  readonly #memo = new Memo();
  readonly #ears = new Map<Door, Ear>();
  readonly #past: Past | undefined;
  readonly #people: People;
  #settled: (() => void) | undefined;

  constructor(plan: Plan, { past, people = PEOPLE }: { past?: Past | undefined; people?: People } = {}) {
    this.#plan = plan;
    this.#past = past;
    this.#people = people;
    this.#lanes = plan.rooms?.count ?? plan.traffic?.senders ?? (plan.recovery ? 1 : 0);
  }

  get size(): number {
    return this.#plan.raw + this.#plan.socketio;
  }

  /** Opens all connections. @returns when each has joined or failed, or nothing has happened for long */
  async connect(): Promise<void> {
    const settled = new Promise<void>((resolve) => {
      this.#settled = resolve;
    });
    this.#open();
    const timer = setTimeout(() => this.#settled?.(), PATIENCE);
    await settled;
    clearTimeout(timer);
  }

  destroy(): void {
    for (const client of this.clients) client.destroy();
  }

  // --- what clients tell ---

  read(client: Client, bytes: Buffer, length: number): void {
    const instant = now();
    const reading = this.#memo.read(client.state, bytes, length);
    client.state = reading.after;
    this.lastFrame = instant;
    const tally = client.slow ? this.slowTally : this.tally;
    tally.add(reading, length, instant);
    if (!reading.flawless) this.wronged.add(client);
    if (!client.slow) this.listener?.arrived(reading.fresh, client);
    for (const control of reading.controls) client.answer(control);
  }

  joined(): void {
    this.ready += 1;
    this.#advance();
  }

  left(client: Client, joined: boolean): void {
    if (!joined) this.failed += 1;
    else if (!client.slow) {
      this.dropped += 1;
      this.listener?.lost(client);
    }
    this.#advance();
  }

  // --- connecting ---

  #advance(): void {
    this.#open();
    if (this.ready + this.failed >= this.size) this.#settled?.();
  }

  #open(): void {
    const { handshakes } = this.#plan;
    const most = handshakes > 0 ? handshakes : this.size;
    while (this.clients.length < this.size && this.clients.length - this.ready - this.failed < most) this.#add();
  }

  #add(): void {
    const index = this.clients.length;
    const rooms = this.#roomsOf(index);
    const ear = this.#earOf(this.#doorOf(index), rooms);
    const sequences = this.#past?.clients[index]?.state.sequences ?? Sequences.of(ear.lanes.size);
    const identity = this.#identityOf(index, rooms);
    const { port } = this.#nodeOf(index);
    this.clients.push(new Client({ index, port, ear, sequences, identity, owner: this, buffer: this.#buffer }));
  }

  #identityOf(index: number, rooms: readonly number[]): Identity {
    const { name, userId } = this.#people;
    const who = { name: `${name}${index + 1}`, userId: `${userId}${index + 1}`, rooms: this.#namesOf(rooms) };
    if (!this.#plan.recovery) return who;
    if (!this.#past) return { ...who, session: '' };
    return { ...who, session: this.#past.clients[index]?.welcome?.session ?? '', lastId: this.#past.lastId };
  }

  /** Spreads both kinds evenly. */
  #doorOf(index: number): Door {
    const { raw } = this.#plan;
    const before = Math.floor((raw * index) / this.size);
    return Math.floor((raw * (index + 1)) / this.size) > before ? 'raw' : 'socketio';
  }

  /** Two neighbours to each, so that every node has both kinds. */
  #nodeOf(index: number): Place {
    const { nodes } = this.#plan;
    return nodes[(index >> 1) % nodes.length]!;
  }

  #namesOf(rooms: readonly number[]): string[] {
    const { room } = this.#plan;
    return room === undefined ? rooms.map(roomName) : [room];
  }

  #roomsOf(index: number): number[] {
    const { rooms } = this.#plan;
    return rooms ? roomsOf(index, rooms.count, rooms.each) : [];
  }

  /** Clients without rooms hear all senders, and those of one door the same: they share an ear. */
  #earOf(door: Door, rooms: readonly number[]): Ear {
    const shared = this.#ears.get(door);
    if (shared) return shared;
    const lanes = this.#plan.rooms ? rooms : Array.from({ length: this.#lanes }, (_, lane) => lane);
    const ear = { door, lanes: new Map(lanes.map((lane, place) => [lane, place])) };
    if (!this.#plan.rooms) this.#ears.set(door, ear);
    return ear;
  }
}
