import { now } from './clock.ts';
import { Crowd, type Past } from './crowd.ts';
import type { Plan } from './plan.ts';
import { unlessStalled } from './waiting.ts';
import { Chat } from './wire.ts';

/** The one who goes on talking while the others are away. */
export class Feeder {
  /** Messages in all. */
  sent = 0;
  readonly #plan: Plan;
  readonly #chat: Chat;
  #crowd: Crowd;

  constructor(plan: Plan, bytes: number) {
    this.#plan = { ...plan, raw: 1, socketio: 0 };
    this.#chat = new Chat('raw', { bytes });
    this.#crowd = this.#newCrowd();
  }

  connect(): Promise<void> {
    return this.#crowd.connect();
  }

  /** After the server has ended. */
  reconnect(lastId: string): Promise<void> {
    this.#crowd = this.#newCrowd({ clients: this.#crowd.clients, lastId });
    return this.#crowd.connect();
  }

  /** Sends messages; resolves when they have come back: the server has kept them, and hands them out. */
  async say(count: number): Promise<void> {
    const client = this.#crowd.clients[0]!;
    for (let i = 0; i < count; i++) {
      client.send(this.#chat.frame({ lane: 0, sequence: this.sent, instant: now() }));
      this.sent += 1;
    }
    const stalled = await unlessStalled(this.#crowd, () => client.state.sequences.missing([this.sent]) === 0);
    if (stalled) throw new Error(`The server takes no messages: ${client.complaints.join(', ')}`);
  }

  destroy(): void {
    this.#crowd.destroy();
  }

  #newCrowd(past?: Past): Crowd {
    return new Crowd(this.#plan, { past, people: { name: 'Orador', userId: 'o' } });
  }
}
