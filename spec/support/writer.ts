import { accepted } from '../conformance/answers.ts';
import type { Client, Door } from './client.ts';
import { type Accepted, unique } from './messages.ts';
import { type Coming, come } from './returning.ts';

/** Requests that it has under way at once. */
const WIDTH = 8;

/** Says one thing after another, several at a time, until its connection ends, and knows what it was told of each. */
export class Writer {
  readonly userId = unique('writer');
  readonly room: string;
  readonly lives: Client[] = [];
  /** All that it ever said, by the clientMsgIds, in its order. */
  readonly said: string[] = [];
  /** The ids that it was told. */
  readonly told = new Map<string, string>();

  constructor(room: string) {
    this.room = room;
  }

  get client(): Client {
    return this.lives.at(-1)!;
  }

  async come(door: Door, server: { url: string }, more: Coming = {}): Promise<void> {
    this.lives.push(await come(door, server, { userId: this.userId, rooms: [this.room], ...more }));
  }

  /** Resolves when the connection has ended, or after so many messages. */
  async write(count = Number.POSITIVE_INFINITY): Promise<void> {
    let ended = false;
    let left = count;
    const end = this.client.closed.then(() => {
      ended = true;
    });
    const speak = async () => {
      while (!ended && left > 0) {
        left -= 1;
        await Promise.race([this.#say(unique('said')), end]);
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, speak));
  }

  /** Says again what it was told nothing of. */
  async catchUp(): Promise<void> {
    const unanswered = this.said.filter((clientMsgId) => !this.told.has(clientMsgId));
    for (const [i, { id }] of (await this.repeat(unanswered)).entries()) this.told.set(unanswered[i]!, id);
  }

  /** Says again what it has said. @returns what it was told now */
  async repeat(said: readonly string[] = this.said): Promise<Accepted[]> {
    const receipts: Accepted[] = [];
    for (let i = 0; i < said.length; i += 50) {
      const again = said.slice(i, i + 50).map((id) => accepted(this.client, this.#message(id)));
      receipts.push(...(await Promise.all(again)));
    }
    return receipts;
  }

  /** What is refused for now, or unanswered, is not known to be kept. */
  async #say(clientMsgId: string): Promise<void> {
    this.said.push(clientMsgId);
    const receipt = await this.client.request(this.#message(clientMsgId)).catch(() => undefined);
    if (receipt?.ok) this.told.set(clientMsgId, receipt.id);
  }

  #message(clientMsgId: string) {
    return { type: 'chat', room: this.room, content: clientMsgId, clientMsgId };
  }
}
