import type { Clock } from '../hub/ports.ts';

interface Verdict {
  answer: Promise<boolean>;
  /** Milliseconds. */
  until: number;
}

export interface VerdictsOptions {
  clock: Clock;
  /** Milliseconds for which an answer counts; 0: for its own question alone. */
  authCache: number;
  /** Answers that are kept at most. */
  authCacheSize: number;
}

/** Answers to questions that are asked over and over. The same question asked meanwhile waits for the same answer. */
export class Verdicts {
  readonly #options: VerdictsOptions;
  /** In the order of asking. */
  readonly #verdicts = new Map<string, Verdict>();

  constructor(options: VerdictsOptions) {
    this.#options = options;
  }

  /** @param ask is called where there is no answer that counts; what it fails with is not kept */
  of(question: string, ask: () => Promise<boolean>): Promise<boolean> {
    const { clock, authCache } = this.#options;
    const known = this.#verdicts.get(question);
    if (known && known.until > clock.now()) return known.answer;
    this.#verdicts.delete(question);
    const verdict = { answer: ask(), until: clock.now() + authCache };
    if (authCache > 0) this.#keep(question, verdict);
    return verdict.answer;
  }

  #keep(question: string, verdict: Verdict): void {
    this.#verdicts.set(question, verdict);
    verdict.answer.catch(() => {
      if (this.#verdicts.get(question) === verdict) this.#verdicts.delete(question);
    });
    const [oldest] = this.#verdicts.keys();
    if (this.#verdicts.size > this.#options.authCacheSize && oldest !== undefined) this.#verdicts.delete(oldest);
  }
}
