import type { Snapshot } from './stats.ts';

/** What one node asks all others: JSON, whatever it is about. */
export type Question =
  /** To end the connections of a user. Answered by how many there were. */
  | { about: 'dismissal'; userId: string; reason?: string | undefined }
  /** What their connections are. Answered by a list for each of the ids. */
  | { about: 'users'; ids: string[] };

/** This node, as the others need it. */
export interface Node {
  /** What it has counted. */
  report(): Snapshot;
  /**
   * Another node has ended, and those who were connected to it have had their time to come back: this one, alone of all,
   * is to see them out. It may have been begun by another node that did not finish it.
   * @returns true when nobody of it counts as present any more; else it is to be called again
   */
  bury(name: string): Promise<boolean>;
  /** @returns JSON */
  answer(question: Question): Promise<unknown>;
}

/**
 * The other nodes of the deployment: who lives, and what they say of themselves. What happens in rooms is not a matter of
 * it: that crosses the log.
 *
 * A node that has not been heard of for some seconds has ended, as far as the others know: it may just have been stopped
 * or cut off, and go on later. A node that ends by itself is known to have ended at once.
 */
export interface Nodes {
  /** Of this node: unique among all nodes and lives. The ids of its sessions begin with it. */
  readonly name: string;
  /** The other nodes that live, with what they counted: at most some 2 seconds old. */
  readonly others: ReadonlyMap<string, Snapshot>;
  /**
   * Takes part. Where no other node lives, those that have ended before count as ended just now: their clients get the
   * time to come back.
   * @param known names of nodes that somebody was connected to; one that nobody has heard of counts as ended just now
   */
  start(node: Node, known: ReadonlySet<string>): Promise<void>;
  /** @returns the answers of those that answer in time */
  ask(question: Question): Promise<unknown[]>;
  /** Takes leave of the others. */
  stop(): Promise<void>;
}

/** The id of a node's session. */
export function sessionId(node: string, count: number | string): string {
  return `${node}-${count}`;
}

/** The node that a session is connected to, by its id. */
export function nodeOf(session: string): string {
  return session.slice(0, session.lastIndexOf('-'));
}
