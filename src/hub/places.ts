import { Refusal } from '../protocol/errors.ts';
import type { User } from './ports.ts';
import type { Session } from './session.ts';

// What a client is told to wait: there is no saying when another tab is closed.
const RETRY_AFTER = 5;

/** The connections of each user, where their number is limited. */
export class Places {
  readonly #most: number;
  readonly #taken = new Map<string, Set<Session>>();

  /** @param most connections of one user; 0: no limit */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * @param former whose place the newcomer takes
   * @throws Refusal `rate_limited`
   */
  check(user: User, former: Session | undefined): void {
    const taken = this.#taken.get(user.id);
    if (this.#most === 0 || !taken) return;
    const others = former && taken.has(former) ? taken.size - 1 : taken.size;
    if (others >= this.#most)
      throw new Refusal('rate_limited', { retryAfter: RETRY_AFTER, detail: 'user_connections' });
  }

  /** @param former it has lost its place, whenever it will be gone: it can't be replaced by several */
  take(session: Session, former: Session | undefined): void {
    if (this.#most === 0) return;
    if (former) this.leave(former);
    const taken = this.#taken.get(session.user.id);
    if (taken) taken.add(session);
    else this.#taken.set(session.user.id, new Set([session]));
  }

  /** Leaving again changes nothing. */
  leave(session: Session): void {
    const taken = this.#taken.get(session.user.id);
    taken?.delete(session);
    if (taken?.size === 0) this.#taken.delete(session.user.id);
  }
}
