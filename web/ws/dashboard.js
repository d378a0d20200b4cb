import { Chart } from '../dashboard/chart.js';
import { History } from '../dashboard/history.js';
import { PLOTS } from '../dashboard/plots.js';
import { loadUPlot } from '../dashboard/uplot.js';
import { find, h } from '../lib/dom.js';
import { showFigures } from '../lib/figures.js';
import { integer } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { openPage } from '../lib/page.js';

/** @import { Stats } from '../lib/types.d.ts' */
/** @import { Plot } from '../dashboard/plots.js' */

const MINUTES = [1, 5, 15];

openPage('nav_dashboard');
const place = find('plots', HTMLElement);
const history = new History();
/** @type {Map<Plot, Chart>} */
const charts = new Map();
let span = 60;
const UPlot = await loadUPlot();

find('spans', HTMLElement).append(...MINUTES.map(spanChoice));
find('not-built', HTMLElement).hidden = UPlot !== undefined;
showFigures(find('figures', HTMLElement), { onStats, onLive });

/** @param {Stats} stats */
function onStats(stats) {
  history.add(stats);
  for (const plot of PLOTS) if (!charts.has(plot) && (plot.when?.(stats) ?? true)) addChart(plot);
  draw();
  showIncidents({ ...stats.errors, ...stats.closes });
}

/** @param {boolean} live */
function onLive(live) {
  place.classList.toggle('stale', !live);
  if (!live) history.interrupt();
}

/** @param {Plot} plot */
function addChart(plot) {
  if (!UPlot) return;
  const chart = new Chart(UPlot, plot, () => span);
  charts.set(plot, chart);
  place.append(chart.element);
}

function draw() {
  for (const chart of charts.values()) chart.show(history.samples);
}

/** What was refused and what was closed, by code: shown once there is something. @param {Record<string, number>} counts */
function showIncidents(counts) {
  const rows = Object.entries(counts).sort(([, a], [, b]) => b - a);
  find('incidents', HTMLElement).hidden = rows.length === 0;
  find('incident-list', HTMLElement).replaceChildren(
    ...rows.flatMap(([code, n]) => [h('dt', {}, h('code', {}, code)), h('dd', {}, integer(n))]),
  );
}

/** @param {number} minutes */
function spanChoice(minutes) {
  const choose = () => {
    span = minutes * 60;
    draw();
  };
  const input = h('input', { type: 'radio', name: 'span', checked: minutes * 60 === span, onchange: choose });
  return h('label', {}, input, h('span', {}, t('minutes', { n: minutes })));
}
