import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './clock.ts';
import type { Crowd } from './crowd.ts';

/** Nothing arrives for so long though something is to come: nothing more will. */
const STALL = 10_000;
const LOOK = 50;

/** Waits for something. @returns true where it gave up, since nothing more arrived */
export async function unlessStalled(crowd: Pick<Crowd, 'lastFrame'>, done: () => boolean): Promise<boolean> {
  const begin = now();
  while (!done()) {
    if (now() - Math.max(begin, crowd.lastFrame) > STALL * 1000) return true;
    await sleep(LOOK);
  }
  return false;
}
