/** @import { Stats } from './types.d.ts' */

const RETRY = 3000;

/**
 * Follows the statistics of the server, once a second, for as long as the page lives.
 * @param {(stats: Stats) => void} onStats
 * @param {(live: boolean) => void} onLive whether figures are coming in
 */
export function followStats(onStats, onLive) {
  const source = new EventSource('/ws/stats');
  source.onopen = () => onLive(true);
  source.onmessage = ({ data }) => onStats(JSON.parse(data));
  source.onerror = () => {
    onLive(false);
    // The browser tries again by itself, except after an HTTP error such as 503.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => followStats(onStats, onLive), RETRY);
  };
}
