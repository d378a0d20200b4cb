import { INTERNAL } from '../support/internals.ts';
import type { Message } from '../support/messages.ts';
import type { Line } from './line.ts';
import type { Tally } from './tally.ts';
import { isHostile } from './villain.ts';

/** Names of what the server is made of. */
const LIBRARIES = /\b(?:koa|zod|jose|pino|sqlite|prom-client|tsx|node:\w+)\b|x-powered-by/i;
/** What clients say and the server only passes on: the words in it are theirs. */
const PASSED_ON = new Set(['chat', 'notification', 'heartbeat']);
const ID = /^\d{14}-\d+(?:\.\d+)?$/;
const SPOKEN = new Set(['chat', 'notification']);
/** The server's own. */
const OWN = new Set(['heartbeat', 'user_list', 'user_joined', 'user_left', 'ack', 'error', 'system']);
/** Characters of an answer that a complaint shows. */
const SHOWN = 300;

/** Hear everything that attackers are told: nothing of it may be another's, or of the inside. */
export class Ears {
  readonly #tally: Tally;
  readonly #secrets: readonly string[];
  readonly #rooms: ReadonlySet<string>;

  /** @param secrets texts that no answer may have @param rooms those of the honest */
  constructor(tally: Tally, secrets: readonly string[], rooms: readonly string[]) {
    this.#tally = tally;
    this.#secrets = secrets;
    this.#rooms = new Set(rooms);
  }

  hear(message: Message, text: string, line: Line): void {
    if (PASSED_ON.has(message.type)) this.#seek(text);
    else this.overhear(text);
    const fault = this.#faultOf(message, text, line);
    if (fault) this.#tally.fail('spoofed', `${line.villain.userId} heard, ${fault}: ${text.slice(0, SHOWN)}`);
  }

  /** What the server says by itself. */
  overhear(text: string): void {
    this.#seek(text);
    const found = INTERNAL.exec(text) ?? LIBRARIES.exec(text);
    if (found) this.#leak(found[0], text);
  }

  /** Of a page, which may speak of errors and libraries. */
  overhearPage(text: string): void {
    this.#seek(text);
    if (/\n\s+at .+:\d+:\d+/.test(text) || text.includes('node_modules')) this.#leak('a stack', text);
  }

  #seek(text: string): void {
    for (const secret of this.#secrets) if (text.includes(secret)) this.#leak('a secret', text);
  }

  #leak(what: string, text: string): void {
    this.#tally.fail('leaks', `${what} in ${text.slice(0, SHOWN)}`);
  }

  /** What is wrong with a message; undefined where nothing is. */
  #faultOf(message: Message, text: string, { mark, villain }: Line): string | undefined {
    const { type, from, id, room, to, fromId } = message;
    if (!ID.test(id)) return 'with a forged id';
    if (room !== undefined && this.#rooms.has(room)) return 'from a room of the honest';
    if (OWN.has(type)) return from === 'system' ? undefined : 'not from the system';
    if (!SPOKEN.has(type)) return 'of a type that nobody has';
    if (to !== undefined && ![to, fromId].includes(villain.userId)) return 'which is for somebody else';
    // What it has said itself comes back under its own name, whatever that said of it.
    if (text.includes(mark) && from !== villain.userId) return 'its own, under another name';
    return isHostile(from) || room === undefined ? undefined : 'of the honest, in a room that is not theirs';
  }
}
