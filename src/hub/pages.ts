import { sizeOf } from '../protocol/size.ts';
import type { Clock, Entry, Log, Page, ReadRequest } from './ports.ts';
import type { Ring } from './ring.ts';

export interface PagesOptions {
  log: Log;
  clock: Clock;
  ring: Ring;
}

/** A page, and how far it was read: what was asked for, or less where it was read for somebody before. */
export interface SharedPage extends Page {
  upTo: number;
}

export interface PageRequest extends ReadRequest {
  /** The one of the rooms that is the reader's alone. */
  own: string;
  /** A page will do that was read up to here. */
  atLeast: number;
}

interface Kept {
  page: Promise<Page>;
  upTo: number;
}

/** Reads at a time: a page is in memory, whoever asks, and the log reads one after another. */
const AT_ONCE = 4;
/** Milliseconds for which a page is kept for the next one who asks: a storm of those who come back lasts that long. */
const KEPT_FOR = 1000;
const KEPT = 8;
/** Bytes of messages up to which a page is kept. */
const KEPT_SIZE = 4 * 1024 * 1024;

/**
 * Pages of the log for those who are behind. After a break thousands ask for the same one: it is read once, and the same
 * entries are given to all. What is one user's own is read apart.
 */
export class Pages {
  readonly #options: PagesOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #waiting: (() => void)[] = [];
  #reading = 0;

  constructor(options: PagesOptions) {
    this.#options = options;
  }

  /** @throws Refusal `unavailable` */
  async read({ own, atLeast, ...request }: PageRequest): Promise<SharedPage> {
    const { rooms, after, limit } = request;
    const others = new Map([...rooms].filter(([room]) => room !== own));
    const { page, upTo } = this.#shared({ ...request, rooms: others }, atLeast);
    const shared = await page;
    if (!shared.complete) return { ...shared, upTo };
    const alone = await this.#alone(own, { rooms, after, upTo, limit });
    if (!alone.complete) return { ...alone, upTo };
    return { entries: merge(shared.entries, alone.entries, limit), complete: true, upTo };
  }

  /** From what was delivered last where that reaches back. */
  async #alone(own: string, { rooms, after, upTo, limit }: ReadRequest): Promise<Page> {
    const since = Math.max(after, rooms.get(own) ?? 0);
    const recent = this.#options.ring.after(since);
    if (!recent) return this.#readOwn({ rooms: new Map([[own, since]]), after, upTo, limit });
    const entries = recent.filter((entry) => entry.n <= upTo && entry.rooms.includes(own));
    return { entries: entries.slice(0, limit), complete: true };
  }

  /** Most users have nothing of their own: that needs no turn. */
  async #readOwn(request: ReadRequest): Promise<Page> {
    const first = await this.#options.log.read({ ...request, limit: 1 });
    return first.entries.length === 0 || request.limit === 1 ? first : this.#readInTurn(request);
  }

  /** In flight, just read, or to be read. */
  #shared(request: ReadRequest, atLeast: number): Kept {
    const key = keyOf(request);
    const known = this.#kept.get(key);
    if (known && known.upTo >= atLeast) return known;
    const kept = { page: this.#readInTurn(request), upTo: request.upTo };
    this.#keep(key, kept);
    return kept;
  }

  #keep(key: string, kept: Kept): void {
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= KEPT && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(key, kept);
    const drop = () => {
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
    };
    const keep = ({ entries }: Page) =>
      sizeOfAll(entries) <= KEPT_SIZE ? void this.#options.clock.after(KEPT_FOR, drop) : drop();
    kept.page.then(keep, drop);
  }

  async #readInTurn(request: ReadRequest): Promise<Page> {
    if (this.#reading >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#reading += 1;
    try {
      return await this.#options.log.read(request);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#reading -= 1;
    }
  }
}

/** Whoever belongs to a room since before the page begins reads the same, since whenever that is. */
function keyOf({ rooms, after, limit }: ReadRequest): string {
  const since = [...rooms].map(([room, n]) => (n > after ? `${room}=${n}` : room)).sort();
  return `${after} ${limit} ${since.join(' ')}`;
}

function sizeOfAll(entries: readonly Entry[]): number {
  return entries.reduce((sum, { message }) => sum + sizeOf(message), 0);
}

/** Both in order. Behind the end of a page that is full there may be more of its own. */
function merge(shared: Entry[], own: Entry[], limit: number): Entry[] {
  if (own.length === 0) return shared;
  const end = Math.min(
    ...[shared, own].map((page) => (page.length < limit ? Number.POSITIVE_INFINITY : page.at(-1)!.n)),
  );
  const byPlace = new Map([...shared, ...own].filter(({ n }) => n <= end).map((entry) => [entry.n, entry]));
  return [...byPlace.values()].sort((a, b) => a.n - b.n).slice(0, limit);
}
