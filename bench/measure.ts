import type { Report } from './load/plan.ts';
import { applyLoad } from './load/worker.ts';
import { verdict } from './scenarios/figures.ts';
import type { Case, Contender, Effort, Entry, Figure, Scenario } from './scenarios/scenario.ts';
import { launch } from './servers/launch.ts';
import { CORES, canPin } from './servers/pin.ts';
import type { Program, ProgramName } from './servers/program.ts';

/** Nobody is refused anything: what is measured is the work, not the limits. */
const SETTINGS = { LOG: 'memory', LOG_LEVEL: 'error', RATE_LIMIT: '1000000000', RATE_BURST: '1000000000' };

/** All runs of one contender in one case. */
export interface Result {
  contender: Contender;
  reports: Report[];
}

export interface CaseResult {
  title: string;
  results: Result[];
}

export interface Course {
  programs: Record<ProgramName, Program>;
  effort: Effort;
  reps: number;
  say: (text: string) => void;
}

/** Measures all cases of a scenario. */
export async function measure(scenario: Scenario, course: Course): Promise<CaseResult[]> {
  const done: CaseResult[] = [];
  for (const one of scenario.cases(course.effort)) done.push(await measureCase(scenario, one, course));
  return done;
}

/** The contenders take turns, so that a disturbance meets them all. */
async function measureCase(scenario: Scenario, { title, entries }: Case, course: Course): Promise<CaseResult> {
  const there = entries.filter(({ contender }) => 'command' in course.programs[contender.program]);
  const results = there.map(({ contender }): Result => ({ contender, reports: [] }));
  for (let rep = 0; rep < course.reps; rep++) {
    for (const [place, entry] of there.entries()) {
      const report = await attempt(entry, course.programs).catch((error: Error) => error);
      const line = report instanceof Error ? `failed: ${report.message}` : brief(scenario, report);
      course.say(`${title} | ${entry.contender.title} | ${line}`);
      if (!(report instanceof Error)) results[place]?.reports.push(report);
    }
  }
  return { title, results };
}

/** A void run is repeated once: it may have been a disturbance. */
async function attempt(entry: Entry, programs: Course['programs']): Promise<Report> {
  const report = await runOnce(entry, programs);
  return verdict(report) === 'void' ? runOnce(entry, programs) : report;
}

async function runOnce({ contender, load }: Entry, programs: Course['programs']): Promise<Report> {
  const program = programs[contender.program];
  if ('missing' in program) throw new Error(program.missing);
  const server = await launch(program.command, { ...SETTINGS, ...contender.settings });
  try {
    const { port, pid } = server;
    const report = await applyLoad({ ...load, port, pid, ...(canPin && { cores: CORES }) });
    if (!server.alive()) throw new Error('the server has ended');
    return report;
  } finally {
    await server.stop();
  }
}

/** A line for those who wait. */
function brief({ main, figures }: Scenario, report: Report): string {
  const show = ({ title, of, digits }: Figure) => {
    const value = of(report);
    return value === undefined ? [] : `${title} ${value.toFixed(digits)}`;
  };
  const mark = verdict(report) === 'good' ? '' : ` | ${verdict(report)}`;
  const complaint = report.complaints[0] ? ` | ${report.complaints[0].slice(0, 200)}` : '';
  return [main, ...figures].flatMap(show).join(', ') + mark + complaint;
}
