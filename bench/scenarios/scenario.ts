import type { Plan, Report } from '../load/plan.ts';
import type { ProgramName } from '../servers/program.ts';

/** By which door the clients come. */
export type Mix = 'raw' | 'socketio' | 'mixed';

/** A server as it is measured: a program, its settings, and the kind of clients it gets. */
export interface Contender {
  title: string;
  program: ProgramName;
  mix: Mix;
  settings: Record<string, string>;
  /** So many of them, on one Redis; one that needs none where it is not given. */
  nodes?: number;
}

/** A plan but for what is known only once the server runs. */
export type Load = Omit<Plan, 'nodes' | 'redis' | 'cores'>;

/** A contender and what it has to bear. */
export interface Entry {
  contender: Contender;
  load: Load;
}

/** What is compared with each other; each with the first. */
export interface Case extends Partial<Columns> {
  title: string;
  entries: readonly Entry[];
}

/** What the table of a case shows. */
export interface Columns {
  /** What the contenders are compared by: as a ratio, unless a difference says more. */
  main: Figure & { better: 'more' | 'less'; compare?: 'ratio' | 'difference' };
  figures: readonly Figure[];
}

/** A column: a number of a report, and how it is shown. */
export interface Figure {
  title: string;
  of(report: Report): number | undefined;
  digits?: number;
  /** Of several repetitions, what is shown. */
  over?: 'median' | 'sum';
}

/** How long and how often. */
export interface Effort {
  seconds: number;
  warm: number;
  /** Everything smaller, only to see that it works. */
  quick: boolean;
}

/** Its columns are those of all cases that have none of their own. */
export interface Scenario extends Columns {
  name: string;
  title: string;
  /** What is measured, in a sentence or two. */
  about: string;
  cases(effort: Effort): readonly Case[];
}

/** So many clients of a contender's kind. */
export function crowd(count: number, { mix }: Contender): { raw: number; socketio: number } {
  if (mix === 'raw') return { raw: count, socketio: 0 };
  if (mix === 'socketio') return { raw: 0, socketio: count };
  return { raw: Math.ceil(count / 2), socketio: Math.floor(count / 2) };
}
