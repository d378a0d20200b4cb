import { Refusal } from '../protocol/errors.ts';
import type { User } from './ports.ts';
import type { Session } from './session.ts';

// What a client is told to wait: there is no saying when another tab is closed.
const RETRY_AFTER = 5;

/** The connections of each user, where their number is limited. */
export class Places {
  readonly #most: number;
  readonly #elsewhere: (userId: string) => number;
  readonly #taken = new Map<string, Set<Session>>();

  /**
   * @param most connections of one user; 0: no limit
   * @param elsewhere how many of them a user has on other nodes
   */
  constructor(most: number, elsewhere: (userId: string) => number) {
    this.#most = most;
    this.#elsewhere = elsewhere;
  }

  /**
   * @param former whose place the newcomer takes
   * @param stranger it gives a session that is not known here: it may take the place of a connection elsewhere
   * @throws Refusal `rate_limited`
   */
  check(user: User, former: Session | undefined, stranger: boolean): void {
    if (this.#most === 0) return;
    const taken = this.#taken.get(user.id);
    const here = (taken?.size ?? 0) - (former && taken?.has(former) ? 1 : 0);
    const elsewhere = this.#elsewhere(user.id);
    if (here + elsewhere - (stranger && elsewhere > 0 ? 1 : 0) >= this.#most)
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
