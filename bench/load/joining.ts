import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './clock.ts';
import type { Crowd } from './crowd.ts';
import type { Joining, Plan } from './plan.ts';
import { cpuOf, ownCpu } from './process-figures.ts';

/** Nobody has said anything for so long: it is quiet. */
const QUIET = 500;
const LONGEST_NOISE = 120_000;

/** Lets all clients in and waits until everyone has been told of everyone. */
export async function join(crowd: Crowd, { nodes }: Plan): Promise<Joining> {
  const begin = { instant: now(), serverCpu: cpuOf(nodes), loadCpu: ownCpu() };
  await crowd.connect();
  const seconds = secondsSince(begin.instant);
  await quiet(crowd);
  const { frames, bytes } = crowd.tally.counts();
  return {
    clients: crowd.ready,
    seconds,
    quiet: Math.max(seconds, (crowd.lastFrame - begin.instant) / 1e6),
    frames,
    bytes,
    serverCpu: cpuOf(nodes) - begin.serverCpu,
    loadCpu: ownCpu() - begin.loadCpu,
    failed: crowd.size - crowd.ready,
  };
}

export async function quiet(crowd: Crowd): Promise<void> {
  const begin = now();
  while (now() - crowd.lastFrame < QUIET * 1000 && now() - begin < LONGEST_NOISE * 1000) await sleep(50);
}

const secondsSince = (instant: number): number => (now() - instant) / 1e6;
