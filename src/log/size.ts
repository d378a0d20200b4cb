import type { Entry } from '../hub/ports.ts';

// What an entry costs besides its text: objects, keys, numbers.
const OVERHEAD = 256;

/** Roughly the bytes that an entry takes in memory. */
export function sizeOf({ message }: Entry): number {
  return OVERHEAD + message.content.length + (message.data === null ? 0 : JSON.stringify(message.data).length);
}
