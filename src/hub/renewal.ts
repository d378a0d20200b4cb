import { DEFAULT_ROOM } from '../protocol/message.ts';
import type { Authenticator, Authorize, User } from './ports.ts';
import type { Session } from './session.ts';

export interface RenewalOptions {
  renew: Authenticator['renew'];
  authorize: Authorize;
  /** The time for which the session's user is known has changed. */
  watch(session: Session): void;
  leave(session: Session, room: string): Promise<unknown>;
  expel(session: Session, why: 'try_again_later'): void;
}

/** Another token for a living session: what its user may do changes in place. */
export class Renewal {
  readonly #options: RenewalOptions;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  /**
   * Where the token is not good nothing has changed; where it permits less, the rooms that it does not permit are left.
   * @throws Refusal `unauthorized`, `unavailable`
   */
  async renew(session: Session, token: string): Promise<true> {
    const user = await this.#options.renew(session.user, token);
    const lost = await this.#notPermitted(user, session.rooms.names());
    if (session.gone || session.ending) return true;
    session.user = user;
    this.#options.watch(session);
    await Promise.all(lost.map((room) => this.#leave(session, room)));
    return true;
  }

  async #notPermitted(user: User, rooms: readonly string[]): Promise<string[]> {
    const lost: string[] = [];
    for (const room of rooms) {
      if (room !== DEFAULT_ROOM && !(await this.#options.authorize(user, 'join', { room }))) lost.push(room);
    }
    return lost;
  }

  /** Where that can't be published the session would stay in it: it has to come anew, and is asked again. */
  async #leave(session: Session, room: string): Promise<void> {
    const { leave, expel } = this.#options;
    await leave(session, room).catch(() => expel(session, 'try_again_later'));
  }
}
