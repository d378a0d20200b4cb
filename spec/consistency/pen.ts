import type { Ledger } from './ledger.ts';
import type { Acknowledgement, Answer, Link } from './link.ts';
import type { Random } from './random.ts';
import type { Tally } from './tally.ts';
import { type Letter, letterOf } from './text.ts';

/** Letters of one writer that are on their way together. */
const WINDOW = 16;
/** Answers that are remembered, for one that comes again. */
const MEMORY = 256;
/** Milliseconds. */
const PATIENCE = 4000;
const PAUSE = 200;
/** Who was away for too long comes back. The letter may be on its way by another node too: only an acknowledgement ends that. */
const ABSENT = 'user_not_found';

interface Sent {
  letter: Letter;
  at: number;
}

export interface PenOptions {
  /** Also its username. */
  writer: string;
  userId: string;
  /** Rooms; `@` and a userId for direct messages. */
  targets: readonly string[];
  random: Random;
  tally: Tally;
  ledger: Ledger;
}

/** Writes letters, and sends each until it is acknowledged, under the same clientMsgId. */
export class Pen {
  readonly #options: PenOptions;
  readonly #numbers = new Map<string, number>();
  /** Not acknowledged yet, in the order of writing. */
  readonly #sent = new Map<string, Sent>();
  readonly #answers = new Map<string, string>();
  #link: Link | undefined;

  constructor(options: PenOptions) {
    this.#options = options;
  }

  /** How many are not acknowledged yet. */
  get waiting(): number {
    return this.#sent.size;
  }

  /** Unless too many are on their way. @param target any of its own where it is not given */
  write(target = this.#options.random.pick(this.#options.targets)): void {
    if (this.#sent.size >= WINDOW) return;
    const number = this.#numbers.get(target) ?? 0;
    this.#numbers.set(target, number + 1);
    const letter = letterOf(this.#options.writer, target, number);
    const sent = { letter, at: performance.now() };
    this.#sent.set(letter.ref, sent);
    this.#options.tally.count('sent');
    this.#link?.send(letter);
  }

  /** Everything goes again: nobody knows what has arrived. */
  opened(link: Link): void {
    this.#link = link;
    for (const sent of this.#sent.values()) this.#again(sent);
  }

  dropped(): void {
    this.#link = undefined;
  }

  answered(ref: string, answer: Answer): void {
    const sent = this.#sent.get(ref);
    if ('id' in answer) return this.#acknowledged(ref, sent, answer);
    if (!sent) return;
    const absent = answer.code === ABSENT;
    if (absent) this.#options.tally.count('absences');
    if (answer.retryable || absent) setTimeout(() => this.#again(sent), PAUSE).unref();
    else this.#reject(ref, answer.code);
  }

  /** What has waited for long goes again. */
  remind(): void {
    const since = performance.now() - PATIENCE;
    for (const sent of this.#sent.values()) if (sent.at < since) this.#again(sent);
  }

  /** The first that were not acknowledged, for a complaint. */
  get first(): string {
    return [...this.#sent.keys()].slice(0, 3).join();
  }

  #again(sent: Sent): void {
    if (!this.#sent.has(sent.letter.ref) || !this.#link) return;
    sent.at = performance.now();
    this.#options.tally.count('resent');
    this.#link.send(sent.letter);
  }

  #acknowledged(ref: string, sent: Sent | undefined, { id, duplicate }: Acknowledgement): void {
    const { tally, ledger, userId } = this.#options;
    const known = this.#answers.get(ref);
    if (known !== undefined && known !== id) tally.fail('contradicted', `${ref} as ${known}, then as ${id}`);
    if (!sent) return;
    this.#sent.delete(ref);
    this.#answers.set(ref, id);
    if (this.#answers.size > MEMORY) this.#answers.delete(this.#answers.keys().next().value!);
    tally.count('acknowledged');
    if (duplicate) tally.count('duplicates');
    ledger.add(sent.letter, id, userId);
  }

  #reject(ref: string, code: string): void {
    // The link that knew of it is no more: the next one is told of it anew.
    if (code === 'disconnected') return;
    this.#sent.delete(ref);
    this.#options.tally.fail('rejected', `${ref} as ${code}`);
  }
}
