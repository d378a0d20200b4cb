import type { Dismissal } from '../hub/administration.ts';
import { Refusal } from '../protocol/errors.ts';

/** What a client is told is for a person to read. */
const REASON = 500;
/** A year: what is to hold for longer is no matter of a server's memory. */
const LONGEST = 31_536_000;

/** Reads the body of a disconnect: `{reason?, barFor?}`. @throws Refusal `invalid_message` */
export function readDismissal(raw: unknown): Dismissal {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new Refusal('invalid_message', { detail: 'not_object' });
  }
  const { reason, barFor } = raw as { reason?: unknown; barFor?: unknown };
  return { reason: reasonOf(reason ?? undefined), barFor: barOf(barFor ?? undefined) };
}

function reasonOf(raw: unknown): string | undefined {
  if (raw === undefined) return undefined;
  if (typeof raw === 'string' && raw !== '' && raw.length <= REASON && raw.isWellFormed()) return raw;
  throw new Refusal('invalid_message', { detail: 'data', value: 'reason' });
}

function barOf(raw: unknown): number | undefined {
  if (raw === undefined) return undefined;
  if (Number.isInteger(raw) && Number(raw) >= 1 && Number(raw) <= LONGEST) return Number(raw);
  throw new Refusal('invalid_message', { detail: 'data', value: 'barFor' });
}
