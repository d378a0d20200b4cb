import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CORES, pinned } from '../servers/pin.ts';
import type { Fault, Plan, Report } from './plan.ts';
import type { Strike } from './recover.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** What a worker says: its report, or before that a wish. */
type Word = { report: Report } | { wish: Exclude<Fault, 'none'> };

/**
 * Has a plan carried out by a process of its own, on the load's core.
 * @param strike does what the plan wants to be done to the first server
 */
export async function applyLoad(plan: Plan, strike: Strike): Promise<Report> {
  const [program, ...args] = pinned(CORES.load, [process.execPath, '--import', import.meta.resolve('tsx'), MAIN]);
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The load worker ended with ${code}`);
  });
  child.send(plan);
  const report = await Promise.race([listen(child, strike), ended]);
  ended.catch(() => {});
  return report;
}

function listen(child: ChildProcess, strike: Strike): Promise<Report> {
  return new Promise((resolve, reject) => {
    child.on('message', (word: Word) => {
      if ('report' in word) resolve(word.report);
      else strike(word.wish).then((nodes) => void child.send(nodes), reject);
    });
  });
}
