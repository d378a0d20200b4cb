/**
 * The beginning of each content: `~T` (of each `clientMsgId`: `~A`), 4 hex digits of the lane, 8 of the sequence number in it, 12 of the instant in
 * microseconds. A fixed width at a place that hardly moves: it is found and read without JSON.
 */
export interface Stamp {
  lane: number;
  sequence: number;
  instant: number;
}

export const STAMP_LENGTH = 26;

/** What a stamp stands in: the content of a message, or the `clientMsgId` that comes back in its receipt. */
export const MARKS = { content: 0x54, receipt: 0x41 } as const;
export type Mark = (typeof MARKS)[keyof typeof MARKS];

const TILDE = 0x7e;
const DIGITS = Buffer.from('0123456789abcdef');
const VALUES = new Int8Array(256).fill(-1);
for (const [value, code] of DIGITS.entries()) VALUES[code] = value;

export function writeStamp(bytes: Buffer, at: number, { lane, sequence, instant }: Stamp, mark?: Mark): void {
  bytes[at] = TILDE;
  bytes[at + 1] = mark ?? MARKS.content;
  writeHex(bytes, at + 2, 4, lane);
  writeHex(bytes, at + 6, 8, sequence);
  writeHex(bytes, at + 14, 12, Math.floor(instant));
}

/** Where a whole stamp begins between two places, or -1. @param hint where the last one was */
export function findStamp(bytes: Buffer, from: number, to: number, hint: number, mark: Mark = MARKS.content): number {
  const last = to - STAMP_LENGTH;
  if (hint >= from && hint <= last && isStamp(bytes, hint, mark)) return hint;
  for (let at = from; at <= last; at++) if (isStamp(bytes, at, mark)) return at;
  return -1;
}

export const laneAt = (bytes: Buffer, at: number): number => readHex(bytes, at + 2, 4);
export const sequenceAt = (bytes: Buffer, at: number): number => readHex(bytes, at + 6, 8);
export const instantAt = (bytes: Buffer, at: number): number => readHex(bytes, at + 14, 12);

function isStamp(bytes: Buffer, at: number, mark: Mark): boolean {
  return bytes[at] === TILDE && bytes[at + 1] === mark;
}

function writeHex(bytes: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let place = at + digits - 1; place >= at; place--) {
    bytes[place] = DIGITS[rest % 16]!;
    rest = Math.floor(rest / 16);
  }
}

/** NaN where there is something else than digits. */
function readHex(bytes: Buffer, at: number, digits: number): number {
  let value = 0;
  for (let place = at; place < at + digits; place++) {
    const digit = VALUES[bytes[place]!]!;
    if (digit < 0) return Number.NaN;
    value = value * 16 + digit;
  }
  return value;
}
