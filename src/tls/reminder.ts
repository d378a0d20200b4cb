import type { Clock, Logger } from '../hub/ports.ts';
import type { Validity } from './key-pair.ts';

const DAY = 86_400_000;
/** So long before a certificate ends it is told of: enough to find out why no new one is there. */
const EARLY = 14 * DAY;

/** Tells once a day that a certificate is about to expire, or has. */
export class Reminder {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #fields = { file: '' };
  #ends = 0;
  #begins = 0;
  #toldAt: number | undefined;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** From now on it is about this one. */
  watch({ from, to }: Validity, fields: { file: string }): void {
    this.#fields = fields;
    this.#ends = to;
    // One that is made for days alone is renewed within them.
    this.#begins = to - Math.min(EARLY, (to - from) / 3);
    this.#toldAt = undefined;
  }

  /** To be called from time to time. */
  check(): void {
    const now = this.#clock.now();
    if (now < this.#begins || this.#hasTold(now)) return;
    this.#toldAt = now;
    const left = this.#ends - now;
    const what = `The TLS certificate ${this.#fields.file}`;
    if (left > 0) this.#logger.warn(this.#fields, `${what} expires in ${inWords(left)}: renew it`);
    else this.#logger.error(this.#fields, `${what} has expired, and clients refuse it: renew it`);
  }

  /** Within the day. A clock that was set back is told of once more, rather than not for days. */
  #hasTold(now: number): boolean {
    if (this.#toldAt === undefined) return false;
    // The end itself is news.
    if (this.#toldAt < this.#ends && now >= this.#ends) return false;
    return Math.abs(now - this.#toldAt) < DAY;
  }
}

/** Rounded down: nobody is to think that there is more time than there is. */
function inWords(left: number): string {
  const days = Math.floor(left / DAY);
  if (days < 1) return 'less than a day';
  return days === 1 ? '1 day' : `${days} days`;
}
