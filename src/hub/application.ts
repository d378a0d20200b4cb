import type { Announcement } from './announcement.ts';
import type { Listenable } from './listeners.ts';
import type { User } from './ports.ts';
import type { Snapshot } from './stats.ts';

/** Where an announcement stands. */
export interface Placed {
  id: string;
  /** Unix seconds. */
  timestamp: number;
}

export interface RoomInfo {
  name: string;
  /** Users present, each counted once. */
  users: number;
}

/** The hub as application code sees it. */
export interface Application extends Listenable {
  /** Says something in the server's own voice. @throws Refusal `unavailable` where it is not known to be kept */
  announce(announcement: Announcement): Promise<Placed>;
  /** Who is present in a room, by default in the one that everybody is in. */
  users(room?: string): Promise<User[]>;
  /** The rooms where somebody is present. */
  rooms(): Promise<RoomInfo[]>;
  snapshot(): Snapshot;
}
