import type { Message } from './message.ts';

/** A message to the server, without its type. `from`, `id` and `timestamp` are the server's. */
export interface Outgoing {
  content?: string | undefined;
  /** Absent: the default room, which is everybody. */
  room?: string | undefined;
  /** The userId of a direct message; excludes `room`. */
  to?: string | undefined;
  data?: unknown;
  /** Of a type of the class state. */
  key?: string | undefined;
  /** Of `auth`. */
  token?: string | undefined;
  /** 1 to 64 printable ASCII characters; where not given, the client makes one. */
  clientMsgId?: string | undefined;
}

/** Why something did not happen. */
export interface Failure {
  /** One of PROTOCOL.md's, or of the client's own: `queue_full`, `disconnected`. */
  code: string;
  /** For a person. */
  message: string;
  /** May the same succeed later? */
  retryable: boolean;
  /** Seconds. */
  retryAfter?: number | undefined;
}

/** What became of a message. */
export type Answer = { ok: true; id: string; timestamp: number; duplicate?: true } | { ok: false; error: Failure };

export type Callback = (answer: Answer) => void;

/** What an `ack` or `error` has as its data, as far as it keeps to the protocol. */
export interface Facts {
  clientMsgId?: string;
  id: string;
  timestamp: number;
  code: string;
  retryable: boolean;
  retryAfter?: number;
  /** Of a `user_left`. */
  userId?: string;
}

/** The data of an `ack` or `error`; whatever it is, its keys may be asked for. */
export function factsOf({ data }: Message): Partial<Facts> {
  return (data ?? {}) as Partial<Facts>;
}

/** Makes of an `ack` or `error` what a callback gets. */
export function answerOf(message: Message): Answer {
  const { clientMsgId: _, ...facts } = factsOf(message) as Facts;
  if (message.type === 'ack') return { ok: true, ...facts };
  return { ok: false, error: { ...facts, message: message.content } };
}

export function failureOf(code: string, message = code, retryable = true): Failure {
  return { code, message, retryable };
}

/** An `error` of the client's own, in the shape of the server's. */
export function localError(code: string, retryable: boolean, clientMsgId?: string): Message {
  const timestamp = Math.floor(Date.now() / 1000);
  return { type: 'error', content: code, from: 'client', timestamp, id: '', data: { code, retryable, clientMsgId } };
}
