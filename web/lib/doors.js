import { svg } from './dom.js';

/** @import { Door } from './types.d.ts' */

/** @type {readonly Door[]} */
export const DOORS = ['ws', 'socketio'];

/** What people call them: names, the same in every language. */
export const NAMES = { ws: 'WebSocket', socketio: 'Socket.IO' };

/**
 * The sign of a door: of the two overlapping discs, its own is inked. So a door is known by its shape too, not by its
 * colour alone. Without a door: two empty discs.
 * @param {Door} [door]
 */
export function mark(door) {
  const disc = (/** @type {Door} */ which, /** @type {number} */ cx) =>
    svg('circle', { cx, cy: 8, r: 6.25, class: door === which ? 'inked' : 'bare' });
  const discs = door === 'socketio' ? [disc('ws', 8), disc('socketio', 14)] : [disc('socketio', 14), disc('ws', 8)];
  return svg('svg', { class: `mark ${door ?? ''}`, viewBox: '0 0 22 16', 'aria-hidden': 'true' }, ...discs);
}
