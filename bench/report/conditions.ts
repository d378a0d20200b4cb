import { cpus, release, type } from 'node:os';
import type { CaseResult } from '../measure.ts';
import { framesPerRead, loadSpeed } from '../scenarios/figures.ts';
import type { Effort } from '../scenarios/scenario.ts';
import { CORES, canPin } from '../servers/pin.ts';
import type { Program, ProgramName } from '../servers/program.ts';
import { describeDisk } from './disk.ts';

export interface Circumstances {
  programs: Record<ProgramName, Program>;
  effort: Effort;
  reps: number;
  /** Where servers keep their logs. */
  out: string;
  /** How the load generator itself was measured. */
  ceiling: readonly CaseResult[];
}

/** Under which conditions it was measured, as a Markdown list. */
export function conditions({ programs, effort, reps, out, ceiling }: Circumstances): string {
  const versions = Object.entries(programs).flatMap(([name, program]) =>
    'command' in program && program.version ? [`${name} ${program.version}`] : [],
  );
  return [
    `- date: ${new Date().toISOString().slice(0, 16)}Z`,
    `- machine: ${cpus().length} × ${cpus()[0]?.model.trim()}, ${type()} ${release()}, loopback`,
    `- Node ${process.version}; ${versions.join(', ')}`,
    `- pinning: ${canPin ? `servers (and Redis) on core ${CORES.server}, load on core ${CORES.load}` : 'none, it can not be done here'}`,
    `- ${effort.seconds} s each, ${reps} interleaved repetitions, medians${effort.quick ? '; QUICK: not to be quoted' : ''}`,
    `- logs on a disk: ${describeDisk(out)}`,
    `- the load generator takes, with its whole core: ${limits(ceiling)}`,
  ].join('\n');
}

function limits(ceiling: readonly CaseResult[]): string {
  const reports = ceiling.flatMap(({ results }) => results.flatMap((result) => result.reports));
  const texts = reports.map((report) => {
    const millions = (loadSpeed.of(report) ?? 0) / 1e6;
    return `${millions.toFixed(1)} M deliveries/s at ${framesPerRead.of(report)?.toFixed(0)} frames per read`;
  });
  return texts.join(', ') || 'not measured';
}
