import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Servers have a core of their own, and so has the load. */
export const CORES = { server: 0, load: 1 } as const;

export const canPin = availableParallelism() >= 2 && spawnSync('taskset', ['-c', '1', 'true']).status === 0;

/** A command, held to one core where that can be done. */
export function pinned(core: number, command: readonly string[]): [string, ...string[]] {
  const [program = '', ...args] = command;
  return canPin ? ['taskset', '-c', String(core), program, ...args] : [program, ...args];
}
