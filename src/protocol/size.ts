import type { Body } from './message.ts';

/** What an entry costs besides its text: objects, keys, numbers. */
export const OVERHEAD = 256;

/** Roughly the bytes that a message takes in memory. @throws TypeError where it can't be written as JSON */
export function sizeOf({ content, data }: Body): number {
  return OVERHEAD + content.length + (data === null ? 0 : JSON.stringify(data).length);
}
