import type { Clock, Logger } from '../hub/ports.ts';
import { type Contents, checkKeyPair, type KeyPair, type KeyPairFiles, readContents, validityOf } from './key-pair.ts';
import { Reminder } from './reminder.ts';
import { watchFolders } from './watch.ts';

export interface RenewalOptions {
  files: KeyPairFiles;
  clock: Clock;
  logger: Logger;
  /** Connections that begin from now on are to be served with it. */
  take(pair: KeyPair): void;
}

/** Certificate and key are replaced one after the other: only when it has been quiet for so long are they looked at. */
const QUIET = 200;
/** Not every change is heard of: a share over the network tells nothing. */
const LOOK = 10_000;
const DAY = 86_400_000;

/** A certificate that is renewed while the server runs. */
export class Renewal {
  readonly #options: RenewalOptions;
  readonly #reminder: Reminder;
  /** What was found last, good or bad: it is judged once. */
  #seen = '';
  #validTo = 0;
  #stopWatching = () => {};
  #stopLooking = () => {};
  #cancelLook = () => {};
  #cancelLater = () => {};
  /** One look follows another: a disk that hangs holds up nothing else. */
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
    this.#reminder = new Reminder(options.clock, options.logger);
  }

  /** When the one in use expires, in milliseconds since the epoch. */
  get validTo(): number {
    return this.#validTo;
  }

  /** Takes what is there, and what comes. @throws Error whose message is one line for the operator */
  async start(): Promise<void> {
    const { files, clock } = this.#options;
    const contents = await readContents(files);
    if (this.#stopped) return;
    this.#seen = JSON.stringify(contents);
    this.#take(checkKeyPair(contents, files));
    // Also one that has expired: who stands before us may not look at that, no reason to serve nobody at all.
    this.#reminder.check();
    this.#watch();
    this.#stopLooking = clock.every(LOOK, () => {
      this.#reminder.check();
      void this.look();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#stopWatching();
    this.#stopLooking();
    this.#cancelLook();
    this.#cancelLater();
  }

  get #fields() {
    return { event: 'certificate', file: this.#options.files.cert, validTo: new Date(this.#validTo).toISOString() };
  }

  #watch(): void {
    const { cert, key } = this.#options.files;
    this.#stopWatching();
    this.#stopWatching = watchFolders([cert, key], () => this.#lookSoon());
  }

  #lookSoon(): void {
    this.#cancelLook();
    this.#cancelLook = this.#options.clock.after(QUIET, () => void this.look());
  }

  /** Looks whether there is a new one. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#compare());
    return this.#looking;
  }

  async #compare(): Promise<void> {
    const found = await this.#find();
    const seen = JSON.stringify(found);
    if (this.#stopped || seen === this.#seen) return;
    this.#seen = seen;
    // Links may lead elsewhere now.
    this.#watch();
    this.#judge(found);
  }

  /** What is in the files, or why that can't be known. */
  async #find(): Promise<Contents | string> {
    try {
      return await readContents(this.#options.files);
    } catch (error) {
      return wordsOf(error);
    }
  }

  #judge(found: Contents | string): void {
    const { logger, files } = this.#options;
    try {
      if (typeof found === 'string') throw new Error(found);
      this.#take(this.#fit(checkKeyPair(found, files)));
      logger.info(this.#fields, 'A new TLS certificate is in use');
    } catch (error) {
      logger.warn(this.#fields, `The TLS certificate stays as it was: ${wordsOf(error)}`);
    }
  }

  /** @throws Error where no client would take it */
  #fit(pair: KeyPair): KeyPair {
    const { clock, files } = this.#options;
    const { from, to } = validityOf(pair);
    if (to <= clock.now()) throw new Error(`The new one in ${files.cert} has expired`);
    if (from > clock.now()) this.#postpone(from - clock.now());
    return pair;
  }

  /** @throws Error that says so */
  #postpone(ms: number): never {
    this.#cancelLater();
    this.#cancelLater = this.#options.clock.after(Math.min(ms, DAY), () => {
      this.#seen = '';
      void this.look();
    });
    throw new Error(`The new one in ${this.#options.files.cert} is not valid yet`);
  }

  #take(pair: KeyPair): void {
    this.#options.take(pair);
    const validity = validityOf(pair);
    this.#validTo = validity.to;
    this.#reminder.watch(validity, this.#fields);
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
