// What holds for the life of every log, whatever it is made of.

/** Milliseconds for which a clientMsgId is remembered. */
export const IDEMPOTENCY_WINDOW = 24 * 3600 * 1000;

const BASE_SPREAD = 1_000_000;

/** Where a fresh log begins: somewhere else each time, so that ids of different lives hardly collide. */
export function newBase(): number {
  return Math.floor(Math.random() * BASE_SPREAD);
}
