import type { Snapshot } from './stats.ts';

/** The figures of a deployment: what one node tells of itself, and all nodes together. */
export interface Deployment extends Snapshot {
  /** Nodes that live. */
  nodes: number;
  /** What this one alone has counted. */
  node: Snapshot;
}

type Figures = { readonly [key: string]: number | Figures };

/** What says how much there was at most, or for how long, makes no sum. */
const HIGHEST = new Set(['largest', 'uptime_seconds']);

/** Adds up what nodes have counted. Who is present where each of them knows of all. */
export function sumOf(own: Snapshot, others: Iterable<Snapshot>): Deployment {
  const all = [own, ...others];
  const sums = all.map((snapshot) => snapshot as unknown as Figures).reduce(add) as unknown as Snapshot;
  return { ...sums, active_users: own.active_users, rooms: own.rooms, nodes: all.length, node: own };
}

/** Nodes of another version may count other things. */
function add(one: Figures, other: Figures): Figures {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...keys].map((key) => [key, addOne(key, one[key], other[key])]));
}

function addOne(key: string, one: number | Figures = 0, other: number | Figures = 0): number | Figures {
  if (typeof one === 'object' || typeof other === 'object') return add(tableOf(one), tableOf(other));
  return HIGHEST.has(key) ? Math.max(one, other) : one + other;
}

function tableOf(figure: number | Figures): Figures {
  return typeof figure === 'object' ? figure : {};
}
