import type { OwnType } from './own-type.ts';
import type { UserRows } from './user-rows.ts';

/** Any value that JSON can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * How a message is kept and what a slow client gets of it (PROTOCOL.md, "Types").
 * `durable` is stored and never skipped; `presence` takes a place in the order but is not stored.
 * `state` (latest value per key) and `ephemeral` (never stored, no place of its own) are for an application's own types.
 */
export type DeliveryClass = 'durable' | 'presence' | 'state' | 'ephemeral';

/** What a message says before the log has given it a place: everything but `id` and `timestamp`. */
export interface Body<Data = Json> {
  type: string;
  content: string;
  from: string;
  data: Data;
  room?: string;
  to?: string;
  fromId?: string;
  total?: number;
  /** The secret by which its client comes back, on the first list of a connection that asked for one. */
  session?: string;
  /** Of a connection that gave a `lastId`: it misses nothing. */
  recovered?: boolean;
  /** Why it was not recovered. */
  reason?: LossReason;
  /** Messages that follow and were missed. */
  replayed?: number;
}

/** Why a connection could not be recovered (PROTOCOL.md, "Recovery"). */
export type LossReason = 'session' | 'unknown' | 'truncated' | 'too_many' | 'forbidden';

/** A message as every client receives it: the six documented keys in this order, then only those that mean something. */
export interface Message<Data = Json> extends Body<Data> {
  /** Unix seconds of the server's clock. */
  timestamp: number;
  /** `YYYYMMDDHHMMSS-N`, or `…-N.k` for what has no place of its own in the order. */
  id: string;
}

/** What a message may carry that the server makes for one client. */
export type Content = Json | UserRows;

/** A request of a client, decoded: from here on nobody checks its shape again. */
export interface Inbound {
  /** A type that clients may send: one of the protocol or, with `own`, of the application. */
  type: string;
  own?: OwnType;
  content?: string;
  room?: string;
  to?: string;
  data?: Json;
  key?: string;
  token?: string;
  clientMsgId?: string;
}

/** The room that everyone is in; naming it is the same as naming none. */
export const DEFAULT_ROOM = 'general';

/** The author of what the server says itself. */
export const SYSTEM = 'system';

interface TypeRule {
  /** May a client send it? */
  client: boolean;
  class?: DeliveryClass;
}

/** Every type of the protocol, and who may send it. */
export const TYPES = {
  chat: { client: true, class: 'durable' },
  notification: { client: true, class: 'durable' },
  system: { client: false, class: 'durable' },
  heartbeat: { client: true },
  user_list: { client: true },
  user_joined: { client: false, class: 'presence' },
  user_left: { client: false, class: 'presence' },
  join: { client: true },
  leave: { client: true },
  auth: { client: true },
  ack: { client: false },
  error: { client: false },
} as const satisfies Record<string, TypeRule>;

/** A type of the protocol. */
export type Type = keyof typeof TYPES;

/** A type that a client may send. */
export type ClientType = { [T in Type]: (typeof TYPES)[T]['client'] extends true ? T : never }[Type];

/** Completes a body with its place and time, the six documented keys first. */
export function stamp<Data>(body: Body<Data>, id: string, timestamp: number): Message<Data> {
  const { type, content, from, data, ...more } = body;
  return { type, content, from, timestamp, id, data, ...more };
}

/** What a message says, without its place and time. */
export function toBody({ id: _id, timestamp: _timestamp, ...body }: Message): Body {
  return body;
}
