import { Refusal } from '../protocol/errors.ts';
import {
  type Body,
  type ClientType,
  DEFAULT_ROOM,
  type Inbound,
  type Message,
  SYSTEM,
  stamp,
  TYPES,
} from '../protocol/message.ts';
import type { Draft, Receipt } from './ports.ts';
import { userRoom } from './rooms.ts';
import type { Session } from './session.ts';

/** What a handler may do. */
export interface Desk {
  readonly maxRooms: number;
  publish(session: Session, draft: Draft): Promise<Receipt>;
  /** Where the message stands that the session's user has published under a clientMsgId. */
  receipt(session: Session, clientMsgId: string): Promise<Receipt | undefined>;
  join(session: Session, room: string): Promise<Receipt>;
  leave(session: Session, room: string): Promise<Receipt>;
  /** Sends the list of a room that the session hears. */
  sendList(session: Session, room: string): void;
  /** Sends to one session what takes no place in the order. */
  reply(session: Session, body: Body): void;
  /** A client's message has its place: application code may hear of it. */
  posted(session: Session, message: Message): void;
  /** A receipt for what was not published: the session's present position. */
  position(session: Session): Receipt;
  isPresent(userId: string): boolean;
}

/** Does what a request asks for. Everything up to the log's queue happens before it returns. */
type Handler = (desk: Desk, session: Session, inbound: Inbound) => Promise<Receipt>;

/** What a request does: an own type is posted, as a chat is. */
export function handlerOf({ type, own }: Inbound): Handler {
  return own ? post : handlers[type as ClientType];
}

/** What each type does, one small function per type. */
const handlers: Record<ClientType, Handler> = {
  chat: post,
  notification: post,
  heartbeat,
  user_list: list,
  join,
  leave,
  auth,
};

async function post(desk: Desk, session: Session, inbound: Inbound): Promise<Receipt> {
  const { type, own, clientMsgId } = inbound;
  const body: Body = { type, content: inbound.content ?? '', from: session.user.name, data: inbound.data ?? null };
  const unreachable = refusalOf(desk, session, inbound);
  if (unreachable) return published(desk, session, inbound, unreachable);
  const rooms = inbound.to === undefined ? toRoom(inbound, body) : toUser(session, inbound.to, body);
  const draft: Draft = { class: own?.class ?? TYPES.chat.class, body, rooms };
  if (own?.class === 'state') draft.key = inbound.key ?? own.keyOf(body.data);
  if (clientMsgId !== undefined) draft.clientMsgId = { user: session.user.id, id: clientMsgId };
  const receipt = await desk.publish(session, draft);
  if (!receipt.duplicate) desk.posted(session, stamp(body, receipt.id, receipt.timestamp));
  return receipt;
}

function refusalOf(desk: Desk, session: Session, { room = DEFAULT_ROOM, to }: Inbound): Refusal | undefined {
  if (to !== undefined) return desk.isPresent(to) ? undefined : new Refusal('user_not_found');
  return session.rooms.has(room) ? undefined : new Refusal('not_in_room');
}

/** What could not be published now may have been before, by a client that never heard of it. */
async function published(desk: Desk, session: Session, { clientMsgId }: Inbound, refusal: Refusal): Promise<Receipt> {
  const first = clientMsgId === undefined ? undefined : await desk.receipt(session, clientMsgId);
  if (!first) throw refusal;
  return { ...first, duplicate: true };
}

function toRoom({ room }: Inbound, body: Body): string[] {
  if (room === undefined) return [DEFAULT_ROOM];
  body.room = room;
  return [room];
}

function toUser(session: Session, to: string, body: Body): string[] {
  body.to = to;
  body.fromId = session.user.id;
  return [...new Set([userRoom(to), userRoom(session.user.id)])];
}

async function heartbeat(desk: Desk, session: Session, inbound: Inbound): Promise<Receipt> {
  const { content = '', data = null } = inbound;
  desk.reply(session, { type: 'heartbeat', content, from: SYSTEM, data });
  return desk.position(session);
}

async function list(desk: Desk, session: Session, { room = DEFAULT_ROOM }: Inbound): Promise<Receipt> {
  requireMember(session, room);
  // Its own join is still on the way to its place in the order: that answers with the list, too.
  if (!session.rooms.hears(room)) return desk.join(session, room);
  desk.sendList(session, room);
  return desk.position(session);
}

async function join(desk: Desk, session: Session, { room = DEFAULT_ROOM }: Inbound): Promise<Receipt> {
  if (!session.rooms.has(room) && session.rooms.size > desk.maxRooms) {
    throw new Refusal('room_limit', { detail: 'rooms', value: desk.maxRooms });
  }
  return desk.join(session, room);
}

async function leave(desk: Desk, session: Session, { room = DEFAULT_ROOM }: Inbound): Promise<Receipt> {
  if (room === DEFAULT_ROOM) throw new Refusal('forbidden', { detail: 'leave_default' });
  requireMember(session, room);
  return desk.leave(session, room);
}

/** The token has been looked at in place of a permission: here it is good, and only a receipt is left to be given. */
async function auth(desk: Desk, session: Session): Promise<Receipt> {
  return desk.position(session);
}

function requireMember(session: Session, room: string): void {
  if (!session.rooms.has(room)) throw new Refusal('not_in_room');
}
