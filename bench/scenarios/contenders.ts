import type { Contender, Mix } from './scenario.ts';

/** Presence has a scenario of its own; in the others nobody is announced, since the peers announce nobody. */
const NO_PRESENCE = { ANNOUNCE_LIMIT: '0' };
/** Overrides that: as it is without settings. */
export const PRESENCE = { ANNOUNCE_LIMIT: '5000' };

const DOORS: Record<Mix, string> = { raw: 'raw', socketio: 'Socket.IO', mixed: 'half raw, half Socket.IO' };

/** Ambos itself, with what sets it apart from its other appearances in a case. */
export function ambos(mix: Mix, remark = '', settings: Record<string, string> = {}): Contender {
  const title = `Ambos, ${remark || DOORS[mix]}`;
  return { title, program: 'ambos', mix, settings: { ...NO_PRESENCE, ...settings } };
}

/** So many of them, which share a Redis. */
export function onRedis(nodes: number, contender: Contender): Contender {
  return { ...contender, nodes };
}

export const bareWs: Contender = { title: 'bare ws', program: 'ws', mix: 'raw', settings: {} };
export const wsPresence: Contender = { title: 'ws, naive presence', program: 'ws-presence', mix: 'raw', settings: {} };
export const bareSocketIo: Contender = { title: 'bare socket.io', program: 'socketio', mix: 'socketio', settings: {} };
export const socketIoOnRedis: Contender = {
  title: 'socket.io, Redis adapter, 2 nodes',
  program: 'socketio-redis',
  mix: 'socketio',
  settings: {},
  nodes: 2,
};
export const bun: Contender = { title: 'Bun publish', program: 'bun', mix: 'raw', settings: {} };
export const uws: Contender = { title: 'uWebSockets publish', program: 'uws', mix: 'raw', settings: {} };
export const readyBuffer: Contender = { title: 'ready buffer', program: 'ready-buffer', mix: 'raw', settings: {} };
