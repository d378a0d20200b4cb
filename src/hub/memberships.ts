import { DEFAULT_ROOM } from '../protocol/message.ts';

/** A stretch of the order in which a room is heard: what comes after `since`, up to and including `until`. */
interface Span {
  since: number;
  until: number;
}

/**
 * Where one session is. It asks to be in a room, and hears it once that has its place in the order. Of the default room,
 * which most sessions are in alone, nothing is kept but that place: collections of its own cost a connection much.
 */
export class Memberships {
  #since: number | undefined;
  #asked: Set<string> | undefined;
  #heard: Map<string, Span[]> | undefined;

  // --- asked for: where the session may write ---

  /** The default room among them. */
  get size(): number {
    return 1 + (this.#asked?.size ?? 0);
  }

  has(room: string): boolean {
    return room === DEFAULT_ROOM || this.#asked?.has(room) === true;
  }

  ask(room: string): void {
    if (room === DEFAULT_ROOM) return;
    this.#asked ??= new Set();
    this.#asked.add(room);
  }

  giveUp(room: string): void {
    this.#asked?.delete(room);
  }

  /** In the order of asking, the default room first. */
  names(): string[] {
    return [DEFAULT_ROOM, ...(this.#asked ?? [])];
  }

  // --- heard: what reaches the session ---

  /** It hears the default room: everything begins with that. */
  get begun(): boolean {
    return this.#since !== undefined;
  }

  hears(room: string): boolean {
    return room === DEFAULT_ROOM ? this.begun : this.hearsAll(room, Number.POSITIVE_INFINITY);
  }

  /** Does all that has a place from `first` to `last` reach it? One that is behind may have come and gone since. */
  hearsAll(room: string, first: number, last = first): boolean {
    if (room === DEFAULT_ROOM) return this.#since !== undefined && first > this.#since;
    return this.#heard?.get(room)?.some(({ since, until }) => first > since && last <= until) === true;
  }

  /** @param n the place after which it does */
  hear(room: string, n: number): void {
    if (room === DEFAULT_ROOM) {
      this.#since = n;
      return;
    }
    this.#heard ??= new Map();
    this.#heard.set(room, [...(this.#heard.get(room) ?? []), { since: n, until: Number.POSITIVE_INFINITY }]);
  }

  /** @param n the place up to which it still does */
  unhear(room: string, n: number): void {
    for (const span of this.#heard?.get(room) ?? []) span.until = Math.min(span.until, n);
  }

  /** It comes back: it hears what has come after `n`, in all its rooms. */
  rewind(n: number): void {
    this.#since = n;
    for (const spans of this.#heard?.values() ?? []) for (const span of spans) span.since = Math.min(span.since, n);
  }

  /** Forgets the rooms that it no longer hears: nothing of them is left to be read. */
  tidy(): void {
    for (const room of this.#heard?.keys() ?? []) if (!this.hears(room)) this.#heard?.delete(room);
  }

  /** What it hears, or has heard and not yet read → the place after which it does, the default room first. */
  heard(): Map<string, number> {
    const since = this.#since;
    const others = [...(this.#heard ?? [])].map(([room, [first]]) => [room, first!.since] as const);
    return new Map([...(since === undefined ? [] : [[DEFAULT_ROOM, since] as const]), ...others]);
  }
}
