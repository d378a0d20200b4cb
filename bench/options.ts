import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SCENARIOS } from './scenarios/index.ts';
import type { Effort } from './scenarios/scenario.ts';
import { ROOT } from './servers/program.ts';

export interface Options {
  help: boolean;
  only: string[];
  /** Only cases whose titles have this. */
  case: string;
  effort: Effort;
  reps: number;
  out: string;
  ambos: string;
}

const RESULTS = fileURLToPath(new URL('results', import.meta.url));
const NAMES = SCENARIOS.map(({ name }) => name);

export const HELP = `Measures Ambos against other servers on this machine.

  npm run bench -- [options]

  --quick             small and short, once: to see that it works
  --only NAMES        scenarios, separated by commas: ${NAMES.join(', ')}
  --case TEXT         of these, cases with that in their titles
  --seconds S         how long traffic is measured (default 5)
  --reps N            repetitions, of which the median is shown (default 3)
  --out FOLDER        where results go (default bench/results)
  --ambos FOLDER      another checkout of Ambos to measure (default this one)
  --help

${SCENARIOS.map(({ name, about }) => `${name}: ${about}`).join('\n\n')}`;

export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: NAMES.join(',') },
      case: { type: 'string', default: '' },
      seconds: { type: 'string' },
      reps: { type: 'string' },
      out: { type: 'string', default: RESULTS },
      ambos: { type: 'string', default: ROOT },
    },
  });
  const { help, quick, out, ambos } = values;
  const seconds = Number(values.seconds ?? (quick ? 1 : 5));
  const only = values.only.split(',');
  const unknown = only.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0) throw new Error(`No such scenario: ${unknown.join(', ')}. There are ${NAMES.join(', ')}`);
  const reps = Number(values.reps ?? (quick ? 1 : 3));
  return { help, only, case: values.case, effort: { seconds, warm: quick ? 0.3 : 1, quick }, reps, out, ambos };
}
