import { z } from 'zod';
import { Refusal } from './errors.ts';
import {
  type Content,
  DEFAULT_ROOM,
  type Inbound,
  type Json,
  type Message,
  SYSTEM,
  TYPES,
  type Type,
} from './message.ts';
import { isRoomName } from './name.ts';
import type { OwnType } from './own-type.ts';
import { type Part, UserRows } from './user-rows.ts';

// null counts as absent, unknown keys are dropped; `data` is checked by `checkJson`, which sees every value anyway, and
// `token` is a key of `auth` alone: on other types it is one of those ignored.
const text = z.string().nullish();
const envelope = z.object({
  type: z.string(),
  content: text,
  room: text,
  to: text,
  data: z.unknown().optional(),
  key: text,
  token: z.unknown().optional(),
  clientMsgId: text,
});

type Envelope = z.infer<typeof envelope>;

/** What decoding is held to. */
export interface CodecLimits {
  /** Levels of nesting; the message itself is the first. */
  maxJsonDepth: number;
  /** The application's own types, by name. */
  ownTypes: ReadonlyMap<string, OwnType>;
}

/** Writes a message as JSON: once per message and protocol, whatever the number of receivers. */
export function encode(message: Message<Content>): Part[] {
  if (!(message.data instanceof UserRows)) return [JSON.stringify(message)];
  const { type, content, from, timestamp, id, data, ...more } = message;
  const start = JSON.stringify({ type, content, from, timestamp, id }).slice(0, -1);
  const end = JSON.stringify(more).slice(1);
  return [`${start},"data":`, ...data.json, end === '}' ? end : `,${end}`];
}

/**
 * Reads a text frame.
 * @throws Refusal `invalid_json`, or what `decode` throws
 */
export function decodeText(text: string, limits: CodecLimits): Inbound {
  return decode(parseJson(text), limits);
}

/**
 * Turns what a client sent into a request. This is the only gate: after it the shape is trusted. An own type's data has
 * passed its schema.
 *
 * @param raw untrusted
 * @throws Refusal `invalid_message`, `unknown_type`, `forbidden_type`, `invalid_room`
 */
export function decode(raw: unknown, limits: CodecLimits): Inbound {
  if (!isObject(raw)) throw new Refusal('invalid_message', { detail: 'not_object' });
  try {
    checkJson(raw, limits.maxJsonDepth, limits.maxJsonDepth);
    return parseOwn(toInbound(parseEnvelope(raw), limits.ownTypes, checkSendable));
  } catch (error) {
    if (error instanceof Refusal) error.clientMsgId = validClientMsgId(raw['clientMsgId']);
    throw error;
  }
}

/**
 * Turns what a backend sent into a request, as `decode` does for a client's, with the types that the server itself says.
 * The data of an own type is still to pass its schema.
 *
 * @param raw untrusted
 * @throws Refusal `invalid_message`, `unknown_type`, `forbidden_type`, `invalid_room`
 */
