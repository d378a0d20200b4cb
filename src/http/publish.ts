import type { Administration, Announcement, Placed } from '../hub/administration.ts';
import type { Logger } from '../hub/ports.ts';
import { type CodecLimits, decodeAnnounced } from '../protocol/codec.ts';
import { type ErrorData, Refusal, toRefusal } from '../protocol/errors.ts';
import { SYSTEM } from '../protocol/message.ts';
import { parseUsername } from '../protocol/name.ts';
import type { Locale } from '../protocol/texts.ts';

export interface PublishOptions {
  hub: Administration;
  codec: CodecLimits;
  maxMessageBytes: number;
  logger: Logger;
  locale: Locale;
}

interface Published {
  status: number;
  body: Placed | { results: Result[] };
}

/** What became of one message of a batch. */
type Result = Placed | { error: ErrorData & { message: string } };

/** Messages of a batch. */
const MOST = 100;

/**
 * Publishes one message, or an array of them: in their order, each for itself.
 * @param raw untrusted
 * @throws Refusal of the one message, or of a batch as such
 */
export async function postMessages(raw: unknown, options: PublishOptions): Promise<Published> {
  if (Array.isArray(raw)) return postBatch(raw, options);
  const body = await post(raw, options);
  return { status: body.duplicate ? 200 : 201, body };
}

async function postBatch(items: unknown[], options: PublishOptions): Promise<Published> {
  if (items.length === 0 || items.length > MOST) throw new Refusal('invalid_message', { detail: 'batch', value: MOST });
  // All are on their way in one turn: their places follow each other.
  const settled = await Promise.allSettled(items.map((item) => post(item, options)));
  const refusals = settled.map((result) => (result.status === 'rejected' ? result.reason : undefined));
  const [first] = refusals;
  // The log takes nothing: the same batch is to be sent again, as one message would be.
  if (first && refusals.every((refusal) => refusal instanceof Refusal && refusal.code === 'unavailable')) throw first;
  const results = settled.map((result) =>
    result.status === 'fulfilled' ? result.value : failed(result.reason, options),
  );
  return { status: 200, body: { results } };
}

function failed(error: unknown, { locale, logger }: PublishOptions): Result {
  const refusal = toRefusal(error);
  if (refusal.code === 'internal') logger.error({ err: error }, 'a message of a batch failed');
  return { error: { ...refusal.data(), message: refusal.text(locale) } };
}

async function post(raw: unknown, options: PublishOptions): Promise<Placed> {
  const { hub } = options;
  const announcement = read(raw, options);
  const { to, clientMsgId } = announcement;
  if (to === undefined || hub.isPresent(to)) return hub.announce(announcement);
  // Who asks again may have reached somebody before, who has gone since.
  const first = clientMsgId === undefined ? undefined : await hub.announced(clientMsgId);
  if (!first) throw new Refusal('user_not_found');
  return first;
}

function read(raw: unknown, { codec, maxMessageBytes: value }: PublishOptions): Announcement {
  const { own: _own, token: _token, ...announcement } = decodeAnnounced(raw, codec);
  if (Buffer.byteLength(JSON.stringify(raw)) > value) throw new Refusal('too_large', { detail: 'size', value });
  return { ...announcement, from: speaker((raw as { from?: unknown }).from) };
}

/** The server's own voice, or any name that a client might have. */
function speaker(raw: unknown): string {
  return raw === SYSTEM ? SYSTEM : (parseUsername(raw) ?? SYSTEM);
}
