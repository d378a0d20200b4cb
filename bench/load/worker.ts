import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CORES, pinned } from '../servers/pin.ts';
import type { Plan, Report } from './plan.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** What a worker says: its report, or before that a wish. */
type Word = { report: Report } | { wish: 'restart' };

/**
 * Has a plan carried out by a process of its own, on the load's core.
 * @param restart kills the server and starts it again; resolves with its new process
 */
export async function applyLoad(plan: Plan, restart: () => Promise<number>): Promise<Report> {
  const [program, ...args] = pinned(CORES.load, [process.execPath, '--import', import.meta.resolve('tsx'), MAIN]);
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The load worker ended with ${code}`);
  });
  child.send(plan);
  const report = await Promise.race([listen(child, restart), ended]);
  ended.catch(() => {});
  return report;
}

function listen(child: ChildProcess, restart: () => Promise<number>): Promise<Report> {
  return new Promise((resolve, reject) => {
    child.on('message', (word: Word) => {
      if ('report' in word) resolve(word.report);
      else restart().then((pid) => void child.send(pid), reject);
    });
  });
}
