import { createHash, type Hash } from 'node:crypto';
import type { Message } from '../support/messages.ts';
import { Bag } from './bag.ts';
import type { Journal } from './journal.ts';
import type { Order } from './order.ts';
import type { Tally } from './tally.ts';
import { type Letter, letterBy } from './text.ts';

/** Ns that a reader remembers, to tell what comes twice from what comes late. */
const RECENT = 4096;
export const GENERAL = 'general';

/** What was read of one place, in the order in which it came. */
export class Scroll {
  /** Each N once. */
  count = 0;
  readonly bag = new Bag();
  readonly #hash: Hash = createHash('sha256');

  add(id: string, content: string): void {
    this.#hash.update(`${id}\n${content}\n`);
  }

  /** The sha256 of all ids and contents. */
  get digest(): string {
    return this.#hash.copy().digest('hex');
  }
}

/** Whose transcript it is. */
export interface Reader {
  name: string;
  userId: string;
  /** At least one, beside the default room. */
  rooms: readonly string[];
}

/** What one reader has received over all its connections, checked as it comes; of what is right only sums are kept. */
export class Transcript {
  readonly reader: Reader;
  /** Room → what was read there; `@` and the userId for what was for the user alone. */
  readonly scrolls: ReadonlyMap<string, Scroll>;
  /** The position that it has reached. */
  floor = 0;
  readonly #recent = new Set<number>();
  readonly #tally: Tally;
  readonly #journal: Journal;
  readonly #order: Order;

  /** @param order what all readers have in common */
  constructor(reader: Reader, tally: Tally, journal: Journal, order: Order) {
    this.reader = reader;
    this.#order = order;
    this.#tally = tally;
    this.#journal = journal;
    const places = [GENERAL, ...reader.rooms, `@${reader.userId}`];
    this.scrolls = new Map(places.map((place) => [place, new Scroll()]));
  }

  take(message: Message): void {
    const { n, own } = placeOf(message.id);
    const known = own && this.#isKnown(n, message);
    if (own) this.#compare(n, message);
    this.floor = Math.max(this.floor, n);
    if (message.type === 'chat' || message.type === 'notification') this.#read(message, n, known);
  }

  /** What has its own N comes in the order of N, and once. */
  #isKnown(n: number, { type, id }: Message): boolean {
    const known = this.#recent.has(n);
    if (known) this.#complain('duplicated', `${type} ${id}`);
    else if (n <= this.floor) this.#complain('disordered', `${type} ${id} behind ${this.floor}`);
    this.#recent.add(n);
    if (this.#recent.size > RECENT) this.#recent.delete(this.#recent.values().next().value!);
    return known;
  }

  /** The same for everybody, whichever node it came from. */
  #compare(n: number, { type, id, room = '' }: Message): void {
    const entry = `${type} ${id} ${room}`;
    const other = this.#order.contradiction(n, entry);
    if (other !== undefined) this.#complain('disagreed', `${entry}, for another reader ${other}`);
  }

  #read(message: Message, n: number, known: boolean): void {
    this.#tally.count('deliveries');
    const letter = letterBy(message.data);
    const place = message.to === undefined ? (message.room ?? GENERAL) : `@${this.reader.userId}`;
    this.#journal.write(n, place);
    const fault = letter ? faultOf(message, letter) : 'names no letter';
    if (fault) this.#complain('altered', `${message.id} ${fault}`);
    const scroll = this.scrolls.get(place);
    if (!scroll || !this.#concerns(message)) return this.#complain('misrouted', `${message.id} to ${place}`);
    scroll.add(message.id, message.content);
    if (known) return;
    scroll.count += 1;
    if (message.to !== undefined) scroll.bag.add(`${message.id} ${letter?.ref}`);
  }

  #concerns({ to, fromId }: Message): boolean {
    return to === undefined || to === this.reader.userId || fromId === this.reader.userId;
  }

  #complain(failure: 'duplicated' | 'disordered' | 'altered' | 'misrouted' | 'disagreed', words: string): void {
    this.#tally.fail(failure, `${this.reader.name}: ${words}`);
    this.#journal.remark(`${failure}: ${words}`);
  }
}

/** What is wrong about a message that should carry this letter. */
export function faultOf(message: Message, letter: Letter): string | undefined {
  if (message.content !== letter.content) return `has another content than ${letter.ref}`;
  if (message.type !== letter.type) return `is a ${message.type}, ${letter.ref} is none`;
  if (message.from !== letter.writer) return `is from ${message.from}, not from ${letter.writer}`;
  const target = message.to === undefined ? (message.room ?? GENERAL) : `@${message.to}`;
  return target === letter.target ? undefined : `went to ${target}, not to ${letter.target}`;
}

/** @returns N, and whether it is the message's own */
export function placeOf(id: string): { n: number; own: boolean } {
  const [, n, k] = /^\d{14}-(\d+)(\.\d+)?$/.exec(id) ?? [];
  if (n === undefined) throw new Error(`not an id: ${id}`);
  return { n: Number(n), own: k === undefined };
}
