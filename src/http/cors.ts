import type { Context } from 'koa';
import type { Caller, Callers } from '../auth/callers.ts';
import type { Origins } from '../auth/origins.ts';
import { Refusal } from '../protocol/errors.ts';

/** Seconds for which a browser need not ask again. */
const MAX_AGE = '600';

/** Lets pages of other origins read the answer, as far as they may connect. */
export function allowOrigin(ctx: Context, origins: Origins, caller: Caller): void {
  ctx.vary('Origin');
  const allowed = origins.header(caller);
  if (allowed) ctx.set('Access-Control-Allow-Origin', allowed);
}

/**
 * Answers what a browser asks before a page of another origin may send its token as a header.
 * @throws Refusal `forbidden_origin`; `not_found` where it is no such question
 */
export function answerPreflight(ctx: Context, { origins, callers }: { origins: Origins; callers: Callers }): void {
  const caller = callers.of(ctx.req);
  if (!caller.origin || !ctx.req.headers['access-control-request-method']) throw new Refusal('not_found');
  ctx.set('Cache-Control', 'no-store');
  allowOrigin(ctx, origins, caller);
  if (!origins.allows(caller)) throw new Refusal('forbidden_origin');
  ctx.set({
    'Access-Control-Allow-Methods': 'GET, HEAD',
    // A `*` would not mean this one.
    'Access-Control-Allow-Headers': 'Authorization',
    'Access-Control-Max-Age': MAX_AGE,
  });
  ctx.status = 204;
}
