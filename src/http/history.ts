import type { Context } from 'koa';
import type { Admission } from '../auth/admission.ts';
import type { Callers } from '../auth/callers.ts';
import type { Origins } from '../auth/origins.ts';
import type { Log } from '../hub/ports.ts';
import { Refusal } from '../protocol/errors.ts';
import { fromRequest, queryOf } from '../protocol/handshake.ts';
import { parseId } from '../protocol/id.ts';
import { DEFAULT_ROOM } from '../protocol/message.ts';
import { isRoomName } from '../protocol/name.ts';
import { allowOrigin } from './cors.ts';

export interface HistoryOptions {
  history: Log['history'];
  admission: Admission;
  callers: Callers;
  origins: Origins;
}

const LIMIT = 100;
const MOST = 300;

/**
 * `GET /ws/history?room=&before=&after=&limit=`: stored messages of a room, in their order, for people who scroll. Who may
 * not read the room on a connection may not here either.
 *
 * @throws Refusal `invalid_room`, `invalid_message`, `unavailable`, those of a handshake
 */
export async function showHistory(
  ctx: Context,
  { history, admission, callers, origins }: HistoryOptions,
): Promise<void> {
  const query = queryOf(ctx.req.url);
  const caller = callers.of(ctx.req);
  ctx.set('Cache-Control', 'no-store');
  // First of all: a page is to read what is wrong, too.
  allowOrigin(ctx, origins, caller);
  const room = query.get('room') || DEFAULT_ROOM;
  if (!isRoomName(room)) throw new Refusal('invalid_room');
  const who = { ...fromRequest(ctx.req.url, ctx.req.headers), rooms: undefined, lastId: undefined, session: undefined };
  const { user } = await admission.admit(who, caller);
  await admission.permit(user, 'read', room === DEFAULT_ROOM ? {} : { room });
  const before = positionOf(query, 'before');
  const after = positionOf(query, 'after');
  if (before !== undefined && after !== undefined) throw invalid('after');
  const { entries, more } = await history({ room, before, after, limit: limitOf(query) });
  ctx.body = { room, messages: entries.map(({ message }) => message), more };
}

/** The place of a message that is named by its id. */
function positionOf(query: URLSearchParams, key: 'before' | 'after'): number | undefined {
  const text = query.get(key);
  if (!text) return undefined;
  const id = parseId(text);
  if (!id) throw invalid(key);
  return id.n;
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit') || String(LIMIT);
  if (!/^[1-9]\d{0,5}$/.test(text)) throw invalid('limit');
  return Math.min(Number(text), MOST);
}

function invalid(key: string): Refusal {
  return new Refusal('invalid_message', { detail: 'data', value: key });
}
