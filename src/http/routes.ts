import type Router from '@koa/router';
import type { Context } from 'koa';
import { Refusal } from '../protocol/errors.ts';
import { fromRequest } from '../protocol/handshake.ts';
import { addAdminRoutes } from './admin.ts';
import type { AppOptions } from './app.ts';
import { Calls } from './calls.ts';
import { allowOrigin, answerPreflight } from './cors.ts';
import { showHistory } from './history.ts';
import { Metrics } from './metrics.ts';
import { statsBody } from './stats-body.ts';
import type { StatsStream } from './stats-stream.ts';

type RouteOptions = AppOptions & { stream: StatsStream };

/** What pages of other origins may read, as far as they may connect. */
const READABLE = ['/ws', '/ws/history', '/ws/stats'];

/** The paths, each with what it answers. */
export function addRoutes(router: Router, options: RouteOptions): void {
  const calls = options.admin && new Calls();
  if (options.admin && calls) addAdminRoutes(router, options.admin, calls);
  for (const path of READABLE) router.options(path, (ctx) => answerPreflight(ctx, options));
  router.get('/ws', (ctx) => explainUpgrade(ctx, options));
  router.get('/ws/history', (ctx) => showHistory(ctx, options));
  router.get('/ws/stats', (ctx) => showStats(ctx, options));
  const metrics = new Metrics(options.figures, { certificate: options.certificate, calls });
  router.get('/metrics', async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.type = metrics.contentType;
    ctx.body = await metrics.text();
  });
  router.get('/ws/endpoints', (ctx) => {
    ctx.body = { websocket: '/ws', socketio: { path: '/socket.io/', namespace: options.namespace } };
  });
  router.get('/healthz', (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { status: 'ok' };
  });
  router.get('/readyz', (ctx) => showReadiness(ctx, options));
}

/**
 * A browser sees only 1006 where an upgrade was refused: here a plain GET of the same URL learns why. It counts as no
 * connection and opens no session.
 */
async function explainUpgrade(ctx: Context, options: RouteOptions): Promise<never> {
  const { admission, connections, callers, origins, checkPlace } = options;
  const caller = callers.of(ctx.req);
  allowOrigin(ctx, origins, caller);
  ctx.set('Access-Control-Expose-Headers', 'Retry-After');
  admission.checkFree();
  connections.check(caller.address);
  checkPlace(await admission.admit(fromRequest(ctx.req.url, ctx.req.headers), caller));
  throw new Refusal('upgrade_required');
}

function showStats(ctx: Context, { stats, stream, callers, origins }: RouteOptions): void {
  ctx.set('Cache-Control', 'no-store');
  allowOrigin(ctx, origins, callers.of(ctx.req));
  if (!ctx.req.headers.accept?.includes('text/event-stream')) {
    ctx.body = statsBody(stats());
    return;
  }
  ctx.type = 'text/event-stream';
  // Proxies that buffer would hold the events back.
  ctx.set('X-Accel-Buffering', 'no');
  ctx.body = stream.open();
}

function showReadiness(ctx: Context, { notReady }: RouteOptions): void {
  const reasons = notReady();
  ctx.set('Cache-Control', 'no-store');
  ctx.status = reasons.length > 0 ? 503 : 200;
  ctx.body = { ready: reasons.length === 0, reasons };
}
