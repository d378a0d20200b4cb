import type { Logger } from '../../src/index.ts';
import { Deferred } from './deferred.ts';

/** What a server logs, in words, and who waits for it. */
export class LogLines {
  readonly texts: string[] = [];
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  readonly logger: Logger = {
    info: (_fields, text) => this.#add(text),
    warn: (_fields, text) => this.#add(text),
    error: (_fields, text) => this.#add(text),
  };

  /** The next line that begins so; those before it are passed over. */
  async next(start: string): Promise<string> {
    for (;;) {
      const index = this.texts.findIndex((text, place) => place >= this.#taken && text.startsWith(start));
      if (index >= 0) {
        this.#taken = index + 1;
        return this.texts[index]!;
      }
      const more = new Deferred<void>();
      this.#waiting.add(more.resolve);
      await more.promise;
    }
  }

  #add(text: string): void {
    this.texts.push(text);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
