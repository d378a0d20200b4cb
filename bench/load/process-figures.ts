import { readFileSync } from 'node:fs';
import type { Place } from './plan.ts';

/** The kernel's clock tick, in which it counts processor time; the same on every Linux that Node runs on. */
const TICKS = 100;

/** Processor seconds of processes, all together. */
export function cpuOf(places: readonly Place[]): number {
  return places.reduce((sum, { pid }) => sum + processorTime(pid), 0);
}

/** Of a process with all its threads, user and system together; 0 where it is gone. */
function processorTime(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  // The name, in parentheses, may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS;
}

/** Resident memory of processes in KiB, all together: now, and at its highest. */
export function memoryOf(places: readonly Place[]): { now: number; peak: number } {
  const statuses = places.map(({ pid }) => read(`/proc/${pid}/status`));
  const sum = (key: string) => statuses.reduce((total, status) => total + valueIn(status, key), 0);
  return { now: sum('VmRSS'), peak: sum('VmHWM') };
}

function valueIn(status: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
}

/** Seconds that a core has been busy, whoever used it. */
export function busyOf(core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(read('/proc/stat'))?.[1] ?? '';
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, soft = 0] = line.split(' ').map(Number);
  return (user + nice + system + interrupts + soft) / TICKS;
}

/** Processor seconds of this process. */
export function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
