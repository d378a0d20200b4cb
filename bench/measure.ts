import type { Report } from './load/plan.ts';
import { applyLoad } from './load/worker.ts';
import { verdict } from './scenarios/figures.ts';
import type { Case, Columns, Contender, Effort, Entry, Figure, Scenario } from './scenarios/scenario.ts';
import { inDataFolder } from './servers/data-folder.ts';
import { deploy } from './servers/deployment.ts';
import { CORES, canPin } from './servers/pin.ts';
import type { Program, ProgramName } from './servers/program.ts';

/** Nobody is refused anything: what is measured is the work, not the limits. */
const SETTINGS = { LOG: 'memory', LOG_LEVEL: 'error', RATE_LIMIT: '1000000000', RATE_BURST: '1000000000' };

/** All runs of one contender in one case. */
export interface Result {
  contender: Contender;
  reports: Report[];
}

export interface CaseResult extends Partial<Columns> {
  title: string;
  results: Result[];
}

export interface Course {
  programs: Record<ProgramName, Program>;
  effort: Effort;
  reps: number;
  /** Only cases whose titles have this. */
  case?: string;
  /** Where results go, and for a while what servers keep on the disk. */
  out: string;
  say: (text: string) => void;
}

/** Measures all cases of a scenario. */
export async function measure(scenario: Scenario, course: Course): Promise<CaseResult[]> {
  const done: CaseResult[] = [];
  const cases = scenario.cases(course.effort).filter(({ title }) => title.includes(course.case ?? ''));
  for (const one of cases) done.push(await measureCase(scenario, one, course));
  return done;
}

function isThere({ program, nodes }: Contender, programs: Course['programs']): boolean {
  return 'command' in programs[program] && (nodes === undefined || 'command' in programs.redis);
}

/** The contenders take turns, so that a disturbance meets them all. */
async function measureCase(scenario: Scenario, { entries, ...about }: Case, course: Course): Promise<CaseResult> {
  const columns = { ...scenario, ...about };
  const there = entries.filter(({ contender }) => isThere(contender, course.programs));
  const results = there.map(({ contender }): Result => ({ contender, reports: [] }));
  for (let rep = 0; rep < course.reps; rep++) {
    for (const [place, entry] of there.entries()) {
      const report = await attempt(entry, course).catch((error: Error) => error);
      const line = report instanceof Error ? `failed: ${report.message}` : brief(columns, report);
      course.say(`${about.title} | ${entry.contender.title} | ${line}`);
      if (!(report instanceof Error)) results[place]?.reports.push(report);
    }
  }
  return { ...about, results };
}

/** A void run is repeated once: it may have been a disturbance. */
async function attempt(entry: Entry, course: Course): Promise<Report> {
  const once = () => inDataFolder(course.out, (folder) => runOnce(entry, course.programs, folder));
  const report = await once();
  return verdict(report) === 'void' ? once() : report;
}

/** @param folder empty, for the log of a server that keeps it on a disk */
async function runOnce({ contender, load }: Entry, programs: Course['programs'], folder: string): Promise<Report> {
  const program = programs[contender.program];
  if ('missing' in program) throw new Error(program.missing);
  const settings = { ...SETTINGS, DATA_DIR: folder, ...contender.settings };
  const deployment = await deploy(program.command, settings, contender.nodes);
  try {
    const { places, redis } = deployment;
    const plan = { ...load, nodes: places, ...(redis && { redis }), ...(canPin && { cores: CORES }) };
    const report = await applyLoad(plan, (fault) => deployment.strike(fault));
    if (!deployment.alive()) throw new Error('a server has ended');
    return report;
  } finally {
    await deployment.stop();
  }
}

/** A line for those who wait. */
function brief({ main, figures }: Columns, report: Report): string {
  const show = ({ title, of, digits }: Figure) => {
    const value = of(report);
    return value === undefined ? [] : `${title} ${value.toFixed(digits)}`;
  };
  const mark = verdict(report) === 'good' ? '' : ` | ${verdict(report)}`;
  const complaint = report.complaints[0] ? ` | ${report.complaints[0].slice(0, 200)}` : '';
  return [main, ...figures].flatMap(show).join(', ') + mark + complaint;
}
