import type { Message } from '../support/messages.ts';
import type { Letter } from './text.ts';

/** What a client is made of: `ws` alone, Socket.IO's client on either transport, or the client of `ambos/client`. */
export type Kind = 'raw' | 'sdk' | 'polling' | 'ambos';

export const KINDS: readonly Kind[] = ['raw', 'sdk', 'polling', 'ambos'];

const DOORS: Record<Kind, 'ws' | 'socketio'> = { raw: 'ws', ambos: 'ws', sdk: 'socketio', polling: 'socketio' };

export function doorOf(kind: Kind): 'ws' | 'socketio' {
  return DOORS[kind];
}

/** What a client says of itself, and of what it remembers. */
export interface Passport {
  username: string;
  userId: string;
  rooms?: string[];
  /** Empty: it asks for one. */
  session: string;
  lastId?: string;
  token?: string;
}

/** What became of a letter. */
export type Answer = Acknowledgement | { code: string; retryable: boolean };

export interface Acknowledgement {
  id: string;
  duplicate: boolean;
}

/** Who a link is for. */
export interface Owner {
  passport(): Passport;
  /** Letters may be sent. */
  opened(link: Link): void;
  /** @param first the first message of a connection */
  heard(link: Link, message: Message, first: boolean): void;
  answered(link: Link, ref: string, answer: Answer): void;
  /** It found nobody there, and goes on trying. */
  failed(link: Link): void;
  /** @param code what is known of why */
  dropped(link: Link, comesBack: boolean, code?: string): void;
}

/** A client's way to the server, over one connection or several. */
export interface Link {
  readonly kind: Kind;
  /** What its client remembers, where that is for the client to do. */
  readonly lastId?: string | undefined;
  send(letter: Letter): void;
  /** Ends it without a word to the server. Nothing that comes by it counts any more. */
  abandon(): void;
  /** Takes leave. */
  leave(): void;
}

/** What is sent: as it reads on the raw door, without its type. */
export function bodyOf({ ref, content, target }: Letter) {
  const place = target.startsWith('@') ? { to: target.slice(1) } : target === 'general' ? {} : { room: target };
  return { content, data: ref, clientMsgId: ref, ...place };
}

/** What an `ack` or `error` message answers; undefined where it answers no letter. */
export function answerBy({ type, data }: Message): { ref: string; answer: Answer } | undefined {
  if (type !== 'ack' && type !== 'error') return undefined;
  const { clientMsgId, ...facts } = data as { clientMsgId?: string; id: string; code: string; retryable: boolean };
  if (clientMsgId === undefined) return undefined;
  return { ref: clientMsgId, answer: toAnswer(type === 'ack', facts) };
}

export function toAnswer(ok: boolean, facts: object): Answer {
  const { id = '', duplicate = false, code = '', retryable = false } = facts as Record<string, never>;
  return ok ? { id, duplicate } : { code, retryable };
}
