import type { CaseResult, Result } from '../measure.ts';
import { VERDICTS, verdict } from '../scenarios/figures.ts';
import type { Columns, Figure } from '../scenarios/scenario.ts';

/** One contender in one case: the figures over its repetitions. */
export interface Row {
  title: string;
  /** How many times better the first contender of the case is, or by how much this one's figure is greater. */
  beside: number | undefined;
  main: number | undefined;
  values: (number | undefined)[];
  /** How often, and how many of these are to be doubted. */
  runs: string;
}

/** What is shown of a case: its own columns, or those of its scenario. */
export function columnsOf({ main, figures }: Columns, one: Partial<Columns>): Columns {
  return { main: one.main ?? main, figures: one.figures ?? figures };
}

export function rowsOf({ main, figures }: Columns, { results }: CaseResult): Row[] {
  const first = results[0] && figureOf(main, results[0]);
  return results.map((result) => {
    const value = figureOf(main, result);
    return {
      title: result.contender.title,
      beside: compare(first, value, main),
      main: value,
      values: figures.map((figure) => figureOf(figure, result)),
      runs: runsOf(result),
    };
  });
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function figureOf({ of, over = 'median' }: Figure, { reports }: Result): number | undefined {
  const values = reports.map(of).filter((value) => value !== undefined);
  if (values.length === 0) return undefined;
  return over === 'sum' ? values.reduce((sum, value) => sum + value, 0) : median(values);
}

function compare(first = 0, other = 0, { better, compare: by }: Columns['main']): number | undefined {
  if (!first || !other) return undefined;
  if (by === 'difference') return other - first;
  return better === 'more' ? first / other : other / first;
}

function runsOf({ reports }: Result): string {
  const marks = VERDICTS.map((mark) => {
    const times = reports.filter((report) => verdict(report) === mark).length;
    return mark !== 'good' && times > 0 ? `, ${times} ${mark}` : '';
  });
  return reports.length + marks.join('');
}
