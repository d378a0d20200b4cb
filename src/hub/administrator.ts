import { type Body, SYSTEM } from '../protocol/message.ts';
import type { Administration, Dismissal, Dismissed, Listed, PageRequest, UserInfo } from './administration.ts';
import { type Announcement, announcedAs, toPlaced } from './announcement.ts';
import type { Placed, RoomInfo } from './application.ts';
import { Bars } from './bars.ts';
import type { Holders } from './holders.ts';
import { type Connections, describeUsers, mergeUsers, pageOf, toRoomInfo } from './listing.ts';
import type { Nodes, Question } from './nodes.ts';
import type { Clock, Draft, Entry, Log, Logger } from './ports.ts';
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
  nodes: Nodes;
  /** The last N that was delivered here. */
  head(): number;
  announce(announcement: Announcement): Promise<Placed>;
  publish(draft: Draft): Promise<unknown>;
  /** Sends to one session what takes no place in the order. */
  reply(session: Session, body: Body): void;
  /** Ends a session for good. */
  expel(session: Session): void;
}

/** Of the last words to one who is sent away. */
const KICKED = { code: 'kicked' };
/** Milliseconds after which a node that was not reached by a dismissal does by itself what a bar says. */
const OVERDUE = 5000;

/** Does what they ask for who look after the house: tells who is where, and sends users away. */
export class Administrator implements Administration {
  readonly #options: AdministratorOptions;
  readonly #bars: Bars;

  constructor(options: AdministratorOptions) {
    this.#options = options;
    this.#bars = new Bars(options.clock);
  }

  // --- start ---

  /** Reads who may not come in. */
  async start(): Promise<void> {
    const words = await Promise.all(Bars.rooms().map((room) => this.#options.log.states(room)));
    for (const entry of words.flat()) this.#bars.hear(entry);
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

  async listUsers(room: string, request: PageRequest): Promise<Listed<UserInfo>> {
    const { rooms, nodes } = this.#options;
    const users = rooms.find(room)?.roster.users() ?? [];
    const { items, more } = pageOf(users, ({ id }) => id, request);
    const ids = items.map(({ id }) => id);
    const elsewhere = (await nodes.ask({ about: 'users', ids })) as Connections[][];
    return { items: mergeUsers(items, [this.#connectionsOf(ids), ...elsewhere]), more };
  }

  #connectionsOf(ids: readonly string[]): Connections[] {
    const { sessions, head } = this.#options;
    return describeUsers(ids, sessions.values(), head());
  }

  // --- who may not come in ---

  isBarred(userId: string): boolean {
    return this.#bars.has(userId);
  }

  async dismiss(userId: string, { reason, barFor }: Dismissal = {}): Promise<Dismissed> {
    if (barFor !== undefined && !(barFor > 0)) throw new TypeError('barFor is a number of seconds above 0');
    const { nodes, logger } = this.#options;
    const until = barFor === undefined ? undefined : await this.#bar(userId, barFor);
    const here = this.#sendAway(userId, reason);
    const elsewhere = (await nodes.ask({ about: 'dismissal', userId, reason })) as number[];
    const disconnected = elsewhere.reduce((sum, count) => sum + count, here);
    const fields = { event: 'dismissed', userId, reason, barFor, disconnected };
    logger.info(fields, `dismissed: ${userId} - ${disconnected} connections`);
    return { disconnected, ...(until !== undefined && { barredUntil: Math.ceil(until / 1000) }) };
  }

  /** @returns until when, once all nodes know or will know */
  async #bar(userId: string, seconds: number): Promise<number> {
    const { clock, publish } = this.#options;
    const until = clock.now() + seconds * 1000;
    await publish(this.#bars.draft(userId, until));
    return until;
  }

  /** @returns how many connections that ends */
  #sendAway(userId: string, reason?: string): number {
    const own = [...this.#options.sessions.values()].filter(({ user }) => user.id === userId);
    const count = own.filter(({ ending }) => !ending).length;
    for (const session of own) this.kick(session, reason);
    this.#options.holders.dismissed(userId);
    return count;
  }

  kick(session: Session, reason?: string): void {
    session.kicked = true;
    // Also where it is being closed for something that one may come back from.
    session.dismissed = true;
    const { reply, expel } = this.#options;
    if (reason !== undefined) reply(session, { type: 'system', content: reason, from: SYSTEM, data: KICKED });
    expel(session);
  }

  async pardon(userId: string): Promise<boolean> {
    const { publish, logger } = this.#options;
    if (!this.#bars.has(userId)) return false;
    await publish(this.#bars.pardon(userId));
    logger.info({ event: 'pardoned', userId }, `no longer barred: ${userId}`);
    return true;
  }

  /** A word about a bar has its place in the order. */
  hear(entry: Entry): void {
    const { userId } = this.#bars.hear(entry);
    if (this.#bars.has(userId)) {
      this.#options.clock.after(OVERDUE, () => this.#bars.has(userId) && this.#sendAway(userId));
    }
  }

  // --- what other nodes ask ---

  async answer(question: Question): Promise<unknown> {
    if (question.about === 'users') return this.#connectionsOf(question.ids);
    return this.#sendAway(question.userId, question.reason);
  }
}
