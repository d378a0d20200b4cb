import type { Audience } from '../hub/ports.ts';
import type { Session } from '../hub/session.ts';
import { Batch } from './batch.ts';
import type { Frame } from './frame.ts';
import type { Gatherer, Pacer } from './pacer.ts';
import { type Parcel, View } from './parcel.ts';

export interface FanOutOptions {
  pacer: Pacer;
  /** Nothing waits for the session's socket: most likely it takes what it is written at once. */
  idle(session: Session): boolean;
  /** Writes to one session's socket. @returns whether that has taken the bytes, and needs them no more */
  write(session: Session, parcel: Parcel): boolean;
  /** So many messages were written together. */
  flushed(messages: number): void;
}

/** Bytes for audiences that are written at once: clients in trouble are noticed, and memory is bounded. */
const MOST_BYTES = 256 * 1024;
/** The same for what is one session's own: pages of the log, lists. */
const MOST_OWN_BYTES = 16 * 1024;
const SCRATCH_BYTES = 128 * 1024;
const NONE = Buffer.alloc(0);
/** Members up to which an audience is not worth sharing. */
const FEW = 4;

/**
 * Gathers what a door sends in one turn and writes it to each client once, in the order of the calls, whatever rooms it
 * came from. A system call per client costs a hundred times what another message in it does.
 */
export class FanOut implements Gatherer {
  readonly #options: FanOutOptions;
  #scratch: Buffer = NONE;
  #batch = new Batch();

  constructor(options: FanOutOptions) {
    this.#options = options;
  }

  /** Sends to whoever is in the audience now. */
  sendToAll(frame: Frame, audience: Audience): void {
    if (audience.size <= FEW) {
      const place = this.#batch.nextPlace();
      for (const session of audience) this.sendToOne(frame, session, place);
      return;
    }
    this.#batch.addToAll(frame, audience);
    if (this.#batch.bytes >= MOST_BYTES) this.flush();
    else this.#options.pacer.request(this);
  }

  /** @param place the one that it shares with the same message to others */
  sendToOne(parcel: Parcel, session: Session, place?: number): void {
    if (this.#batch.addToOne(parcel, session, place) >= MOST_OWN_BYTES) this.flushOne(session);
    else this.#options.pacer.request(this);
  }

  /** To be called before a session joins or leaves an audience: what it was sent until now stays its own. */
  settle(session: Session): void {
    this.#batch.settle(session);
  }

  /** Writes what waits for one session. */
  flushOne(session: Session): void {
    this.#write(session, this.#batch.take(session));
  }

  flush(): number {
    const batch = this.#batch;
    if (batch.count === 0) return 0;
    this.#batch = new Batch();
    for (const { parcel, sessions } of batch.deliveries()) {
      for (const session of sessions) this.#write(session, parcel);
    }
    this.#options.flushed(batch.count);
    return batch.count;
  }

  #write(session: Session, parcel: Parcel): void {
    if (parcel.size === 0) return;
    if (parcel.ready) this.#options.write(session, parcel);
    else this.#writeOwn(session, parcel);
  }

  /**
   * What is for one session alone is joined in a buffer that is used again and again, as far as its socket takes it at
   * once: thousands of lists that are written and forgotten would otherwise be the server's largest piece of memory.
   */
  #writeOwn(session: Session, parcel: Parcel): void {
    const { size } = parcel;
    const scratch = this.#options.idle(session) ? this.#takeScratch(size) : undefined;
    const bytes = scratch ? scratch.subarray(0, size) : parcel.bytes;
    if (scratch) parcel.copy(scratch, 0);
    const taken = this.#options.write(session, new View(() => parcel.frames, bytes));
    if (scratch && taken) this.#scratch = scratch;
  }

  /** Nobody else has it until it is given back: a write may lead to another one. */
  #takeScratch(size: number): Buffer {
    const scratch = this.#scratch;
    this.#scratch = NONE;
    return scratch.length >= size ? scratch : Buffer.allocUnsafeSlow(Math.max(size, SCRATCH_BYTES));
  }
}