export function decodeAnnounced(raw: unknown, { maxJsonDepth, ownTypes }: CodecLimits): Inbound {
  if (!isObject(raw)) throw new Refusal('invalid_message', { detail: 'not_object' });
  checkJson(raw, maxJsonDepth, maxJsonDepth);
  return toInbound(parseEnvelope({ ...raw, type: raw['type'] ?? SYSTEM }), ownTypes, checkAnnounceable);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('invalid_json');
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function parseEnvelope(raw: Record<string, unknown>): Envelope {
  const parsed = envelope.safeParse(raw);
  if (parsed.success) return parsed.data;
  const key = String(parsed.error.issues[0]?.path[0]);
  if (key === 'type' && raw['type'] == null) throw new Refusal('invalid_message', { detail: 'no_type' });
  throw new Refusal('invalid_message', { detail: 'not_text', value: key });
}

function toInbound(raw: Envelope, ownTypes: CodecLimits['ownTypes'], checkType: (type: string) => void): Inbound {
  const clientMsgId = checkClientMsgId(raw.clientMsgId);
  const own = ownTypes.get(raw.type);
  if (!own) checkType(raw.type);
  const inbound: Inbound = { type: raw.type };
  if (own) inbound.own = own;
  if (raw.content != null) inbound.content = raw.content;
  if (raw.data != null) inbound.data = raw.data as Json;
  if (raw.key != null) inbound.key = raw.key;
  if (typeof raw.token === 'string') inbound.token = raw.token;
  if (raw.to != null) inbound.to = raw.to;
  if (clientMsgId !== undefined) inbound.clientMsgId = clientMsgId;
  if (raw.room != null) inbound.room = raw.room;
  return checkRules(inbound);
}

function checkSendable(type: string): void {
  if (!isType(type)) throw new Refusal('unknown_type');
  if (!TYPES[type].client) throw new Refusal('forbidden_type');
}

function checkAnnounceable(type: string): void {
  if (!isType(type)) throw new Refusal('unknown_type');
  if (!isDurable(type)) throw new Refusal('forbidden_type');
}

function isType(type: string): type is Type {
  return Object.hasOwn(TYPES, type);
}

/** What is kept says something. */
function isDurable(type: string): boolean {
  const rule = isType(type) ? TYPES[type] : {};
  return 'class' in rule && rule.class === 'durable';
}

function checkClientMsgId(id: string | null | undefined): string | undefined {
  const valid = validClientMsgId(id);
  if (valid === undefined && id != null) throw new Refusal('invalid_message', { detail: 'client_msg_id' });
  return valid;
}

/** @returns undefined where it is none: 1 to 64 printable ASCII characters */
export function validClientMsgId(id: unknown): string | undefined {
  return typeof id === 'string' && /^[\x20-\x7E]{1,64}$/.test(id) ? id : undefined;
}

function checkRules(inbound: Inbound): Inbound {
  const { type, room } = inbound;
  if (inbound.to !== undefined && room !== undefined) throw new Refusal('invalid_message', { detail: 'to_and_room' });
  if (room !== undefined && !isRoomName(room)) throw new Refusal('invalid_room');
  if (room === DEFAULT_ROOM) delete inbound.room;
  if (inbound.own) return checkOwn(inbound, inbound.own);
  if (type === 'auth' && !inbound.token) throw new Refusal('invalid_message', { detail: 'no_token' });
  if (isDurable(type) && inbound.content === undefined && inbound.data === undefined) {
    throw new Refusal('invalid_message', { detail: 'empty' });
  }
  return inbound;
}

function checkOwn(inbound: Inbound, own: OwnType): Inbound {
  if (own.class === 'state' && inbound.to !== undefined) throw new Refusal('invalid_message', { detail: 'state_to' });
  return inbound;
}

/** Its schema may also fill in or convert: what others get is what it gives. */
function parseOwn(inbound: Inbound): Inbound {
  if (inbound.own) inbound.data = inbound.own.parse(inbound.data ?? null);
  return inbound;
}

/**
 * Walks everything a client sent, to the depth limit at most: other clients must never get what their JSON reader may
 * trip over.
 */
function checkJson(value: unknown, levels: number, max: number): void {
  if (typeof value === 'string') return checkText(value);
  if (typeof value !== 'object' || value === null) return;
  if (levels === 0) throw new Refusal('invalid_message', { detail: 'too_deep', value: max });
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    throw new Refusal('invalid_message', { detail: 'binary' });
  if (Array.isArray(value)) {
    for (const item of value) checkJson(item, levels - 1, max);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') throw new Refusal('invalid_message', { detail: 'proto' });
    checkText(key);
    checkJson(item, levels - 1, max);
  }
}

function checkText(text: string): void {
  if (!text.isWellFormed()) throw new Refusal('invalid_message', { detail: 'ill_formed' });
}
