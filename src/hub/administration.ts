import type { Announcement } from './announcement.ts';
import type { Placed, RoomInfo } from './application.ts';

export type { Announcement, Placed };

/** A part of a list, in the order of its names. */
export interface PageRequest {
  /** The last one that is known already. */
  after?: string | undefined;
  limit: number;
}

export interface Listed<T> {
  items: T[];
  /** There are others behind these. */
  more: boolean;
}

/** One connection, as those see it who look after the house. */
export interface ConnectionInfo {
  /** `ws` or `socketio`. */
  transport: string;
  address: string;
  rooms: string[];
  /** Places in the order that its client has not received yet; null where that is not known. */
  behind: number | null;
}

export interface UserInfo {
  userId: string;
  username: string;
  /** None of one who vanished and is expected back. */
  connections: number;
  /** Of its newest connections. */
  details: ConnectionInfo[];
}

/** How to end a user's connections. */
export interface Dismissal {
  /** What its clients are told before, as a `system` message. */
  reason?: string | undefined;
  /** Seconds for which it may not come in again. */
  barFor?: number | undefined;
}

export interface Dismissed {
  /** Connections that were ended, on all nodes. */
  disconnected: number;
  /** Unix seconds. */
  barredUntil?: number;
}

/** The hub as those see it who look after the house. */
export interface Administration {
  /** @throws Refusal `unavailable` where it is not known to be kept */
  announce(announcement: Announcement): Promise<Placed>;
  /** Where an announcement stands that was made before. @throws Refusal `unavailable` */
  announced(clientMsgId: string): Promise<Placed | undefined>;
  isPresent(userId: string): boolean;
  listRooms(request: PageRequest): Listed<RoomInfo>;
  /** Who is present in a room. */
  listUsers(room: string, request: PageRequest): Promise<Listed<UserInfo>>;
  /**
   * Ends all connections of a user, for good.
   * @throws Refusal `over_capacity` where nobody more can be barred, `unavailable` where that is not known to be kept
   */
  dismiss(userId: string, dismissal?: Dismissal): Promise<Dismissed>;
  /** Lets one in again that was barred. @returns false where it was not. @throws Refusal `unavailable` */
  pardon(userId: string): Promise<boolean>;
}
