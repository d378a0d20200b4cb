import type { ConnectionInfo, Listed, PageRequest, UserInfo } from './administration.ts';
import type { RoomInfo } from './application.ts';
import { placesBehind } from './lag.ts';
import type { User } from './ports.ts';
import type { Room } from './room.ts';
import type { Session } from './session.ts';

/** Connections of one user that are told of: a user may have any number. */
const DETAILS = 10;

/**
 * Takes a page out of what has no order of its own. Only the page is ever sorted: there may be a hundred thousand, and
 * all else that is to be done waits meanwhile.
 */
export function pageOf<T>(items: Iterable<T>, nameOf: (item: T) => string, { after, limit }: PageRequest): Listed<T> {
  const page: T[] = [];
  for (const item of items) {
    const name = nameOf(item);
    if (after !== undefined && name <= after) continue;
    const last = page.at(-1);
    if (page.length > limit && last !== undefined && name > nameOf(last)) continue;
    const place = page.findIndex((other) => nameOf(other) > name);
    page.splice(place === -1 ? page.length : place, 0, item);
    if (page.length > limit + 1) page.pop();
  }
  return { items: page.slice(0, limit), more: page.length > limit };
}

export function toRoomInfo({ name, roster }: Room): RoomInfo {
  return { name, users: roster.size };
}

/** What connections of one user tell of themselves. */
export type Connections = Pick<UserInfo, 'connections' | 'details'>;

/** The connections that users have here, in the order of the ids. @param head the last N that was delivered here */
export function describeUsers(ids: readonly string[], sessions: Iterable<Session>, head: number): Connections[] {
  const open = new Map<string, Session[]>(ids.map((id) => [id, []]));
  for (const session of sessions) open.get(session.user.id)?.push(session);
  return ids.map((id) => {
    const own = open.get(id) ?? [];
    return { connections: own.length, details: own.slice(-DETAILS).map((session) => describe(session, head)) };
  });
}

/** Completes users with what the nodes tell of their connections. */
export function mergeUsers(users: readonly User[], nodes: readonly Connections[][]): UserInfo[] {
  return users.map(({ id, name }, i) => {
    const told = nodes.map((connections) => connections[i]).filter((one) => one !== undefined);
    const connections = told.reduce((sum, one) => sum + one.connections, 0);
    const details = told.flatMap((one) => one.details).slice(0, DETAILS);
    return { userId: id, username: name, connections, details };
  });
}

function describe(session: Session, head: number): ConnectionInfo {
  const { transport, address, rooms, receivedAt } = session;
  const behind = receivedAt === undefined ? null : placesBehind(session, head);
  return { transport: transport.name, address, rooms: rooms.names(), behind };
}
