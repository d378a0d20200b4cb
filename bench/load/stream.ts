import { NOTHING, Reading, type State } from './reading.ts';
import { findStamp, instantAt, laneAt, MARKS, sequenceAt } from './stamp.ts';

/** A frame is judged by as much of its payload; what follows is skipped unseen. */
export const LOOK = 512;

const TEXT = 1;
const CLOSE = 8;
const PING = 9;

/** Engine.IO and Socket.IO packets that are more than an event: open, close, ping, connect, disconnect, refusal. */
const PACKETS = ['0', '1', '2', '40', '41', '44'].map((text) => Buffer.from(text));
const ERROR = { raw: Buffer.from('{"type":"error"'), socketio: Buffer.from('42["error"') };
const RECEIPT = { raw: Buffer.from('{"type":"ack"'), socketio: Buffer.from('42["ack"') };

/** A frame's header: its code, where its payload begins, and how long that is. */
export interface Header {
  opcode: number;
  start: number;
  length: number;
}

/** Reads the frames of a server's stream, in whatever pieces it comes. Nothing is unpacked, and only a rest is copied. */
export class Stream {
  /** Where in its payload the last stamp was: in the next frame it will be there again. */
  #hint = 0;

  read(before: State, chunk: Buffer): Reading {
    const bytes = before.carry.length > 0 ? Buffer.concat([before.carry, chunk]) : chunk;
    const reading = new Reading(before);
    const sequences = before.sequences.copy();
    let at = Math.min(before.skip, bytes.length);
    let skip = before.skip - at;
    while (at < bytes.length) {
      const header = headerAt(bytes, at);
      if (!header || bytes.length - header.start < Math.min(header.length, LOOK)) break;
      const end = Math.min(bytes.length, header.start + header.length);
      this.#judge(reading, sequences, bytes, header, Math.min(end, header.start + LOOK));
      skip = header.start + header.length - end;
      at = end;
    }
    const carry = at < bytes.length ? Buffer.from(bytes.subarray(at)) : NOTHING;
    reading.after = { ear: before.ear, sequences, skip, carry };
    return reading;
  }

  #judge(reading: Reading, sequences: State['sequences'], bytes: Buffer, { opcode, start }: Header, end: number): void {
    reading.frames += 1;
    if (opcode === PING || opcode === CLOSE)
      return control(reading, opcode === PING ? 'ping' : 'close', bytes, start, end);
    const at = opcode === TEXT ? findStamp(bytes, start, end, start + this.#hint) : -1;
    if (at < 0) return other(reading, bytes, start, end);
    this.#hint = at - start;
    message(reading, sequences, bytes, at);
  }
}

function message(reading: Reading, sequences: State['sequences'], bytes: Buffer, at: number): void {
  const lane = laneAt(bytes, at);
  const number = sequenceAt(bytes, at);
  const place = reading.after.ear.lanes.get(lane);
  const verdict = place === undefined || Number.isNaN(number) ? 'stray' : sequences.take(place, number);
  if (verdict === 'stray' || verdict === 'late' || verdict === 'duplicate') reading[verdict] += 1;
  if (verdict === 'stray' || verdict === 'duplicate') return;
  reading.fresh.push(lane, number);
  reading.time(instantAt(bytes, at));
}

function other(reading: Reading, bytes: Buffer, start: number, end: number): void {
  const { door } = reading.after.ear;
  if (begins(bytes, start, end, ERROR[door])) return control(reading, 'error', bytes, start, end);
  const isPacket = door === 'socketio' && PACKETS.some((packet) => begins(bytes, start, end, packet));
  if (isPacket) return control(reading, 'packet', bytes, start, end);
  if (begins(bytes, start, end, RECEIPT[door])) return receipt(reading, bytes, start, end);
  reading.others += 1;
}

function receipt(reading: Reading, bytes: Buffer, start: number, end: number): void {
  const at = findStamp(bytes, start, end, start, MARKS.receipt);
  if (at < 0) reading.stray += 1;
  else reading.receipts.push(instantAt(bytes, at));
}

function control(
  reading: Reading,
  kind: Reading['controls'][number]['kind'],
  bytes: Buffer,
  start: number,
  end: number,
): void {
  reading.controls.push({ kind, payload: Buffer.from(bytes.subarray(start, end)) });
}

function begins(bytes: Buffer, start: number, end: number, text: Buffer): boolean {
  return end - start >= text.length && bytes.compare(text, 0, text.length, start, start + text.length) === 0;
}

/** Undefined where the header is not complete. A server's frames are not masked. */
export function headerAt(bytes: Buffer, at: number): Header | undefined {
  const available = bytes.length - at;
  if (available < 2) return undefined;
  const opcode = bytes[at]! & 0x0f;
  const short = bytes[at + 1]! & 0x7f;
  if (short < 126) return { opcode, start: at + 2, length: short };
  if (short === 126) return available < 4 ? undefined : { opcode, start: at + 4, length: bytes.readUInt16BE(at + 2) };
  return available < 10 ? undefined : { opcode, start: at + 10, length: Number(bytes.readBigUInt64BE(at + 2)) };
}
