import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CORES, pinned } from '../servers/pin.ts';
import type { Plan, Report } from './plan.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** Has a plan carried out by a process of its own, on the load's core. */
export async function applyLoad(plan: Plan): Promise<Report> {
  const [program, ...args] = pinned(CORES.load, [process.execPath, '--import', import.meta.resolve('tsx'), MAIN]);
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The load worker ended with ${code}`);
  });
  child.send(plan);
  const [report] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => {});
  return report as Report;
}
