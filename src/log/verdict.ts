import type { Verdict } from '../hub/ports.ts';
import type { MessageId } from '../protocol/id.ts';

/** What a log knows of the places that it gave. */
export interface Order {
  /** Below it nothing was given in this store. */
  readonly base: number;
  /** The last N. */
  readonly head: number;
  /** The second in which an N was given, in Unix seconds; undefined where that is no longer known. */
  secondOf(n: number): number | undefined;
}

/** Judges an id by the second in which its N was given: an id of another life of the log has another one. */
export function verdictOn({ n, timestamp, k }: MessageId, order: Order): Verdict {
  if (!Number.isSafeInteger(n) || n < order.base || n > order.head) return 'unknown';
  const second = order.secondOf(n);
  if (second === undefined) return 'trimmed';
  if (k === undefined) return timestamp === second ? 'known' : 'unknown';
  // What has no place of its own is sent at any later time: one that is behind may get it long after the next place.
  return timestamp >= second ? 'known' : 'unknown';
}
