import type { Part } from '../protocol/user-rows.ts';
import type { Parcel } from './parcel.ts';

/** The first byte of an unfragmented text message. */
const FINAL_TEXT = 0x81;

/** One message as a WebSocket frame of a server: in one piece, not masked (RFC 6455 5.2). */
export class Frame implements Parcel {
  /** Of the whole frame. */
  readonly size: number;
  readonly #payload: readonly Part[];
  readonly #mark: string;
  readonly #payloadSize: number;
  #bytes: Buffer | undefined;

  /** @param mark what the payload begins with in a WebSocket alone */
  constructor(payload: string | readonly Part[], mark = '') {
    this.#payload = typeof payload === 'string' ? [payload] : payload;
    this.#mark = mark;
    this.#payloadSize = this.#payload.reduce((sum, part) => sum + Buffer.byteLength(part), mark.length);
    this.size = this.#headerSize + this.#payloadSize;
  }

  /** The payload, for sockets that frame by themselves. */
  get text(): string {
    return this.#payload.join('');
  }

  get frames(): readonly Frame[] {
    return [this];
  }

  get ready(): boolean {
    return this.#bytes !== undefined;
  }

  get bytes(): Buffer {
    if (!this.#bytes) {
      this.#bytes = Buffer.allocUnsafe(this.size);
      this.#write(this.#bytes, 0);
    }
    return this.#bytes;
  }

  /** Keeps its bytes: it is going to be copied again and again. */
  prepared(): this {
    this.#bytes = this.bytes;
    return this;
  }

  copy(target: Buffer, start: number): number {
    if (this.#bytes) return start + this.#bytes.copy(target, start);
    return this.#write(target, start);
  }

  #write(target: Buffer, start: number): number {
    let end = this.#writeHeader(target, start);
    end += target.write(this.#mark, end);
    for (const part of this.#payload)
      end += typeof part === 'string' ? target.write(part, end) : part.copy(target, end);
    return end;
  }

  get #headerSize(): number {
    return this.#payloadSize < 126 ? 2 : this.#payloadSize < 65_536 ? 4 : 10;
  }

  #writeHeader(target: Buffer, start: number): number {
    target[start] = FINAL_TEXT;
    if (this.#headerSize === 2) return target.writeUInt8(this.#payloadSize, start + 1);
    target[start + 1] = this.#headerSize === 4 ? 126 : 127;
    if (this.#headerSize === 4) return target.writeUInt16BE(this.#payloadSize, start + 2);
    return target.writeBigUInt64BE(BigInt(this.#payloadSize), start + 2);
  }
}
