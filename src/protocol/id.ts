/**
 * Writes an id, `YYYYMMDDHHMMSS-N` or `YYYYMMDDHHMMSS-N.k`.
 * The date is for people; programs compare N, which only grows. The suffix `k` tells apart what has no N of its own.
 *
 * @param n the place in the order of the whole deployment
 * @param timestamp Unix seconds, UTC
 */
export function formatId(n: number, timestamp: number, k?: number): string {
  const iso = new Date(timestamp * 1000).toISOString();
  const date = iso.slice(0, 4) + iso.slice(5, 7) + iso.slice(8, 10);
  const time = iso.slice(11, 13) + iso.slice(14, 16) + iso.slice(17, 19);
  return k === undefined ? `${date}${time}-${n}` : `${date}${time}-${n}.${k}`;
}

/** An id, taken apart. */
export interface MessageId {
  n: number;
  /** Its date, in Unix seconds. */
  timestamp: number;
  /** Present in the id of what has no place of its own. */
  k?: number;
}

/** Reads an id as `formatId` writes it. @returns undefined where it is none */
export function parseId(text: string): MessageId | undefined {
  const [, digits, n, k] = /^(\d{14})-(0|[1-9]\d{0,15})(?:\.(0|[1-9]\d{0,15}))?$/.exec(text) ?? [];
  if (digits === undefined || n === undefined) return undefined;
  const [year, month, day, hour, minute, second] = digits.match(/^\d{4}|\d\d/g)!;
  const timestamp = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) / 1000;
  const id: MessageId = { n: Number(n), timestamp, ...(k !== undefined && { k: Number(k) }) };
  const given = Number.isSafeInteger(id.n) && !Number.isNaN(timestamp);
  // A date that does not exist would be read as another one.
  return given && formatId(id.n, timestamp, id.k) === text ? id : undefined;
}
