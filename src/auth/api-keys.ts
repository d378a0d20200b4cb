import { createHash, timingSafeEqual } from 'node:crypto';

/** The keys of backends. Several count at once, so that one can be replaced while the other is still in use. */
export class ApiKeys {
  readonly #digests: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.#digests = keys.map(digestOf);
  }

  /**
   * Is this one of them? All are compared, and digests of one length: the time that it takes tells nothing of them.
   */
  accepts(key: string): boolean {
    const digest = digestOf(key);
    return this.#digests.filter((known) => timingSafeEqual(known, digest)).length > 0;
  }
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
