import Router from '@koa/router';
import Koa from 'koa';
import serve from 'koa-static';
import type { Admission } from '../auth/admission.ts';
import type { Callers } from '../auth/callers.ts';
import type { Origins } from '../auth/origins.ts';
import type { Clock, Log, Logger, Reception } from '../hub/ports.ts';
import type { Connections } from '../limits/connections.ts';
import { Refusal, toRefusal } from '../protocol/errors.ts';
import { SECURITY_HEADERS } from '../protocol/headers.ts';
import type { Locale } from '../protocol/texts.ts';
import type { AdminOptions } from './admin.ts';
import type { Extras, Figures } from './metrics.ts';
import { addRoutes } from './routes.ts';
import type { StatsFigures } from './stats-body.ts';
import { StatsStream } from './stats-stream.ts';

export interface AppOptions extends Pick<Extras, 'certificate'> {
  /** Of this node. */
  figures: () => Figures;
  /** Of the deployment. */
  stats: () => StatsFigures;
  /** Why the server can't take clients now; empty when it can. */
  notReady: () => string[];
  history: Log['history'];
  checkPlace: Reception['checkPlace'];
  /** What backends may do; absent where no key would let one in. */
  admin?: AdminOptions | undefined;
  admission: Admission;
  connections: Connections;
  callers: Callers;
  origins: Origins;
  clock: Clock;
  logger: Logger;
  locale: Locale;
  /** The hub's Socket.IO namespace, which pages have to know. */
  namespace: string;
  /** The folder of the pages. */
  webFolder: string;
}

/** Everything that is said over plain HTTP. */
export interface App {
  koa: Koa;
  /** Ends what would go on for ever. */
  close(): void;
}

/** Errors of a reader that leaves before the end of a file or of a stream: no failure of ours. */
const LEFT_EARLY = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE']);

/**
 * Builds the notice board: pages, figures and health.
 * @param host the application's own Koa app; what is not ours is left to it, and so is `/`
 */
export function createApp(options: AppOptions, host?: Koa): App {
  const koa = host ?? new Koa();
  const stream = new StatsStream(options.clock, options.stats);
  const answer = answerer(options, stream, host === undefined);
  if (!host) koa.on('error', (error) => logFailure(error, options.logger));
  koa.use(async (ctx, next) => {
    ctx.set(SECURITY_HEADERS);
    if (!host) ctx.request.ip = options.callers.of(ctx.req).address;
    if (await answer(ctx)) return;
    if (!host) return refuse(ctx, new Refusal('not_found'), options);
    for (const name of Object.keys(SECURITY_HEADERS)) ctx.remove(name);
    await next();
  });
  return { koa, close: () => stream.close() };
}

/** Answers what is ours. @returns false where it is not */
function answerer(options: AppOptions, stream: StatsStream, index: boolean): (ctx: Koa.Context) => Promise<boolean> {
  // An upgrade is only taken at the exact path: a plain GET must not say otherwise of another one.
  const router = new Router({ sensitive: true, strict: true });
  addRoutes(router, { ...options, stream });
  const routes = router.routes() as Koa.Middleware;
  const files = serve(options.webFolder, { extensions: ['html'], index: index ? 'index.html' : false });
  return async (ctx) => {
    let ours = true;
    const pass = async () => {
      ours = false;
    };
    try {
      // A target without a path, such as `http://`, is more than the library for files can bear.
      if (!ctx.path.startsWith('/')) return false;
      await routes(ctx as Koa.ParameterizedContext, () => files(ctx as Koa.ParameterizedContext, pass));
    } catch (error) {
      refuse(ctx, error, options);
    }
    return ours;
  };
}

function logFailure(error: Error & { code?: string }, logger: Logger): void {
  if (!LEFT_EARLY.has(error.code ?? '')) logger.error({ err: error }, 'HTTP request failed');
}

/** The one place that decides what the world sees of an error. */
function refuse(ctx: Koa.Context, error: unknown, { locale, logger }: AppOptions): void {
  const refusal = fromHttpError(error);
  if (refusal.code === 'internal') logger.error({ err: error }, 'HTTP request failed');
  // A header that does not say close would keep the connection, whatever the client has asked for.
  if (refusal.code === 'upgrade_required') ctx.set({ Upgrade: 'websocket', Connection: 'Upgrade, close' });
  const wait = refusal.retryAfter ?? (refusal.status === 503 ? 1 : undefined);
  if (wait !== undefined) ctx.set('Retry-After', String(wait));
  ctx.status = refusal.status;
  ctx.body = { error: { code: refusal.code, message: refusal.text(locale) } };
}

/**
 * Libraries throw errors with a status for what a client asked wrongly (a malformed path), and Koa's parser throws on a
 * target that is no URL: that is no fault of ours.
 */
function fromHttpError(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_URL') return new Refusal('not_found');
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  return status >= 400 && status < 500 ? new Refusal('not_found') : toRefusal(error);
}
