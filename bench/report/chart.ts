import type { CaseResult } from '../measure.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { columnsOf, type Row, rowsOf } from './summary.ts';
import { show } from './table.ts';

const WIDTH = 820;
const LABELS = 220;
const VALUES = 110;
const BAR = 18;
const STEP = 26;
const HEAD = 34;

/** Bars of the main figure, one group for each case; readable on light and on dark ground. */
export function chart(scenario: Scenario, results: readonly CaseResult[]): string {
  const { title } = scenario;
  let y = 30;
  const groups = results.map((result) => {
    const columns = columnsOf(scenario, result);
    const rows = rowsOf(columns, result);
    const most = Math.max(...rows.map((row) => row.main ?? 0));
    const bars = rows.map((row, place) => bar(row, y + HEAD + place * STEP, most, show(row.main, columns.main)));
    const label = result.main ? `${result.title}: ${nameOf(result.main)}` : result.title;
    const group = `<text class="case" x="0" y="${y + 22}">${escapeXml(label)}</text>${bars.join('')}`;
    y += HEAD + rows.length * STEP + 8;
    return group;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${escapeXml(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-size: 16px; font-weight: 600; }
.case { font-weight: 600; }
.other { fill: #8c959f; }
.ambos { fill: #0a7a5c; }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .other { fill: #6e7681; } .ambos { fill: #3fb98f; } }
</style>
<text class="title" x="0" y="18">${escapeXml(`${title}: ${nameOf(scenario.main)}`)}</text>
${groups.join('\n')}
</svg>
`;
}

function nameOf({ title, better }: Scenario['main']): string {
  return `${title} (${better} is better)`;
}

function bar(row: Row, y: number, most: number, value: string): string {
  const width = Math.max(1, ((row.main ?? 0) / (most || 1)) * (WIDTH - LABELS - VALUES));
  const kind = row.title.startsWith('Ambos') ? 'ambos' : 'other';
  return `
<text x="${LABELS - 8}" y="${y + 13}" text-anchor="end">${escapeXml(row.title)}</text>
<rect class="${kind}" x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>
<text x="${LABELS + width + 6}" y="${y + 13}">${value}</text>`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
