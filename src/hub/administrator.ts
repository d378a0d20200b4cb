import { type Body, SYSTEM } from '../protocol/message.ts';
import type { Administration, Dismissal, Dismissed, Listed, PageRequest, UserInfo } from './administration.ts';
import { type Announcement, announcedAs, toPlaced } from './announcement.ts';
import type { Placed, RoomInfo } from './application.ts';
import { Bars } from './bars.ts';
import type { Holders } from './holders.ts';
import { describeUsers, pageOf, toRoomInfo } from './listing.ts';
import type { Clock, Log, Logger } from './ports.ts';
import type { Rooms } from './rooms.ts';
import type { Session } from './session.ts';

export interface AdministratorOptions {
  log: Log;
  clock: Clock;
  logger: Logger;
  rooms: Rooms;
  /** The connections, by id. */
  sessions: ReadonlyMap<string, Session>;
  holders: Holders;
  /** The last N that was delivered here. */
  head(): number;
  announce(announcement: Announcement): Promise<Placed>;
  /** Sends to one session what takes no place in the order. */
  reply(session: Session, body: Body): void;
  /** Ends a session for good. */
  expel(session: Session): void;
}

/** Of the last words to one who is sent away. */
const KICKED = { code: 'kicked' };

/** Does what they ask for who look after the house: tells who is where, and sends users away. */
export class Administrator implements Administration {
  readonly #options: AdministratorOptions;
  readonly #bars: Bars;

  constructor(options: AdministratorOptions) {
    this.#options = options;
    this.#bars = new Bars(options.clock);
  }

  // --- messages ---

  announce(announcement: Announcement): Promise<Placed> {
    return this.#options.announce(announcement);
  }

  async announced(clientMsgId: string): Promise<Placed | undefined> {
    const receipt = await this.#options.log.receipt(announcedAs(clientMsgId));
    return receipt && toPlaced({ ...receipt, duplicate: true });
  }

  // --- who is where ---

  isPresent(userId: string): boolean {
    return this.#options.rooms.default.roster.has(userId);
  }

  listRooms(request: PageRequest): Listed<RoomInfo> {
    const { items, more } = pageOf(this.#options.rooms.peopled(), ({ name }) => name, request);
    return { items: items.map(toRoomInfo), more };
  }

  listUsers(room: string, request: PageRequest): Listed<UserInfo> {
    const { rooms, sessions, head } = this.#options;
    const users = rooms.find(room)?.roster.users() ?? [];
    const { items, more } = pageOf(users, ({ id }) => id, request);
    return { items: describeUsers(items, sessions.values(), head()), more };
  }

  // --- who may not come in ---

  isBarred(userId: string): boolean {
    return this.#bars.has(userId);
  }

  dismiss(userId: string, { reason, barFor }: Dismissal = {}): Dismissed {
    if (barFor !== undefined && !(barFor > 0)) throw new TypeError('barFor is a number of seconds above 0');
    const until = barFor === undefined ? undefined : this.#bars.set(userId, barFor);
    const own = [...this.#options.sessions.values()].filter(({ user }) => user.id === userId);
    const disconnected = own.filter(({ ending }) => !ending).length;
    for (const session of own) this.kick(session, reason);
    this.#options.holders.dismissed(userId);
    const fields = { event: 'dismissed', userId, reason, barFor, disconnected };
    this.#options.logger.info(fields, `dismissed: ${userId} - ${disconnected} connections`);
    return { disconnected, ...(until !== undefined && { barredUntil: Math.ceil(until / 1000) }) };
  }

  kick(session: Session, reason?: string): void {
    session.kicked = true;
    // Also where it is being closed for something that one may come back from.
    session.dismissed = true;
    const { reply, expel } = this.#options;
    if (reason !== undefined) reply(session, { type: 'system', content: reason, from: SYSTEM, data: KICKED });
    expel(session);
  }

  pardon(userId: string): boolean {
    const lifted = this.#bars.lift(userId);
    if (lifted) this.#options.logger.info({ event: 'pardoned', userId }, `no longer barred: ${userId}`);
    return lifted;
  }
}
