import type { CaseResult } from '../measure.ts';
import type { Columns, Figure, Scenario } from '../scenarios/scenario.ts';
import { columnsOf, type Row, rowsOf } from './summary.ts';

/** A scenario's results as Markdown, the ratios first. */
export function markdown(scenario: Scenario, results: readonly CaseResult[]): string {
  const tables = results.map((result) => `### ${result.title}\n\n${table(columnsOf(scenario, result), result)}`);
  return `${[`## ${scenario.title}`, scenario.about, ...tables].join('\n\n')}\n`;
}

/** A figure's value as people read it. */
export function show(value: number | undefined, { digits = 0 }: Figure): string {
  if (value === undefined) return '';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function table(columns: Columns, result: CaseResult): string {
  const { main, figures } = columns;
  const head = ['server', comparison(main), main.title, ...figures.map(({ title }) => title), 'runs'];
  const rows = rowsOf(columns, result).map((row) => cells(row, columns));
  return [head, head.map(() => '---'), ...rows].map(line).join('\n');
}

function comparison({ better, compare }: Columns['main']): string {
  if (compare === 'difference') return 'this − first';
  return better === 'more' ? 'first ÷ this' : 'this ÷ first';
}

function cells({ title, beside, main, values, runs }: Row, columns: Columns): string[] {
  const shown = columns.figures.map((figure, place) => show(values[place], figure));
  return [title, showBeside(beside, columns.main), show(main, columns.main), ...shown, runs];
}

function showBeside(value: number | undefined, main: Columns['main']): string {
  if (value === undefined) return '';
  if (main.compare !== 'difference') return `×${value.toFixed(2)}`;
  return `${value < 0 ? '−' : '+'}${show(Math.abs(value), main)}`;
}

const line = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;
