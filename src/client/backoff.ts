import type { Settings } from './options.ts';

/**
 * The pause after so many failures, in milliseconds. It is random up to a bound that doubles, so that a crowd does not come
 * back as one.
 *
 * @param seconds what the server has asked for, which comes before it
 */
export function pauseAfter(failures: number, settings: Settings, seconds = 0): number {
  const bound = Math.min(settings.reconnectionDelayMax, settings.reconnectionDelay * 2 ** failures);
  return seconds * 1000 + settings.random() * bound;
}
