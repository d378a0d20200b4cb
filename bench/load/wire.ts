import type { Door } from './reading.ts';
import { MARKS, STAMP_LENGTH, type Stamp, writeStamp } from './stamp.ts';

const OPCODES = { text: 1, close: 8, pong: 10 };
/** Any will do, but not zero: a server would save itself the work of unmasking. */
const MASK = [0x9e, 0x37, 0x79, 0xb9] as const;
const FILLING = 'abcdefghijklmnopqrstuvwxyz012345';

/** Who a client says it is, and which rooms it joins. */
export interface Identity {
  name: string;
  userId: string;
  rooms: readonly string[];
  /** What it comes back by; empty to ask for one. */
  session?: string;
  /** The id of the last message that it has. */
  lastId?: string;
}

/** A client's frame, masked. */
export function clientFrame(kind: keyof typeof OPCODES, payload: Buffer): Buffer {
  const { length } = payload;
  const start = length < 126 ? 6 : 8;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = 0x80 | OPCODES[kind];
  frame[1] = 0x80 | (length < 126 ? length : 126);
  if (length >= 126) frame.writeUInt16BE(length, 2);
  for (let i = 0; i < 4; i++) frame[start - 4 + i] = MASK[i]!;
  for (let i = 0; i < length; i++) frame[start + i] = payload[i]! ^ MASK[i & 3]!;
  return frame;
}

/** The request that opens a connection at one of the doors. */
export function upgradeRequest(door: Door, port: number, identity: Identity): string {
  return [
    `GET ${door === 'raw' ? rawPath(identity) : '/socket.io/?EIO=4&transport=websocket'} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n');
}

/** The Socket.IO packet that enters the namespace. */
export function connectPacket({ name, ...rest }: Identity): string {
  return `40${JSON.stringify({ username: name, ...rest })}`;
}

function rawPath({ name, userId, rooms, session, lastId }: Identity): string {
  const room = rooms.length > 0 ? `&room=${rooms.join(',')}` : '';
  const past = (session === undefined ? '' : `&session=${session}`) + (lastId === undefined ? '' : `&lastId=${lastId}`);
  return `/ws?username=${name}&userId=${userId}${room}${past}`;
}

export interface ChatOptions {
  /** Length of the content. */
  bytes: number;
  room?: string;
  /** Each asks for a receipt, by a stamp of its own. */
  receipts?: boolean | undefined;
}

/** A chat message as a client of one door sends it: all but the stamp is ready. */
export class Chat {
  readonly #payload: Buffer;
  readonly #place: number;
  readonly #receiptPlace: number;

  constructor(door: Door, { bytes, room, receipts }: ChatOptions) {
    const content = '~T'.padEnd(STAMP_LENGTH, '0') + FILLING.repeat(Math.ceil(bytes / FILLING.length));
    const message = { type: 'chat', content: content.slice(0, Math.max(bytes, STAMP_LENGTH)), room };
    const clientMsgId = receipts ? { clientMsgId: '~A'.padEnd(STAMP_LENGTH, '0') } : {};
    const whole = { ...message, ...clientMsgId };
    const text = door === 'raw' ? JSON.stringify(whole) : `42${JSON.stringify(['chat', whole])}`;
    this.#payload = Buffer.from(text);
    this.#place = text.indexOf('~T');
    this.#receiptPlace = text.indexOf('~A');
  }

  frame(stamp: Stamp): Buffer {
    writeStamp(this.#payload, this.#place, stamp);
    if (this.#receiptPlace >= 0) writeStamp(this.#payload, this.#receiptPlace, stamp, MARKS.receipt);
    return clientFrame('text', this.#payload);
  }
}
