import { closeSync, fdatasyncSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './summary.ts';

const TIMES = 50;
const BLOCK = Buffer.alloc(4096, 1);
const KINDS: Record<number, string> = {
  61267: 'ext4',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  2035054128: 'overlay',
  16914836: 'tmpfs, which is no disk',
};

/** What a folder is on, and how long that takes to keep a block: a commit that is to survive a power cut waits for it. */
export function describeDisk(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const { type } = statfsSync(folder);
  return `${KINDS[type] ?? `type 0x${type.toString(16)}`}, a write of 4 KiB with fdatasync takes ${syncTime(folder).toFixed(2)} ms`;
}

function syncTime(folder: string): number {
  const path = join(folder, 'sync-probe');
  const file = openSync(path, 'w');
  try {
    return median(Array.from({ length: TIMES }, () => timeOf(() => keep(file))));
  } finally {
    closeSync(file);
    rmSync(path);
  }
}

function keep(file: number): void {
  writeSync(file, BLOCK);
  fdatasyncSync(file);
}

function timeOf(work: () => void): number {
  const begin = performance.now();
  work();
  return performance.now() - begin;
}
