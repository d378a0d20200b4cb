import { validClientMsgId } from '../protocol/codec.ts';
import { type Body, DEFAULT_ROOM, type DeliveryClass, type Json, SYSTEM, TYPES } from '../protocol/message.ts';
import { isRoomName } from '../protocol/name.ts';
import type { OwnType } from '../protocol/own-type.ts';
import type { Placed } from './application.ts';
import type { ClientMsgId, Draft, Receipt } from './ports.ts';
import { userRoom } from './rooms.ts';

/** What the server itself says: to everybody, to a room, or to one user. */
export interface Announcement {
  /** `chat`, `notification`, `system` or the name of an own type; by default `system`. */
  type?: string;
  content?: string;
  data?: unknown;
  room?: string;
  /** A userId. */
  to?: string;
  /** Of an own type of the class state. */
  key?: string;
  /** Who speaks; by default `system`. */
  from?: string;
  /** Makes it idempotent: with one that was announced before nothing is said again. 1 to 64 printable ASCII characters. */
  clientMsgId?: string;
}

/**
 * Turns an announcement into a draft.
 * @throws TypeError where its type is none that can be announced, its receivers make no sense, or its
 * clientMsgId is none
 * @throws Refusal `invalid_message` where the data of an own type does not pass its schema
 */
export function toDraft(announcement: Announcement, ownTypes: ReadonlyMap<string, OwnType>): Draft {
  const { type = 'system', content = '', room, to, from = SYSTEM } = announcement;
  const own = ownTypes.get(type);
  const json = (announcement.data ?? null) as Json;
  const data = own ? own.parse(json) : json;
  const body: Body = { type, content, from, data };
  const draft: Draft = { class: own?.class ?? classOf(type), body, rooms: [receivers(room, to)] };
  if (to !== undefined) Object.assign(body, { to, fromId: SYSTEM });
  else if (room !== undefined && room !== DEFAULT_ROOM) body.room = room;
  if (announcement.clientMsgId !== undefined) draft.clientMsgId = announcedAs(announcement.clientMsgId);
  if (own?.class === 'state') draft.key = announcement.key ?? own.keyOf(data);
  return draft;
}

/** No client has this userId: what a backend calls its messages by is never what a user does. */
export function announcedAs(id: string): ClientMsgId {
  if (validClientMsgId(id) === undefined) throw new TypeError('A clientMsgId has 1 to 64 printable ASCII characters');
  return { user: SYSTEM, id };
}

/** Where it stands, as those are told who announced it. */
export function toPlaced({ id, timestamp, duplicate }: Receipt): Placed {
  return { id, timestamp, ...(duplicate && { duplicate }) };
}

function classOf(type: string): DeliveryClass {
  const rule = Object.entries(TYPES).find(([name]) => name === type)?.[1];
  if (rule && 'class' in rule && rule.class === 'durable') return rule.class;
  throw new TypeError(`"${type}" is no type that can be announced`);
}

function receivers(room: string | undefined, to: string | undefined): string {
  if (to !== undefined && room !== undefined)
    throw new TypeError('An announcement goes to a room or to a user, not both');
  if (room !== undefined && !isRoomName(room)) throw new TypeError(`"${room}" is no name of a room`);
  return to === undefined ? (room ?? DEFAULT_ROOM) : userRoom(to);
}
