import { answerOf, type Callback, factsOf, localError } from './answer.ts';
import { pauseAfter } from './backoff.ts';
import { call } from './events.ts';
import type { Message } from './message.ts';
import type { Settings } from './options.ts';

/** A message on its way. */
export interface Letter {
  /** Its clientMsgId, where it has one. */
  id: string;
  text: string;
  /** It is sent until it is answered; otherwise once. */
  answered: boolean;
  callbacks: Callback[];
}

/** What takes messages to the server. */
interface Carrier {
  send(text: string): void;
}

/** The code of what is above the server's limit. */
export const TOO_LARGE = 'too_large';
/** Nobody sets that limit as low as this. */
const SURELY_SMALL = 1024;

/**
 * What was emitted and is not answered yet, in that order. A connection that comes is given everything again, under the
 * same ids, by which the server knows what it already has.
 */
export class Outbox {
  readonly #settings: Settings;
  /** Is told of errors that no callback hears of. */
  readonly #unheard: (error: Message) => void;
  /** What the ids made here begin with: nobody else's do. */
  readonly #name = `${Math.random()}${Math.random()}-`;
  #count = 0;
  readonly #letters = new Map<string, Letter>();
  /** Sent by this connection, and neither answered nor to be sent again. */
  readonly #inFlight = new Set<Letter>();
  #carrier: Carrier | undefined;
  /** In a row. */
  #failures = 0;
  #stopPause: (() => void) | undefined;
  #stopWatch: (() => void) | undefined;

  constructor(settings: Settings, unheard: (error: Message) => void) {
    this.#settings = settings;
    this.#unheard = unheard;
  }

  newId(): string {
    return this.#name + this.#count++;
  }

  post(letter: Letter): void {
    const known = this.#letters.get(letter.id);
    if (known) return void known.callbacks.push(...letter.callbacks);
    const full = !this.#carrier && this.#letters.size >= this.#settings.maxQueued;
    if (full) return this.#fail(letter, 'queue_full');
    this.#letters.set(letter.id, letter);
    this.#flush();
  }

  /** It is not sent again. */
  drop(letter: Letter): void {
    this.#letters.delete(letter.id);
    this.#inFlight.delete(letter);
    this.#flush();
  }

  /** A connection is there, in place of the one before. */
  open(carrier: Carrier): void {
    this.close();
    this.#carrier = carrier;
    this.#flush();
  }

  /** It is gone: what it has carried is to be sent again. */
  close(): void {
    this.#carrier = undefined;
    this.#inFlight.clear();
    this.#endPause();
    this.#stopWatch?.();
    this.#stopWatch = undefined;
  }

  /** Nothing of it will be sent again. */
  abandon(): void {
    for (const letter of [...this.#letters.values()]) this.#fail(letter, 'disconnected');
  }

  // --- send ---

  #flush(): void {
    for (const letter of this.#letters.values()) {
      if (!this.#carrier || this.#stopPause || this.#inFlight.size >= this.#settings.maxInFlight) break;
      if (this.#inFlight.has(letter)) continue;
      if (letter.answered) this.#inFlight.add(letter);
      else this.#letters.delete(letter.id);
      this.#carrier.send(letter.text);
    }
    this.#watch();
  }

  /** An answer that does not come: what is in flight is sent again. */
  #watch(): void {
    const [oldest] = this.#inFlight;
    if (!oldest || this.#stopWatch) return;
    this.#stopWatch = this.#settings.after(this.#settings.ackTimeout, () => {
      this.#stopWatch = undefined;
      if (this.#inFlight.has(oldest)) this.#inFlight.clear();
      this.#flush();
    });
  }

  /** Sends it again after a pause, in which nothing is sent: what comes after it should not overtake it. */
  #retry(letter: Letter, seconds: number | undefined): void {
    this.#inFlight.delete(letter);
    this.#stopPause ??= this.#settings.after(pauseAfter(this.#failures++, this.#settings, seconds), () => {
      this.#endPause();
      this.#flush();
    });
  }

  #endPause(): void {
    this.#stopPause?.();
    this.#stopPause = undefined;
  }

  // --- answers ---

  /** Takes an `ack` or `error`. @returns false where it answers nothing that was posted here */
  take(message: Message): boolean {
    const { clientMsgId, code, retryable, retryAfter } = factsOf(message);
    const letter = this.#letters.get(clientMsgId ?? '');
    const meant = letter ? [letter] : clientMsgId === undefined ? this.#suspects(code) : [];
    for (const each of meant) {
      if (retryable) this.#retry(each, retryAfter);
      else this.#settle(each, message);
    }
    // A second answer, or one that came too late, is nobody's business either.
    return meant.length > 0 || `${clientMsgId}`.startsWith(this.#name);
  }

  /** Whom an error may mean that does not say so: size and rate are checked before a message is read. */
  #suspects(code: string | undefined): Letter[] {
    if (code === 'rate_limited') return [...this.#letters.values()];
    const large = [...this.#inFlight].filter(({ text }) => code === TOO_LARGE && text.length > SURELY_SMALL);
    return large.sort((a, b) => b.text.length - a.text.length).slice(0, 1);
  }

  #fail(letter: Letter, code: string): void {
    this.#settle(letter, localError(code, true, letter.id));
  }

  #settle(letter: Letter, message: Message): void {
    this.drop(letter);
    const answer = answerOf(message);
    this.#failures = 0;
    for (const callback of letter.callbacks) call(callback, [answer]);
    if (!answer.ok && !letter.callbacks.length) this.#unheard(message);
  }
}
