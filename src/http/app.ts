import Router from '@koa/router';
import Koa from 'koa';
import serve from 'koa-static';
import type { Admission } from '../auth/admission.ts';
import type { Origins } from '../auth/origins.ts';
import type { Clock, Logger } from '../hub/ports.ts';
import type { Snapshot } from '../hub/stats.ts';
import type { Connections } from '../limits/connections.ts';
import { Refusal, toRefusal } from '../protocol/errors.ts';
import type { Locale } from '../protocol/texts.ts';
import { addRoutes } from './routes.ts';
import { StatsStream } from './stats-stream.ts';

export interface AppOptions {
  snapshot: () => Snapshot;
  /** Why the server can't take clients now; empty when it can. */
  notReady: () => string[];
  admission: Admission;
  connections: Connections;
  origins: Origins;
  clock: Clock;
  logger: Logger;
  locale: Locale;
  /** The folder of the pages. */
  webFolder: string;
}

/** Everything that is said over plain HTTP. */
export interface App {
  koa: Koa;
  /** Ends what would go on for ever. */
  close(): void;
}

// Pages load nothing from elsewhere and run no inline script, so content that slips through as markup does nothing.
const CSP = [
  "default-src 'self'",
  "connect-src 'self' ws: wss:",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'Content-Security-Policy': CSP,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
};

/** Errors of a reader that leaves before the end of a file or of a stream: no failure of ours. */
const LEFT_EARLY = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE']);

/** Builds the notice board: pages, figures and health. */
export function createApp(options: AppOptions): App {
  const koa = new Koa();
  // An upgrade is only taken at the exact path: a plain GET must not say otherwise of another one.
  const router = new Router({ sensitive: true, strict: true });
  const stream = new StatsStream(options.clock, options.snapshot);
  addRoutes(router, { ...options, stream });
  koa.on('error', (error) => {
    if (!LEFT_EARLY.has(error.code)) options.logger.error({ err: error }, 'HTTP request failed');
  });
  koa.use(async (ctx, next) => {
    ctx.set(HEADERS);
    await answerErrors(ctx, next, options);
  });
  koa.use(router.routes());
  koa.use(serve(options.webFolder, { extensions: ['html'] }));
  return { koa, close: () => stream.close() };
}

/** The one place that decides what the world sees of an error. */
async function answerErrors(ctx: Koa.Context, next: Koa.Next, { locale, logger }: AppOptions): Promise<void> {
  try {
    // A target without a path, such as `http://`, is more than the library for files can bear.
    if (!ctx.path.startsWith('/')) throw new Refusal('not_found');
    await next();
    if (ctx.status === 404 && ctx.body == null) throw new Refusal('not_found');
  } catch (error) {
    const refusal = fromHttpError(error);
    if (refusal.code === 'internal') logger.error({ err: error }, 'HTTP request failed');
    if (refusal.code === 'upgrade_required') ctx.set({ Upgrade: 'websocket', Connection: 'Upgrade' });
    if (refusal.retryAfter !== undefined) ctx.set('Retry-After', String(refusal.retryAfter));
    ctx.status = refusal.status;
    ctx.body = { error: { code: refusal.code, message: refusal.text(locale) } };
  }
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
