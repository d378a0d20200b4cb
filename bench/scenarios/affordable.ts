import { readFileSync } from 'node:fs';

/** What a process needs besides its connections. */
const RESERVE = 500;

/** As many connections as one process may have open, up to what is wanted. Node raises the soft limit by itself. */
export function affordable(wanted: number): number {
  const limit = Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits())?.[1] ?? Number.POSITIVE_INFINITY);
  return Math.min(wanted, limit - RESERVE);
}

function limits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
