import type { Frame } from './frame.ts';

/** What one client is written at once: frames in their order. */
export interface Parcel {
  readonly frames: readonly Frame[];
  /** The same, joined. */
  readonly bytes: Buffer;
  /** Of the bytes. */
  readonly size: number;
  /** The bytes are there and stay as they are: nothing has to be joined. */
  readonly ready: boolean;
  /** Writes the bytes to a place of the caller's. @returns where they end */
  copy(target: Buffer, start: number): number;
}

/** Frames with their place among all that were sent in the same batch. */
export interface Placed {
  readonly place: number;
  readonly parcel: Parcel;
}

/** What everybody gets who hears the same audiences: joined once, whoever asks first, and shared. */
export class SharedParcel implements Parcel {
  readonly ready = true;
  readonly #sources: readonly (readonly Placed[])[];
  #placed: readonly Placed[] | undefined;
  #bytes: Buffer | undefined;
  #ends: number[] | undefined;

  /** @param sources what each of the audiences was sent */
  constructor(sources: readonly (readonly Placed[])[]) {
    this.#sources = sources;
  }

  get frames(): readonly Frame[] {
    return framesOf(this.#all);
  }

  get bytes(): Buffer {
    this.#bytes ??= Buffer.concat(this.#all.map(({ parcel }) => parcel.bytes));
    return this.#bytes;
  }

  get size(): number {
    return this.bytes.length;
  }

  copy(target: Buffer, start: number): number {
    return start + this.bytes.copy(target, start);
  }

  /** What lies between two places, the first included: a view, not a copy. */
  between(from: number, to: number): Parcel {
    const start = this.#countBefore(from);
    const end = Math.max(start, this.#countBefore(to));
    const frames = () => framesOf(this.#all.slice(start, end));
    return new View(frames, this.bytes.subarray(this.#offset(start), this.#offset(end)));
  }

  /** In the order of their places, over all sources. */
  get #all(): readonly Placed[] {
    const [only, ...others] = this.#sources;
    this.#placed ??= others.length === 0 ? (only ?? []) : this.#sources.flat().sort((a, b) => a.place - b.place);
    return this.#placed;
  }

  #countBefore(place: number): number {
    let low = 0;
    let high = this.#all.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#all[middle]!.place < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #offset(count: number): number {
    if (count === 0) return 0;
    let end = 0;
    this.#ends ??= this.#all.map(({ parcel }) => (end += parcel.size));
    return this.#ends[count - 1]!;
  }
}

/** A parcel whose bytes are there already. */
export class View implements Parcel {
  readonly ready = true;
  readonly bytes: Buffer;
  readonly #frames: () => readonly Frame[];

  constructor(frames: () => readonly Frame[], bytes: Buffer) {
    this.#frames = frames;
    this.bytes = bytes;
  }

  get frames(): readonly Frame[] {
    return this.#frames();
  }

  get size(): number {
    return this.bytes.length;
  }

  copy(target: Buffer, start: number): number {
    return start + this.bytes.copy(target, start);
  }
}

/** Several parcels as one. */
export class JoinedParcel implements Parcel {
  readonly ready = false;
  readonly #parts: readonly Parcel[];

  constructor(parts: readonly Parcel[]) {
    this.#parts = parts;
  }

  get frames(): readonly Frame[] {
    return this.#parts.flatMap(({ frames }) => frames);
  }

  get size(): number {
    return this.#parts.reduce((sum, { size }) => sum + size, 0);
  }

  get bytes(): Buffer {
    const bytes = Buffer.allocUnsafe(this.size);
    this.copy(bytes, 0);
    return bytes;
  }

  copy(target: Buffer, start: number): number {
    return this.#parts.reduce((end, part) => part.copy(target, end), start);
  }
}

function framesOf(placed: readonly Placed[]): Frame[] {
  return placed.flatMap(({ parcel }) => parcel.frames);
}
