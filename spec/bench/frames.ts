import { type Door, NOTHING, type Reading, type State } from '../../bench/load/reading.ts';
import { Sequences } from '../../bench/load/sequences.ts';
import { STAMP_LENGTH, writeStamp } from '../../bench/load/stamp.ts';

/** A server's frame. */
export function frame(payload: string | Buffer, opcode = 1): Buffer {
  const bytes = Buffer.from(payload);
  return Buffer.concat([header(opcode, bytes.length), bytes]);
}

/** A chat as a server sends it. */
export function chat(lane: number, sequence: number, instant = 1000, before = '{"type":"chat","content":"'): Buffer {
  const stamp = Buffer.alloc(STAMP_LENGTH);
  writeStamp(stamp, 0, { lane, sequence, instant });
  return frame(`${before}${stamp.toString()} and so on","from":"Ana"}`);
}

/** The state of a connection that has read nothing yet. */
export function fresh(lanes: number, door: Door = 'raw'): State {
  const map = new Map(Array.from({ length: lanes }, (_, lane) => [lane, lane]));
  return { ear: { door, lanes: map }, sequences: Sequences.of(lanes), skip: 0, carry: NOTHING };
}

/** What several readings came to together. */
export function sum(readings: readonly Reading[]) {
  const add = (key: 'frames' | 'others' | 'late' | 'duplicate' | 'stray') =>
    readings.reduce((total, reading) => total + reading[key], 0);
  return {
    frames: add('frames'),
    others: add('others'),
    late: add('late'),
    duplicate: add('duplicate'),
    stray: add('stray'),
    fresh: readings.flatMap((reading) => reading.fresh),
    instants: readings.flatMap(({ instants }) => unpacked(instants)),
    controls: readings.flatMap(({ controls }) => controls.map(({ kind, payload }) => `${kind} ${payload.toString()}`)),
  };
}

/** 5, 2, 6, 1 → 5, 5, 6 */
function unpacked(runs: readonly number[]): number[] {
  return runs.flatMap((value, place) => (place % 2 === 0 ? new Array<number>(runs[place + 1]!).fill(value) : []));
}

function header(opcode: number, length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | opcode, length]);
  const long = length > 0xffff;
  const bytes = Buffer.alloc(long ? 10 : 4);
  bytes[0] = 0x80 | opcode;
  bytes[1] = long ? 127 : 126;
  if (long) bytes.writeBigUInt64BE(BigInt(length), 2);
  else bytes.writeUInt16BE(length, 2);
  return bytes;
}
