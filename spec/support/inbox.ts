import { isDeepStrictEqual } from 'node:util';
import type { Message } from './messages.ts';

/** What to wait for: a type, some keys with their values, or a test. */
export type Wanted = string | Partial<Message> | ((message: Message) => boolean);

interface Waiting {
  matches: (message: Message) => boolean;
  resolve: (message: Message) => void;
  reject: (error: Error) => void;
}

const PATIENCE = 2000;

/** The messages that a client has received, and those who wait for the next ones. */
export class Inbox {
  readonly messages: Message[] = [];
  readonly texts: string[] = [];
  readonly #taken = new Set<number>();
  readonly #waiting = new Set<Waiting>();
  #firstFree = 0;
  #ended: string | undefined;

  push(message: Message): void {
    const index = this.messages.push(message) - 1;
    for (const waiting of this.#waiting) {
      if (!waiting.matches(message)) continue;
      this.#take(index);
      waiting.resolve(message);
      return;
    }
  }

  /** The first message not yet taken that is wanted, now or within the time. */
  next(wanted: Wanted, patience = PATIENCE): Promise<Message> {
    const matches = matcher(wanted);
    const found = this.#find(matches);
    if (found) return Promise.resolve(found);
    if (this.#ended) return Promise.reject(new Error(`${this.#ended}, awaiting ${name(wanted)}; ${this.#arrived()}`));
    return this.#wait(matches, () => `awaited ${name(wanted)} for ${patience} ms; ${this.#arrived()}`, patience);
  }

  /** Nothing more will come. */
  end(why: string): void {
    this.#ended = why;
    for (const waiting of this.#waiting) waiting.reject(new Error(`${why}; ${this.#arrived()}`));
  }

  #wait(matches: Waiting['matches'], complaint: () => string, patience: number): Promise<Message> {
    // The error is made here for its stack: one made in the timer would not name the case that waits.
    const late = new Error();
    return new Promise<Message>((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        matches,
        resolve: (message) => {
          done();
          resolve(message);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      };
      const timer = setTimeout(() => waiting.reject(Object.assign(late, { message: complaint() })), patience);
      this.#waiting.add(waiting);
    });
  }

  #find(matches: Waiting['matches']): Message | undefined {
    for (let index = this.#firstFree; index < this.messages.length; index += 1) {
      if (this.#taken.has(index) || !matches(this.messages[index]!)) continue;
      this.#take(index);
      return this.messages[index];
    }
    return undefined;
  }

  #take(index: number): void {
    this.#taken.add(index);
    while (this.#taken.has(this.#firstFree)) this.#firstFree += 1;
  }

  #arrived(): string {
    const free = this.messages.filter((_, index) => !this.#taken.has(index));
    const shown = free.slice(-12).map((message) => `\n  ${JSON.stringify(message).slice(0, 300)}`);
    return `arrived: ${this.messages.length}, of these not taken: ${free.length}${shown.join('')}`;
  }
}

export function matcher(wanted: Wanted): (message: Message) => boolean {
  if (typeof wanted === 'function') return wanted;
  if (typeof wanted === 'string') return (message) => message.type === wanted;
  const keys = Object.entries(wanted);
  return (message) => keys.every(([key, value]) => isDeepStrictEqual(message[key as keyof Message], value));
}

function name(wanted: Wanted): string {
  return typeof wanted === 'function' ? wanted.toString() : JSON.stringify(wanted);
}
