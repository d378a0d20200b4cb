import type Router from '@koa/router';
import type { Context } from 'koa';
import type { ApiKeys } from '../auth/api-keys.ts';
import type { Callers } from '../auth/callers.ts';
import type { Administration, Dismissal, PageRequest } from '../hub/administration.ts';
import type { Logger } from '../hub/ports.ts';
import type { Attempts } from '../limits/attempts.ts';
import type { CodecLimits } from '../protocol/codec.ts';
import { Refusal } from '../protocol/errors.ts';
import { bearerToken, queryOf } from '../protocol/handshake.ts';
import { DEFAULT_ROOM } from '../protocol/message.ts';
import { isRoomName, parseUserId } from '../protocol/name.ts';
import type { Locale } from '../protocol/texts.ts';
import type { Calls } from './calls.ts';
import { readDismissal } from './dismissal.ts';
import { readJson } from './json-body.ts';
import { postMessages } from './publish.ts';

export interface AdminOptions {
  keys: ApiKeys;
  attempts: Attempts;
  callers: Callers;
  hub: Administration;
  codec: CodecLimits;
  maxMessageBytes: number;
  /** Bytes of a request's body. */
  maxBodyBytes: number;
  logger: Logger;
  locale: Locale;
}

type Handler = (ctx: Context, options: AdminOptions) => void | Promise<void>;
type Method = 'GET' | 'POST' | 'DELETE';

const LIMIT = 100;
const MOST = 300;

/** What backends may ask for, by their key. */
export function addAdminRoutes(router: Router, options: AdminOptions, calls: Calls): void {
  const add = (path: string, handlers: Partial<Record<Method, Handler>>) => {
    const byMethod = new Map<string, Handler>(Object.entries(handlers));
    router.all(path, (ctx) => {
      // What becomes of an error is decided elsewhere.
      ctx.res.once('close', () => calls.add(path, ctx.status));
      return answer(ctx, byMethod, options);
    });
  };
  add('/api/messages', { POST: postMessage });
  add('/api/users', { GET: showUsers });
  add('/api/rooms', { GET: showRooms });
  add('/api/users/:id/disconnect', { POST: disconnect });
  add('/api/users/:id/bar', { DELETE: unbar });
}

/** These paths are for backends: no page of any origin may read them, so nothing is said of origins. */
async function answer(ctx: Context, handlers: ReadonlyMap<string, Handler>, options: AdminOptions): Promise<void> {
  ctx.set('Cache-Control', 'no-store');
  try {
    checkKey(ctx, options);
    const handler = handlers.get(ctx.method === 'HEAD' ? 'GET' : ctx.method);
    if (!handler) return refuseMethod(ctx, [...handlers.keys()]);
    await handler(ctx, options);
  } catch (error) {
    // Else Node would read to the end what is refused, however long it is.
    if (!ctx.req.complete) ctx.set('Connection', 'close');
    throw error;
  }
}

/** Nothing is looked at, and no body is read, before the key. @throws Refusal `unauthorized`, `rate_limited` */
function checkKey(ctx: Context, { keys, attempts, callers, logger }: AdminOptions): void {
  const { address } = callers.of(ctx.req);
  attempts.check(address);
  const key = bearerToken(ctx.req.headers);
  if (key !== undefined && keys.accepts(key)) return;
  if (key !== undefined && attempts.failed(address)) {
    logger.warn({ event: 'wrong_keys', address }, `Too many wrong API keys from ${address}`);
  }
  ctx.set('WWW-Authenticate', 'Bearer');
  throw new Refusal('unauthorized', { detail: 'api_key' });
}

function refuseMethod(ctx: Context, methods: string[]): void {
  const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
  ctx.set('Allow', allowed.join(', '));
  if (ctx.method !== 'OPTIONS') throw new Refusal('method_not_allowed');
  ctx.status = 204;
}

/** @throws Refusal as `readJson` does */
async function bodyOf({ req, request }: Context, { maxBodyBytes }: AdminOptions): Promise<unknown> {
  // A parser of the application's own has been here first: there is nothing left to be read.
  if (req.readableEnded) return (request as { body?: unknown }).body;
  return readJson(req, maxBodyBytes);
}

// --- messages ---

async function postMessage(ctx: Context, options: AdminOptions): Promise<void> {
  const { status, body } = await postMessages(await bodyOf(ctx, options), options);
  ctx.status = status;
  ctx.body = body;
}

// --- who is where ---

async function showUsers(ctx: Context, { hub }: AdminOptions): Promise<void> {
  const query = queryOf(ctx.req.url);
  const room = query.get('room') || DEFAULT_ROOM;
  if (!isRoomName(room)) throw new Refusal('invalid_room');
  const { items, more } = await hub.listUsers(room, pageRequestOf(query));
  ctx.body = { room, users: items, more };
}

function showRooms(ctx: Context, { hub }: AdminOptions): void {
  const { items, more } = hub.listRooms(pageRequestOf(queryOf(ctx.req.url)));
  ctx.body = { rooms: items, more };
}

function pageRequestOf(query: URLSearchParams): PageRequest {
  const limit = query.get('limit') || String(LIMIT);
  if (!/^[1-9]\d{0,5}$/.test(limit)) throw new Refusal('invalid_message', { detail: 'data', value: 'limit' });
  return { after: query.get('after') || undefined, limit: Math.min(Number(limit), MOST) };
}

// --- users ---

async function disconnect(ctx: Context, options: AdminOptions): Promise<void> {
  const userId = userIdOf(ctx);
  const dismissal: Dismissal = ctx.req.headers['content-type'] ? readDismissal(await bodyOf(ctx, options)) : {};
  ctx.body = { userId, ...(await options.hub.dismiss(userId, dismissal)) };
}

async function unbar(ctx: Context, { hub }: AdminOptions): Promise<void> {
  const userId = userIdOf(ctx);
  ctx.body = { userId, lifted: await hub.pardon(userId) };
}

function userIdOf(ctx: Context): string {
  const { id } = ctx['params'] as { id: string };
  const userId = parseUserId(id);
  if (userId === undefined) throw new Refusal('invalid_user_id', { detail: 'name_length', value: 128 });
  return userId;
}
