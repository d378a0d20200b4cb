import type { SessionRecord } from '../hub/ports.ts';

/** Closed sessions that are kept at most; the one that was not used for the longest time gives way. */
export const MAX_CLOSED = 100_000;
/** Sessions that `openSessions` gives at most. */
export const MAX_REOPENED = 10_000;

interface Closed {
  session: SessionRecord;
  /** When it was used last, in milliseconds. */
  at: number;
}

/** Sessions, in memory: the closed ones until they are too old or too many. */
export class Sessions {
  readonly #age: number;
  readonly #open = new Map<string, SessionRecord>();
  /** In the order of their last use. */
  readonly #closed = new Map<string, Closed>();

  /** @param age milliseconds that a closed session is kept */
  constructor(age: number) {
    this.#age = age;
  }

  save(session: SessionRecord, now: number): void {
    this.#open.delete(session.id);
    this.#closed.delete(session.id);
    if (session.open) this.#open.set(session.id, session);
    else this.#closed.set(session.id, { session, at: now });
    this.#forget(now);
  }

  get(id: string, now: number): SessionRecord | undefined {
    this.#forget(now);
    return this.#open.get(id) ?? this.#closed.get(id)?.session;
  }

  close(id: string, now: number): void {
    const session = this.get(id, now);
    if (session) this.save({ ...session, open: false }, now);
  }

  #forget(now: number): void {
    for (const [id, { at }] of this.#closed) {
      if (this.#closed.size <= MAX_CLOSED && at >= now - this.#age) return;
      this.#closed.delete(id);
    }
  }
}
