import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long bad luck lasts: what is struck meanwhile is well again when it has ended. */
export class Season {
  readonly #end = new AbortController();
  readonly #spells = new Set<Promise<void>>();

  constructor() {
    // One for each spell that lasts.
    setMaxListeners(0, this.#end.signal);
  }

  get over(): boolean {
    return this.#end.signal.aborted;
  }

  /** Waits for a spell at the end. */
  follow(spell: Promise<void>): void {
    const followed: Promise<void> = spell.finally(() => this.#spells.delete(followed));
    this.#spells.add(followed);
  }

  /** Less where the season ends. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#end.signal }).catch(() => {});
  }

  /** Everything is well again when this resolves. */
  async end(): Promise<void> {
    this.#end.abort();
    while (this.#spells.size > 0) await Promise.all(this.#spells);
  }
}
