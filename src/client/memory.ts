import type { Message, UserRow } from './message.ts';
import type { Options, StorageLike } from './options.ts';

/** What outlives a connection and, with a storage, a reload of the page. */
export class Memory {
  /** A secret of the user. */
  session: string | undefined;
  /** The id of the last message received: a complete position. */
  lastId: string | undefined;
  /** Who the server takes the client for. */
  self: Partial<UserRow> | undefined;
  readonly #storage: StorageLike | undefined;
  readonly #key: string;

  constructor(options: Options, key: string) {
    this.session = options.session;
    this.lastId = options.lastId;
    this.#storage = options.storage;
    this.#key = key;
  }

  /** Reads the first list of a connection, whose first row is the client itself. */
  connected(list: Message): void {
    this.session = list.session ?? this.session;
    this.self = (list.data as Partial<UserRow>[] | null)?.[0];
  }

  /** Takes over from the page before; a duplicated tab, which is given a copy of the storage, finds nothing there. */
  load(): void {
    this.#attempt((storage) => Object.assign(this, JSON.parse(storage.getItem(this.#key) as string)));
    this.clear();
  }

  /** Leaves everything to the next page. */
  save(): void {
    this.#attempt((storage) => storage.setItem(this.#key, JSON.stringify(this)));
  }

  /** The next page finds nothing. */
  clear(): void {
    this.#attempt((storage) => storage.removeItem(this.#key));
  }

  /** A storage may be denied or full: then a reload begins anew. */
  #attempt(use: (storage: StorageLike) => void): void {
    try {
      if (this.#storage) use(this.#storage);
    } catch {}
  }
}
