import type { CaseResult } from '../measure.ts';
import type { Figure, Scenario } from '../scenarios/scenario.ts';
import { type Row, rowsOf } from './summary.ts';

/** A scenario's results as Markdown, the ratios first. */
export function markdown(scenario: Scenario, results: readonly CaseResult[]): string {
  const tables = results.map((result) => `### ${result.title}\n\n${table(scenario, result)}`);
  return `${[`## ${scenario.title}`, scenario.about, ...tables].join('\n\n')}\n`;
}

/** A figure's value as people read it. */
export function show(value: number | undefined, { digits = 0 }: Figure): string {
  if (value === undefined) return '';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function table(scenario: Scenario, result: CaseResult): string {
  const { main, figures } = scenario;
  const head = ['server', 'first ÷ this', main.title, ...figures.map(({ title }) => title), 'runs'];
  if (main.better === 'less') head[1] = 'this ÷ first';
  const rows = rowsOf(scenario, result).map((row) => cells(row, scenario));
  return [head, head.map(() => '---'), ...rows].map(line).join('\n');
}

function cells({ title, ratio, main, values, runs }: Row, scenario: Scenario): string[] {
  const shown = scenario.figures.map((figure, place) => show(values[place], figure));
  return [title, ratio === undefined ? '' : `×${ratio.toFixed(2)}`, show(main, scenario.main), ...shown, runs];
}

const line = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;
