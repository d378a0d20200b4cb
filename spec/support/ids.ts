import type { MessageId } from '../../src/protocol/id.ts';

/** Takes an id apart: `YYYYMMDDHHMMSS-N` or `YYYYMMDDHHMMSS-N.k`. */
export function parseId(id: string): MessageId {
  const [, date = '', time = '', n, k] = /^(\d{8})(\d{6})-(\d+)(?:\.(\d+))?$/.exec(id) ?? [];
  const iso = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}Z`;
  const timestamp = Date.parse(iso) / 1000;
  return k === undefined ? { n: Number(n), timestamp } : { n: Number(n), timestamp, k: Number(k) };
}
