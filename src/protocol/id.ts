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
