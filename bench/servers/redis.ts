import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Place } from '../load/plan.ts';
import { answers } from './answers.ts';
import { end, freePort, isAlive } from './launch.ts';
import { CORES, pinned } from './pin.ts';

const PATIENCE = 5000;

export interface RunningRedis extends Place {
  url: string;
  stop(): Promise<void>;
}

/** Starts a redis-server with nothing in it, on the servers' core. It keeps nothing on a disk. */
export async function launchRedis(): Promise<RunningRedis> {
  const port = await freePort();
  const flags = { port, bind: '127.0.0.1', save: '', appendonly: 'no' };
  const command = ['redis-server', ...Object.entries(flags).flatMap(([key, value]) => [`--${key}`, String(value)])];
  const [program, ...args] = pinned(CORES.server, command);
  const child = spawn(program, args, { stdio: 'ignore' });
  const kill = () => void end(child);
  process.once('exit', kill);
  for (const begin = Date.now(); !(await answers(port)); await sleep(20)) {
    if (!isAlive(child) || Date.now() - begin > PATIENCE) throw new Error('redis-server does not listen');
  }
  const stop = () => {
    process.off('exit', kill);
    return end(child);
  };
  return { port, pid: child.pid!, url: `redis://127.0.0.1:${port}`, stop };
}
