import { readFileSync } from 'node:fs';

/** The kernel's clock tick, in which it counts processor time; the same on every Linux that Node runs on. */
const TICKS = 100;

/** Processor seconds of a process with all its threads, user and system together; 0 where it is gone. */
export function cpuOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  // The name, in parentheses, may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS;
}

/** Resident memory of a process in KiB: now, and at its highest. */
export function memoryOf(pid: number): { now: number; peak: number } {
  const status = read(`/proc/${pid}/status`);
  const value = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return { now: value('VmRSS'), peak: value('VmHWM') };
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
