import { createHash } from 'node:crypto';
import { json, request } from '../support/http.ts';
import type { Message } from '../support/messages.ts';
import type { Bag } from './bag.ts';
import type { Journal } from './journal.ts';
import { entryOf, open, streamOf } from './ledger.ts';
import { Series } from './series.ts';
import type { Tally } from './tally.ts';
import { letterBy } from './text.ts';
import { faultOf, placeOf } from './transcript.ts';

/** What a room holds: how much, and the sha256 of its ids and contents. */
export interface RoomHistory {
  count: number;
  digest: string;
}

/** What the server has kept, by its own word: the truth that readers and writers are held to. */
export class History {
  readonly rooms = new Map<string, RoomHistory>();
  /** `writer/target` → ids and names. */
  readonly streams = new Map<string, Bag>();
  readonly #numbers = new Map<string, Series>();
  readonly #url: string;
  readonly #tally: Tally;
  readonly #journal: Journal;

  constructor(url: string, tally: Tally, journal: Journal) {
    this.#url = url;
    this.#tally = tally;
    this.#journal = journal;
  }

  /** Reads a room page by page, from behind the message or position of an id. */
  async read(room: string, since: string): Promise<void> {
    const hash = createHash('sha256');
    let count = 0;
    let after = since;
    for (let more = true; more; ) {
      const page = await this.#page(room, after);
      for (const message of page.messages) {
        hash.update(`${message.id}\n${message.content}\n`);
        this.#look(message, room);
      }
      count += page.messages.length;
      after = page.messages.at(-1)?.id ?? after;
      more = page.more;
    }
    this.rooms.set(room, { count, digest: hash.digest('hex') });
  }

  /** It tells the same of all rooms. */
  equals({ rooms }: History): boolean {
    return [...this.rooms].every(([room, { digest }]) => rooms.get(room)?.digest === digest);
  }

  /** How many different letters of a stream are kept. */
  countOf(stream: string): number {
    return this.#numbers.get(stream)?.count ?? 0;
  }

  async #page(room: string, after: string): Promise<{ messages: Message[]; more: boolean }> {
    const answer = await request(`${this.#url}/ws/history?room=${room}&limit=300&after=${after}`);
    if (answer.status !== 200) throw new Error(`the history of ${room}: ${answer.status} ${answer.body}`);
    return json(answer) as { messages: Message[]; more: boolean };
  }

  #look(message: Message, room: string): void {
    this.#journal.write(placeOf(message.id).n, room);
    const letter = letterBy(message.data);
    const fault = letter ? faultOf(message, letter) : 'names no letter';
    if (fault) this.#tally.fail('altered', `in the history of ${room}: ${message.id} ${fault}`);
    if (!letter) return;
    const stream = streamOf(letter);
    open(this.streams, stream).add(entryOf(message.id, letter));
    const numbers = this.#numbers.get(stream) ?? new Series();
    this.#numbers.set(stream, numbers);
    if (!numbers.add(letter.number)) this.#tally.fail('repeated', `${letter.ref}, again as ${message.id}`);
  }
}
