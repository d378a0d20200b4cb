import { lang } from './i18n.js';

// Formats in the page's language, never the browser's: that may be a locale which Intl rejects (`en-US@posix`).
const integers = new Intl.NumberFormat(lang, { maximumFractionDigits: 0 });
const decimals = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });
const compacts = new Intl.NumberFormat(lang, { notation: 'compact', maximumFractionDigits: 1 });
const times = new Intl.DateTimeFormat(lang, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const encoder = new TextEncoder();

/** @param {number} n */
export const integer = (n) => integers.format(n);

/** @param {number} n */
export const decimal = (n) => decimals.format(n);

/** Short enough for a tile: 1.2 M. @param {number} n */
export const compact = (n) => (Math.abs(n) < 100_000 ? integers : compacts).format(n);

/** @param {number} n */
export function bytes(n) {
  if (n < 1024) return `${integers.format(n)} B`;
  return n < 1024 ** 2 ? `${decimals.format(n / 1024)} KiB` : `${decimals.format(n / 1024 ** 2)} MiB`;
}

/** Bytes of a text as UTF-8. @param {string} text */
export const sizeOf = (text) => encoder.encode(text).length;

/** 14:03:22 @param {Date} date */
export const clock = (date) => times.format(date);

/** 14:03:22.051 @param {Date} date */
export const preciseClock = (date) => `${times.format(date)}.${String(date.getMilliseconds()).padStart(3, '0')}`;

/** 2 d 3 h, 3 h 20 min, 45 s: the two largest units. @param {number} seconds */
export function duration(seconds) {
  const [d, h, m, s] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60, seconds % 60].map(Math.floor);
  const parts = /** @type {[number | undefined, string][]} */ ([
    [d, 'd'],
    [h, 'h'],
    [m, 'min'],
    [s, 's'],
  ]);
  const first = parts.findIndex(([n]) => n);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n)
    .map(([n, unit]) => `${n} ${unit}`)
    .join(' ');
}
