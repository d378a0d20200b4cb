import { h } from './dom.js';
import { DOORS, NAMES } from './doors.js';

/**
 * A text of a dictionary as nodes: the names of the doors wear their colours, and what is between backticks is code.
 * @param {string} text
 * @returns {(string | HTMLElement)[]}
 */
export function prose(text) {
  return text.split(/(WebSocket|Socket\.IO|`[^`]+`)/).map((part) => {
    if (part.startsWith('`')) return h('code', {}, part.slice(1, -1));
    const door = DOORS.find((which) => NAMES[which] === part);
    return door ? h('span', { class: `ink ${door}` }, part) : part;
  });
}
