import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CaseResult, type Course, measure } from './measure.ts';
import { HELP, readOptions } from './options.ts';
import { chart } from './report/chart.ts';
import { conditions } from './report/conditions.ts';
import { markdown } from './report/table.ts';
import { ceiling } from './scenarios/ceiling.ts';
import { SCENARIOS } from './scenarios/index.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { findPrograms, type Program } from './servers/program.ts';

const BENCH = fileURLToPath(new URL('.', import.meta.url));

const say = (text: string) => void process.stdout.write(`${text}\n`);
const options = readOptions(process.argv.slice(2));

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
if (options.help) say(HELP);
else await bench();

async function bench(): Promise<void> {
  installPeers();
  const programs = findPrograms(options.ambos);
  for (const [name, program] of Object.entries(programs)) tellMissing(name, program);
  const course = { ...options, programs, say };
  const where = conditions({ ...course, ceiling: await measureCeiling(course) });
  say(`\n${where}`);
  for (const scenario of SCENARIOS.filter(({ name }) => options.only.includes(name))) {
    say(`\n== ${scenario.title}`);
    write(scenario, await measure(scenario, course), where);
  }
}

/** What the load generator can take is to be known before anything is believed. */
function measureCeiling(course: Course): Promise<CaseResult[]> {
  say(`== ${ceiling.title}`);
  const effort = { ...course.effort, seconds: Math.min(2, course.effort.seconds) };
  return measure(ceiling, { ...course, effort, reps: 1, case: '' });
}

/** The peers are no dependencies of Ambos: they come when they are first needed. */
function installPeers(): void {
  if (existsSync(join(BENCH, 'node_modules'))) return;
  say('First run: installing what Ambos is measured against (npm ci --prefix bench)');
  const { status } = spawnSync('npm', ['ci', '--prefix', BENCH], { stdio: 'inherit' });
  if (status !== 0) say('That failed; only what is here is measured.');
}

function tellMissing(name: string, program: Program): void {
  if ('missing' in program) say(`Left out: ${name}: ${program.missing}`);
}

function write(scenario: Scenario, results: readonly CaseResult[], where: string): void {
  const text = markdown(scenario, results);
  say(`\n${text}`);
  mkdirSync(options.out, { recursive: true });
  const path = (kind: string) => join(options.out, `${scenario.name}.${kind}`);
  writeFileSync(path('md'), `${text}\n${where}\n`);
  writeFileSync(path('json'), JSON.stringify({ scenario: scenario.name, where, options, results }, null, 2));
  writeFileSync(path('svg'), chart(scenario, results));
  say(`Written: ${path('md')}, .json, .svg`);
}
