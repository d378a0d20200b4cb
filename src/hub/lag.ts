import type { Session } from './session.ts';

/** How far clients have received what the order has given them. */
export interface Lag {
  /** Clients by WebSocket that have confirmed something. */
  measured: number;
  /** Of these, the ones that have confirmed all. */
  level: number;
  /** Places in the order that the slowest of them is behind. */
  largest: number;
  /** Clients, also unmeasured ones, that read on from the log. */
  reading: number;
}

/** @param head the last N that was delivered here */
export function lagOf(sessions: Iterable<Session>, head: number): Lag {
  const lag: Lag = { measured: 0, level: 0, largest: 0, reading: 0 };
  for (const session of sessions) {
    if (!session.live) lag.reading += 1;
    if (session.receivedAt === undefined) continue;
    const behind = placesBehind(session, head);
    lag.measured += 1;
    if (behind === 0) lag.level += 1;
    lag.largest = Math.max(lag.largest, behind);
  }
  return lag;
}

/** One that has confirmed all that it was written is level, whatever has been said in rooms that it is not in. */
export function placesBehind({ live, receivedAt, writtenAt }: Session, head: number): number {
  return live && receivedAt === writtenAt ? 0 : head - (receivedAt ?? head);
}
