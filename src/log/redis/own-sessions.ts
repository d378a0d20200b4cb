import type { SessionRecord } from '../../hub/ports.ts';

/** The sessions that are open on this node: Redis forgets them unless it hears of them from time to time. */
export class OwnSessions {
  readonly #open = new Map<string, SessionRecord>();

  saved(session: SessionRecord): void {
    if (session.open) this.#open.set(session.id, session);
    else this.#open.delete(session.id);
  }

  /** Another node has it. */
  lost(session: SessionRecord): void {
    if (this.#open.get(session.id) === session) this.#open.delete(session.id);
  }

  /** It is closed. @returns the id of the connection that had it here */
  closed(id: string): string {
    const holder = this.#open.get(id)?.holder?.id ?? '';
    this.#open.delete(id);
    return holder;
  }

  /** All that are open, in slices. */
  *slices(size: number): Generator<SessionRecord[]> {
    const all = [...this.#open.values()];
    for (let i = 0; i < all.length; i += size) yield all.slice(i, i + size).filter(({ id }) => this.#open.has(id));
  }
}
