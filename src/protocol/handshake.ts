import { Refusal } from './errors.ts';
import { DEFAULT_ROOM } from './message.ts';
import { isRoomName, parseUserId, parseUsername } from './name.ts';

/** What a client says of itself when it connects, decoded. */
export interface Handshake {
  username?: string;
  userId?: string;
  token?: string;
  /** Rooms to join besides the default one, in the order given, each once. */
  rooms: string[];
  /** The id of the last message that it has, as it says. */
  lastId?: string;
  /** What it comes back by; empty to ask for one. */
  session?: string;
}

/** Where a transport finds the parameters: untrusted values, as they came. */
export interface HandshakeSource {
  username: unknown;
  userId: unknown;
  token: unknown;
  /** An array of names, or names separated by commas. */
  rooms: unknown;
  lastId: unknown;
  session: unknown;
}

/** The headers that may carry a token. */
interface TokenHeaders {
  authorization?: string | undefined;
  'sec-websocket-protocol'?: string | undefined;
}

/** A subprotocol that is a token: a browser has no other place for it than the URL. */
const TOKEN_PROTOCOL = 'bearer.';

/**
 * Takes the parameters from a request: its query, and for the token also its headers. Of a repeated parameter the first
 * counts, except `room`, which may be repeated.
 */
export function fromRequest(target: string | undefined, headers: TokenHeaders): HandshakeSource {
  const query = queryOf(target);
  return {
    username: query.get('username'),
    userId: query.get('userId'),
    token: query.get('token') || (bearerToken(headers) ?? protocolToken(headers)),
    rooms: query.getAll('room'),
    lastId: query.get('lastId'),
    session: query.get('session'),
  };
}

/** The parameters of a request's target, whatever it is: `new URL` throws on some that clients send. */
export function queryOf(target = ''): URLSearchParams {
  const start = target.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : target.slice(start));
}

/** The token of an Authorization header. */
export function bearerToken({ authorization = '' }: TokenHeaders): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1];
}

function protocolToken(headers: TokenHeaders): string | undefined {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return offered.find((name) => name.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length);
}

/**
 * Reads the parameters of a connection. A `lastId` of whatever sort is let pass: it is answered in the first list.
 * @throws Refusal `invalid_username`, `invalid_user_id`, `invalid_room`, `room_limit`, `invalid_session`
 */
export function decodeHandshake(source: HandshakeSource, maxRooms: number): Handshake {
  const handshake: Handshake = { rooms: parseRooms(source.rooms, maxRooms) };
  const username = parseUsername(source.username);
  const userId = parseUserId(source.userId);
  if (username !== undefined) handshake.username = username;
  if (userId !== undefined) handshake.userId = userId;
  if (typeof source.token === 'string' && source.token !== '') handshake.token = source.token;
  const { lastId } = source;
  // What is no text is no id of ours either.
  if (lastId !== undefined && lastId !== null && lastId !== '')
    handshake.lastId = typeof lastId === 'string' ? lastId : '?';
  const session = parseSession(source.session);
  if (session !== undefined) handshake.session = session;
  return handshake;
}

function parseSession(raw: unknown): string | undefined {
  if (raw === undefined || raw === null) return undefined;
  if (typeof raw !== 'string' || !/^[\w-]{0,64}$/.test(raw)) throw new Refusal('invalid_session');
  return raw;
}

function parseRooms(raw: unknown, maxRooms: number): string[] {
  const given = raw === undefined || raw === null ? [] : Array.isArray(raw) ? raw : [raw];
  const names = given.flatMap(splitNames).filter((name) => name !== '' && name !== DEFAULT_ROOM);
  const rooms = [...new Set(names)];
  if (!rooms.every(isRoomName)) throw new Refusal('invalid_room');
  if (rooms.length > maxRooms) throw new Refusal('room_limit', { detail: 'rooms', value: maxRooms });
  return rooms;
}

function splitNames(raw: unknown): string[] {
  if (typeof raw !== 'string') throw new Refusal('invalid_room');
  return raw.split(',').map((name) => name.trim());
}
