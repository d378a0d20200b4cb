import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Refusal } from '../protocol/errors.ts';
import { SECURITY_HEADERS } from '../protocol/headers.ts';
import type { Locale } from '../protocol/texts.ts';

/** Takes over an upgrade request. Nothing has been read of the socket but `head`. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface UpgradeRoutes {
  /** Exact path → who takes it. */
  paths: ReadonlyMap<string, UpgradeHandler>;
  /** Upgrades below this path are listened to by somebody else (Engine.IO): they are left alone. */
  leave: string;
  /** Nobody else takes upgrades on this server: those of no path are answered with 404. */
  refuseOthers: boolean;
  locale: Locale;
}

/**
 * The one router of upgrades. Several `upgrade` listeners on a server would each see every request, and whoever refuses
 * what is not his own breaks the others.
 */
export function routeUpgrades(server: Server, { paths, leave, refuseOthers, locale }: UpgradeRoutes): () => void {
  const route = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // A peer that resets in mid-handshake must not end the process: nobody else listens yet.
    socket.on('error', ignore);
    if (request.url?.startsWith(leave)) return;
    const handler = paths.get(pathOf(request.url));
    if (handler) handler(request, socket, head);
    else if (refuseOthers) refuseUpgrade(socket, new Refusal('not_found'), locale);
  };
  server.on('upgrade', route);
  return () => void server.off('upgrade', route);
}

/** Answers an upgrade request with an HTTP error and ends it. */
export function refuseUpgrade(socket: Duplex, refusal: Refusal, locale: Locale): void {
  const body = refusalBody(refusal, locale);
  const headers = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? 'Error'}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(SECURITY_HEADERS).map(([name, value]) => `${name}: ${value}`),
  ];
  if (refusal.retryAfter !== undefined) headers.push(`Retry-After: ${refusal.retryAfter}`);
  // A peer that never ends its side would hold the socket, and a shutdown, for ever.
  socket.once('finish', () => socket.destroy());
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
}

/** The body of every HTTP error. */
export function refusalBody(refusal: Refusal, locale: Locale): string {
  return JSON.stringify({ error: { code: refusal.code, message: refusal.text(locale) } });
}

/** The path of a request's target, whatever it is: `new URL` throws on some that clients send. */
function pathOf(target: string | undefined): string {
  return (target ?? '').replace(/^https?:\/\/[^/?#]*/i, '').split('?', 1)[0] ?? '';
}

function ignore(): void {}
