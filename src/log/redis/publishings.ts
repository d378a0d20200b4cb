import type { Draft, Receipt } from '../../hub/ports.ts';
import { Refusal } from '../../protocol/errors.ts';
import { OVERHEAD } from '../../protocol/size.ts';
import type { Place } from './echo.ts';

/** A draft that waits for its echo. */
export interface Publishing {
  draft: Draft;
  bytes: number;
  /** When it was published, in milliseconds. */
  since: number;
  /** Its connection has ended before it was answered: whether it has taken place only its echo can tell. */
  cut: boolean;
  /** The place that Redis has answered. */
  place?: Place;
  /** It has been answered since the last look. */
  fresh: boolean;
  resolve(receipt: Receipt): void;
  reject(error: Error): void;
}

// What may wait: a Redis that stands still must not fill the memory.
const MAX_WAITING = 50_000;
const MAX_WAITING_BYTES = 64 * 1024 ** 2;
/** Milliseconds after which one whose fate nobody knows is given up. */
export const PATIENCE = 2000;
/** The same, where Redis is there and slow. */
const LONG_PATIENCE = 10_000;

/** What this node has published and not handed out yet, in the order of publishing. */
export class Publishings {
  readonly #node: string;
  readonly #all = new Map<string, Publishing>();
  #count = 0;
  #bytes = 0;
  #emptied: () => void = () => {};

  /** @param node its name, by which it knows its own echoes */
  constructor(node: string) {
    this.#node = node;
  }

  /** More would be more than the memory should hold. */
  get full(): boolean {
    return this.#all.size >= MAX_WAITING || this.#bytes >= MAX_WAITING_BYTES;
  }

  /** @returns the tag by which its echo is known */
  add(publishing: Pick<Publishing, 'draft' | 'bytes' | 'since' | 'resolve' | 'reject'>): string {
    this.#count += 1;
    const tag = `${this.#node}:${this.#count}`;
    const bytes = publishing.bytes + OVERHEAD;
    this.#all.set(tag, { ...publishing, bytes, cut: false, fresh: false });
    this.#bytes += bytes;
    return tag;
  }

  get(tag: string): Publishing | undefined {
    return this.#all.get(tag);
  }

  /** It waits no more. */
  take(tag: string): Publishing | undefined {
    const publishing = this.#all.get(tag);
    if (!publishing) return undefined;
    this.#all.delete(tag);
    this.#bytes -= publishing.bytes;
    if (this.#all.size === 0) this.#emptied();
    return publishing;
  }

  refuse(tag: string): void {
    this.take(tag)?.reject(new Refusal('unavailable'));
  }

  /** Gives up what has waited too long. @param silent nobody has heard of Redis for a while */
  expire(now: number, silent: boolean): void {
    for (const [tag, { since, cut }] of this.#all) {
      if (now - since < PATIENCE) return;
      if (cut || silent || now - since > LONG_PATIENCE) this.refuse(tag);
    }
  }

  /** The order goes on behind a place: what was given one until there is not handed out here any more. */
  pass(head: number): void {
    for (const [tag, { place }] of this.#all) if (place && place.n <= head) this.refuse(tag);
  }

  /** What takes no place and was answered before the last look: its echo is lost. */
  lost(): [string, Publishing][] {
    const all = [...this.#all].filter(([, { place, draft }]) => place && draft.class === 'ephemeral');
    return all.filter(([, publishing]) => !publishing.fresh);
  }

  /** Another look is taken. */
  look(): void {
    for (const publishing of this.#all.values()) publishing.fresh = false;
  }

  /** Resolves when nothing waits. */
  empty(): Promise<void> {
    if (this.#all.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#emptied = resolve;
    });
  }
}
