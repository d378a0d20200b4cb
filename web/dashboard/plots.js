import { NAMES } from '../lib/doors.js';
import { bytes, decimal, integer } from '../lib/format.js';

/** @import { Stats } from '../lib/types.d.ts' */
/** @import { Sample } from './history.js' */
/** @typedef {import('../lib/i18n.js').Key} Key */

/**
 * @typedef {object} Line
 * @property {Key | { name: string }} label a text, or a name that is the same in every language
 * @property {string} color a custom property of the style
 * @property {string} [fill] the property for what is below the line
 * @property {number[]} [dash] a line is known by its stroke too, not by its colour alone
 * @property {(sample: Sample & { stats: Stats }) => number | null | undefined} read
 */

/**
 * @typedef {object} Plot
 * @property {Key} title
 * @property {Line[]} lines
 * @property {(n: number) => string} format
 * @property {number[]} [steps] distances between the lines of the scale
 * @property {number} floor the scale reaches at least so far
 * @property {(stats: Stats) => boolean} [when] only where the server tells it
 */

const WHOLE = [1, 2, 5].flatMap((n) => [0, 1, 2, 3, 4, 5, 6].map((power) => n * 10 ** power)).sort((a, b) => a - b);
const MIB = Array.from({ length: 17 }, (_, power) => 2 ** (power + 20));
const DASH = [6, 4];
const DOTS = [2, 3];

/** @type {Plot[]} */
export const PLOTS = [
  {
    title: 'plot_connections',
    format: integer,
    steps: WHOLE,
    floor: 4,
    lines: [
      {
        label: { name: NAMES.ws },
        color: '--ws',
        fill: '--ws-disc',
        read: ({ stats }) => stats.transports['ws']?.current_connections,
      },
      {
        label: { name: NAMES.socketio },
        color: '--socketio',
        fill: '--socketio-disc',
        dash: DASH,
        read: ({ stats }) => stats.transports['socketio']?.current_connections,
      },
    ],
  },
  {
    title: 'plot_received',
    format: decimal,
    steps: WHOLE,
    floor: 4,
    lines: [{ label: 'line_received', color: '--hub', fill: '--hub-disc', read: ({ received }) => received }],
  },
  {
    title: 'plot_sent',
    format: decimal,
    steps: WHOLE,
    floor: 4,
    lines: [{ label: 'line_sent', color: '--hub', fill: '--hub-disc', read: ({ sent }) => sent }],
  },
  {
    title: 'plot_rooms',
    format: integer,
    steps: WHOLE,
    floor: 4,
    lines: [
      { label: 'line_users', color: '--hub', fill: '--hub-disc', read: ({ stats }) => stats.active_users },
      { label: 'line_rooms', color: '--soft', dash: DASH, read: ({ stats }) => stats.rooms },
    ],
  },
  {
    title: 'plot_memory',
    when: ({ memory }) => memory !== undefined,
    format: bytes,
    steps: MIB,
    floor: 2 ** 24,
    lines: [
      { label: 'line_rss', color: '--ink', read: ({ stats }) => stats.memory?.rss_bytes },
      { label: 'line_heap', color: '--soft', dash: DASH, read: ({ stats }) => stats.memory?.heap_used_bytes },
    ],
  },
  {
    title: 'plot_delay',
    when: ({ event_loop_delay_ms }) => event_loop_delay_ms !== undefined,
    format: decimal,
    floor: 5,
    lines: [
      { label: { name: 'max' }, color: '--soft', dash: DOTS, read: ({ stats }) => stats.event_loop_delay_ms?.max },
      { label: { name: 'p99' }, color: '--ink', dash: DASH, read: ({ stats }) => stats.event_loop_delay_ms?.p99 },
      { label: { name: 'p50' }, color: '--hub', read: ({ stats }) => stats.event_loop_delay_ms?.p50 },
    ],
  },
];
