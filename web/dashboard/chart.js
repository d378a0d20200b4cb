import { h, svg } from '../lib/dom.js';
import { clock } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { colorOf, onTheme } from '../lib/theme.js';

/** @import { Line, Plot } from './plots.js' */
/** @import { Sample } from './history.js' */
/** @import { Options } from 'uplot' */
/** @typedef {typeof import('uplot')} UPlotClass */

const HEIGHT = 190;
const FONT = '12px system-ui, sans-serif';

/** One plot with its legend, which tells the newest values or those under the pointer. */
export class Chart {
  #plot;
  #span;
  /** @type {Sample[]} */
  #samples = [];
  #values;
  #when = h('time', {});
  #area = h('div', { class: 'area', role: 'img' });
  #chart;

  /** @param {UPlotClass} UPlot @param {Plot} plot @param {() => number} span seconds that are shown */
  constructor(UPlot, plot, span) {
    this.#plot = plot;
    this.#span = span;
    this.#values = plot.lines.map(() => h('b', {}, '–'));
    this.#area.setAttribute('aria-label', t(plot.title));
    this.element = h(
      'figure',
      { class: 'card chart' },
      h(
        'figcaption',
        {},
        h('h2', {}, t(plot.title)),
        this.#when,
        h('ul', { class: 'legend' }, ...plot.lines.map((line, i) => this.#entry(line, i))),
      ),
      this.#area,
    );
    this.#chart = new UPlot(this.#options(), [[], ...plot.lines.map(() => [])], this.#area);
    new ResizeObserver(([entry]) => this.#resize(entry?.contentRect.width ?? 0)).observe(this.#area);
    // Strokes are asked for anew at each drawing.
    onTheme(() => this.#chart.redraw());
  }

  /** @param {Sample[]} samples */
  show(samples) {
    this.#samples = samples;
    const columns = this.#plot.lines.map(({ read }) => samples.map((sample) => readFrom(sample, read)));
    this.#chart.setData([samples.map(({ time }) => time), ...columns]);
    this.#tell(this.#chart.cursor.idx);
  }

  /** @param {number | null | undefined} index the sample under the pointer, if there is one */
  #tell(index) {
    const sample = this.#samples[index ?? this.#samples.length - 1];
    this.#when.replaceChildren(index != null && sample ? clock(new Date(sample.time * 1000)) : '');
    for (const [i, { read }] of this.#plot.lines.entries()) {
      const value = sample && readFrom(sample, read);
      this.#values[i]?.replaceChildren(value == null ? '–' : this.#plot.format(value));
    }
  }

  /** @param {number} width */
  #resize(width) {
    if (width > 0) this.#chart.setSize({ width, height: HEIGHT });
  }

  /** @param {Line} line @param {number} i */
  #entry({ label, color, dash }, i) {
    const sign = svg('svg', { class: 'stroke', viewBox: '0 0 22 4', 'aria-hidden': 'true' });
    sign.append(svg('path', { d: 'M1 2H21', stroke: `var(${color})`, 'stroke-dasharray': dash?.join(' ') }));
    return h('li', {}, sign, typeof label === 'string' ? t(label) : label.name, ' ', this.#values[i]);
  }

  /** @returns {Options} */
  #options() {
    const { lines, format, steps, floor } = this.#plot;
    const now = () => Date.now() / 1000;
    const ink = { stroke: () => colorOf('--soft'), font: FONT, ticks: { show: false } };
    const grid = { stroke: () => colorOf('--line'), width: 1 };
    return {
      width: 300,
      height: HEIGHT,
      padding: [10, 30, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'ambos' } },
      scales: {
        x: { range: () => [now() - this.#span(), now()] },
        y: { range: (_chart, _low, high) => [0, Math.max((high ?? 0) * 1.2, floor)] },
      },
      axes: [
        {
          ...ink,
          values: (_chart, splits) => splits.map((s) => clock(new Date(s * 1000))),
          space: 90,
          size: 28,
          grid: { show: false },
        },
        { ...ink, values: (_chart, splits) => splits.map(format), size: 62, grid, ...(steps && { incrs: steps }) },
      ],
      series: [{}, ...lines.map(stroke)],
      hooks: { setCursor: [(chart) => this.#tell(chart.cursor.idx)] },
    };
  }
}

/** @param {Line} line */
function stroke({ color, fill, dash }) {
  const wash = () => colorOf(fill ?? color).replace(/^rgb\((.*)\)$/, 'rgba($1, 0.2)');
  return {
    stroke: () => colorOf(color),
    width: 2,
    points: { show: false },
    ...(dash && { dash }),
    ...(fill && { fill: wash }),
  };
}

/** @param {Sample} sample @param {Line['read']} read @returns {number | null} */
function readFrom({ stats, ...rest }, read) {
  return stats ? (read({ stats, ...rest }) ?? null) : null;
}
