import type { Administration, Dismissal, Dismissed } from './administration.ts';
import type { Announcement } from './announcement.ts';
import type { Listenable } from './listeners.ts';
import type { User } from './ports.ts';
import type { Snapshot } from './stats.ts';

/** Where an announcement stands. */
export interface Placed {
  id: string;
  /** Unix seconds. */
  timestamp: number;
  /** It was announced before, under the same clientMsgId; nothing was said again. */
  duplicate?: true;
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
  /**
   * Ends all connections of a user with the close `kicked`, after which clients stay away by themselves, and bars it for a
   * time if that is asked for. @throws TypeError where `barFor` is no number of seconds; Refusal `over_capacity` where
   * nobody more can be barred, `unavailable` where that is not known to be kept
   */
  disconnect(userId: string, dismissal?: Dismissal): Promise<Dismissed>;
  /** Lets one in again that was barred. @returns false where it was not. @throws Refusal `unavailable` */
  unbar(userId: string): Promise<boolean>;
  /** What this node has counted. */
  snapshot(): Snapshot;
}

/** What of the hub application code is given: no more than it may do. */
export function toApplication(
  hub: Omit<Application, 'disconnect' | 'unbar'>,
  administrator: Pick<Administration, 'dismiss' | 'pardon'>,
): Application {
  return {
    on: hub.on,
    announce: (announcement) => hub.announce(announcement),
    users: (room) => hub.users(room),
    rooms: () => hub.rooms(),
    disconnect: (userId, dismissal) => administrator.dismiss(userId, dismissal),
    unbar: (userId) => administrator.pardon(userId),
    snapshot: () => hub.snapshot(),
  };
}
