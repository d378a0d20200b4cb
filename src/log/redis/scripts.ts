import { createHash } from 'node:crypto';
import type { Connection } from './connection.ts';
import { CHECK, ENTER, LOOK, prelude, type ScriptOptions, SEAT } from './lua/order.ts';
import { PUBLISH, RECEIPT } from './lua/publish.ts';
import { HISTORY, HOLE, READ, STATES } from './lua/read.ts';
import { CLOSE_SESSION, SAVE_SESSION, SESSION } from './lua/session.ts';

const TEXTS = {
  enter: ENTER,
  look: LOOK,
  seat: SEAT,
  check: CHECK,
  publish: PUBLISH,
  receipt: RECEIPT,
  read: READ,
  history: HISTORY,
  states: STATES,
  hole: HOLE,
  saveSession: SAVE_SESSION,
  closeSession: CLOSE_SESSION,
  session: SESSION,
};

export type ScriptName = keyof typeof TEXTS;

interface Script {
  text: string;
  hash: string;
}

/** A call that waits until Redis has the scripts again. */
interface Waiting {
  name: ScriptName;
  args: (string | number)[];
  resolve(reply: unknown): void;
  reject(error: Error): void;
}

/**
 * The scripts that Redis runs for the log, each in one step. They take effect in the order of the calls, also where
 * Redis has forgotten them in between.
 */
export class Scripts {
  readonly #connection: Connection;
  readonly #key: string;
  readonly #scripts = new Map<ScriptName, Script>();
  /** What Redis did not know, while it is given the scripts again. */
  #failed: Waiting[] | undefined;
  /** What was called since. */
  #waiting: Waiting[] = [];

  constructor(connection: Connection, options: ScriptOptions) {
    this.#connection = connection;
    this.#key = `${options.prefix}head`;
    const head = prelude(options);
    for (const name of Object.keys(TEXTS) as ScriptName[]) {
      const text = head + TEXTS[name];
      this.#scripts.set(name, { text, hash: createHash('sha1').update(text).digest('hex') });
    }
  }

  /** Gives Redis all of them. */
  async load(): Promise<void> {
    const { redis } = this.#connection;
    await Promise.all([...this.#scripts.values()].map(({ text }) => redis.script('LOAD', text)));
  }

  call(name: ScriptName, ...args: (string | number)[]): Promise<unknown> {
    if (!this.#failed) return this.#send(name, args);
    return new Promise((resolve, reject) => this.#waiting.push({ name, args, resolve, reject }));
  }

  #send(name: ScriptName, args: (string | number)[]): Promise<unknown> {
    this.#connection.gather();
    const reply = this.#connection.redis.evalsha(this.#scripts.get(name)!.hash, 1, this.#key, ...args);
    return reply.catch((error: Error) => {
      if (!error.message.startsWith('NOSCRIPT')) throw error;
      return this.#again(name, args);
    });
  }

  /** All that is under way behind it is refused as well, and comes here in its order. */
  #again(name: ScriptName, args: (string | number)[]): Promise<unknown> {
    if (!this.#failed) {
      this.#failed = [];
      this.load().then(
        () => this.#release(),
        (error: Error) => this.#release(error),
      );
    }
    return new Promise((resolve, reject) => this.#failed?.push({ name, args, resolve, reject }));
  }

  #release(error?: Error): void {
    const all = [...(this.#failed ?? []), ...this.#waiting];
    this.#failed = undefined;
    this.#waiting = [];
    for (const { name, args, resolve, reject } of all) {
      if (error) reject(error);
      else this.#send(name, args).then(resolve, reject);
    }
  }
}
