import { h } from './dom.js';
import { compact, duration, integer } from './format.js';
import { t } from './i18n.js';
import { followStats } from './stats-stream.js';

/** @import { Stats } from './types.d.ts' */
/** @typedef {import('./i18n.js').Key} Key */
/** @typedef {{ key: Key, tone?: string, read: (stats: Stats) => string }} Figure */

/** @type {Figure[]} */
const FIGURES = [
  { key: 'fig_ws', tone: 'ws', read: ({ transports }) => integer(transports['ws']?.current_connections ?? 0) },
  {
    key: 'fig_socketio',
    tone: 'socketio',
    read: ({ transports }) => integer(transports['socketio']?.current_connections ?? 0),
  },
  { key: 'fig_users', tone: 'hub', read: ({ active_users }) => integer(active_users) },
  { key: 'fig_rooms', read: ({ rooms }) => integer(rooms) },
  { key: 'fig_received', read: ({ messages_received }) => compact(messages_received) },
  { key: 'fig_sent', read: ({ messages_sent }) => compact(messages_sent) },
  { key: 'fig_total', read: ({ total_connections }) => compact(total_connections) },
  { key: 'fig_uptime', read: ({ uptime_seconds }) => duration(uptime_seconds) },
];

/**
 * Shows the figures of the server and keeps them fresh.
 * @param {HTMLElement} place
 * @param {{ onStats?: (stats: Stats) => void, onLive?: (live: boolean) => unknown }} [also]
 */
export function showFigures(place, also = {}) {
  const values = FIGURES.map(() => h('dd', {}, '–'));
  const tiles = FIGURES.map(({ key, tone = '' }, i) =>
    h('div', { class: `figure ${tone}` }, h('dt', {}, t(key)), values[i]),
  );
  const pulse = h('p', { class: 'pulse', role: 'status' });
  place.append(h('dl', { class: 'figures' }, ...tiles), pulse);
  const onLive = (/** @type {boolean} */ live) => {
    place.classList.toggle('stale', !live);
    const words = t(live ? 'stats_live' : 'stats_cut');
    if (pulse.textContent !== words) pulse.textContent = words;
    also.onLive?.(live);
  };
  const onStats = (/** @type {Stats} */ stats) => {
    for (const [i, { read }] of FIGURES.entries()) values[i]?.replaceChildren(read(stats));
    also.onStats?.(stats);
  };
  followStats(onStats, onLive);
}
