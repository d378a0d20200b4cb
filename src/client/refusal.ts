import { type Failure, failureOf } from './answer.ts';
import type { Handshake } from './handshake.ts';
import type { Fetch } from './options.ts';

/** With these the client itself is at fault: trying again would not help. */
const FINAL = [400, 401, 403];

/**
 * Learns why an upgrade was refused, which a browser does not tell: a plain GET of the same URL is answered alike, with
 * `upgrade_required` where the upgrade would be accepted. What is no answer of Ambos's, a proxy's for example, is
 * `unreachable`.
 */
export async function whyRefused(handshake: Handshake, fetch: Fetch, signal: AbortSignal): Promise<Failure> {
  const failure = failureOf('unreachable');
  try {
    const headers: Record<string, string> = handshake.token ? { Authorization: `Bearer ${handshake.token}` } : {};
    const response = await fetch(handshake.url.replace('ws', 'http'), { headers, signal });
    failure.message = `HTTP ${response.status}`;
    failure.retryAfter = Number(response.headers.get('Retry-After')) || undefined;
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    return { ...failure, ...error, retryable: !FINAL.includes(response.status) };
  } catch {
    return failure;
  }
}
