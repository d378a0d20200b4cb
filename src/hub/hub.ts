import { randomBytes } from 'node:crypto';
import { type CloseName, Refusal } from '../protocol/errors.ts';
import {
  type Body,
  type Content,
  DEFAULT_ROOM,
  type Inbound,
  type Message,
  stamp,
  toBody,
} from '../protocol/message.ts';
import type { OwnType } from '../protocol/own-type.ts';
import { type Locale, say, TEXTS } from '../protocol/texts.ts';
import { type Announcement, toDraft } from './announcement.ts';
import { Answers } from './answers.ts';
import type { Application, Placed, RoomInfo } from './application.ts';
import { type Desk, handlerOf } from './handlers.ts';
import { Inbox } from './inbox.ts';
import { type Listenable, type Listener, Listeners } from './listeners.ts';
import type {
  Authenticator,
  Authorize,
  Budget,
  Clock,
  Draft,
  Entry,
  Log,
  Logger,
  Newcomer,
  Receipt,
  Reception,
  Request,
  Transport,
  User,
} from './ports.ts';
import { Presence } from './presence.ts';
import { Reader } from './reader.ts';
import type { Room } from './room.ts';
import { Rooms } from './rooms.ts';
import { Session } from './session.ts';
import { type Snapshot, Stats } from './stats.ts';
import { Timeline } from './timeline.ts';
import { Window } from './window.ts';

export interface HubLimits {
  maxMessageBytes: number;
  maxRooms: number;
  inboxSize: number;
  inboxBytes: number;
  announceLimit: number;
  userListLimit: number;
  /** Milliseconds for which comings and goings are gathered. */
  presenceWindow: number;
}

export interface HubOptions {
  log: Log;
  authorize: Authorize;
  renew: Authenticator['renew'];
  newBudget: () => Budget;
  clock: Clock;
  logger: Logger;
  locale: Locale;
  limits: HubLimits;
  /** The application's own types, by name. */
  ownTypes: ReadonlyMap<string, OwnType>;
}

/** Deliveries of comings and goings in one window that nobody has to wait for: a fraction of what a core can do. */
const FREE_ANNOUNCEMENTS = 500;

/** A coming or going that waits for its place in the order. */
interface Passage {
  draft: Draft;
  placed(receipt: Promise<Receipt>): void;
}

/** A session that has its place in a room, and is still to be given the room. */
interface Arrival {
  session: Session;
  room: Room;
  n: number;
}

/**
 * The middle: protocol-agnostic, without any network. It reads in the order of a message's life: a session connects,
 * its requests are received, what they publish comes back from the log to be delivered, the session ends.
 */
export class Hub implements Application, Desk, Reception {
  readonly maxRooms: number;
  readonly renew: Authenticator['renew'];
  readonly #options: HubOptions;
  readonly #log: Log;
  readonly #transports: Transport[] = [];
  readonly #sessions = new Map<string, Session>();
  readonly #rooms = new Rooms();
  readonly #timeline: Timeline;
  readonly #answers: Answers;
  readonly #presence: Presence;
  readonly #stats: Stats;
  readonly #reader: Reader;
  readonly #listeners: Listeners;
  readonly #hasStates: boolean;
  readonly #passages: Window<Passage>;
  #arrivals: Arrival[] = [];
  /** Session ids are unique among all nodes and lives of the server. */
  readonly #name = randomBytes(6).toString('base64url');
  #count = 0;
  #closing = false;
  #emptied: () => void = () => {};

  constructor(options: HubOptions) {
    this.#options = options;
    this.#log = options.log;
    this.maxRooms = options.limits.maxRooms;
    this.renew = options.renew;
    this.#presence = new Presence(options.limits, options.locale);
    this.#stats = new Stats(() => options.clock.now());
    this.#timeline = new Timeline(options.clock);
    this.#answers = new Answers({
      ...options,
      reply: (session, body) => this.reply(session, body),
      refused: ({ code }) => this.#stats.refused(code),
    });
    this.#listeners = new Listeners(options.logger);
    this.#hasStates = [...options.ownTypes.values()].some((type) => type.class === 'state');
    this.#passages = new Window({
      clock: options.clock,
      length: options.limits.presenceWindow,
      allowance: FREE_ANNOUNCEMENTS,
      costOf: ({ draft }) => this.#rooms.find(draft.rooms[0] ?? '')?.roster.size ?? 0,
      release: (passages) => {
        for (const { draft, placed } of passages) placed(this.#log.publish(draft));
      },
    });
    this.#reader = new Reader({
      ...options,
      head: () => this.#timeline.head,
      send: (session, message) => this.#sendTo(session, message),
      level: (session) => this.#level(session),
      trimmed: (session) => this.expel(session, 'slow_consumer'),
    });
  }

  // --- start ---

  async start(...transports: Transport[]): Promise<void> {
    this.#transports.push(...transports);
    for (const { name } of transports) this.#stats.add(name);
    this.#timeline.start(await this.#log.start((entries) => this.deliver(entries)));
  }

  // --- connect ---

  /**
   * Takes in a client. Its joins are on their way to the log when this returns; nothing is sent to it before, so the
   * transport has the time to remember the session.
   */
  connect(transport: Transport, { user, address, rooms }: Newcomer): Session {
    const inbox = new Inbox(this.#options.limits);
    this.#count += 1;
    const id = `${this.#name}-${this.#count}`;
    const session = new Session({ id, user, transport, address, inbox, budget: this.#options.newBudget() });
    this.#sessions.set(id, session);
    this.#stats.connected(transport.name);
    this.#logConnection('connected', session);
    const joins = [DEFAULT_ROOM, ...rooms].map((room) => this.join(session, room));
    Promise.all(joins).catch(() => this.expel(session, 'try_again_later'));
    return session;
  }

  // --- receive ---

  /** Takes one request of a client: the one place where a refusal becomes an answer. */
  receive(session: Session, request: Request): void {
    if (session.gone) return;
    this.#stats.arrived();
    try {
      this.#checkSize(request.bytes);
      this.#checkRate(session);
      if (!session.inbox.push(() => this.#process(session, request), request.bytes)) {
        throw new Refusal('rate_limited', { retryAfter: 1 });
      }
    } catch (error) {
      this.#answers.refuse(session, request, undefined, error);
    }
  }

  #checkSize(bytes: number): void {
    const { maxMessageBytes } = this.#options.limits;
    if (bytes > maxMessageBytes) throw new Refusal('too_large', { detail: 'size', value: maxMessageBytes });
  }

  #checkRate(session: Session): void {
    const wait = session.budget.take();
    if (wait > 0) throw new Refusal('rate_limited', { retryAfter: Math.max(1, Math.ceil(wait)) });
  }

  #process(session: Session, request: Request): void | Promise<void> {
    if (session.gone) return;
    let inbound: Inbound | undefined;
    try {
      inbound = request.decode();
      this.#stats.received(session.transport.name, inbound.type);
      const allowed = this.#options.authorize(session.user, actionOf(inbound), inbound);
      if (typeof allowed === 'boolean') return this.#handle(session, request, inbound, allowed);
      return this.#handleLater(session, request, inbound, allowed);
    } catch (error) {
      this.#answers.refuse(session, request, inbound, error);
    }
  }

  async #handleLater(session: Session, request: Request, inbound: Inbound, allowed: Promise<boolean>): Promise<void> {
    try {
      this.#handle(session, request, inbound, await allowed);
    } catch (error) {
      this.#answers.refuse(session, request, inbound, error);
    }
  }

  /** Runs the handler up to the log's queue; the answer hangs on its promise and holds nobody up. */
  #handle(session: Session, request: Request, inbound: Inbound, allowed: boolean): void {
    if (session.gone) return;
    if (!allowed) throw new Refusal('forbidden');
    handlerOf(inbound)(this, session, inbound).then(
      (receipt) => this.#answers.confirm(session, request, inbound, receipt),
      (error) => this.#answers.refuse(session, request, inbound, error),
    );
  }

  // --- what application code may do ---

  readonly on: Listenable['on'] = (event: string | { readonly name: string }, listener: Listener) =>
    this.#listeners.add(typeof event === 'string' ? event : event.name, listener);

  async announce(announcement: Announcement): Promise<Placed> {
    const { id, timestamp } = await this.#log.publish(toDraft(announcement, this.#options.ownTypes));
    return { id, timestamp };
  }

  async users(name = DEFAULT_ROOM): Promise<User[]> {
    return this.#rooms.find(name)?.roster.users() ?? [];
  }

  async rooms(): Promise<RoomInfo[]> {
    return this.#rooms.peopled().map(({ name, roster }) => ({ name, users: roster.size }));
  }

  // --- what handlers may do ---

  publish(session: Session, draft: Draft): Promise<Receipt> {
    // What a session does in a room comes behind its own coming.
    if (session.passing > 0) this.#passages.flush();
    return this.#log.publish(draft);
  }

  /** Rooms hear of those who come and go in quick succession together: one by one would cost the square. */
  async #pass(type: 'user_joined' | 'user_left', session: Session, room: string): Promise<Receipt> {
    session.passing += 1;
    try {
      const draft = this.#presence.draft(type, session, room);
      return await new Promise((placed) => this.#passages.push({ draft, placed }));
    } finally {
      session.passing -= 1;
    }
  }

  /** A second join of a member changes nothing but is answered again: it takes the same road. */
  async join(session: Session, room: string): Promise<Receipt> {
    const known = session.rooms.has(room);
    session.rooms.ask(room);
    try {
      return await this.#pass('user_joined', session, room);
    } catch (error) {
      if (!known) session.rooms.giveUp(room);
      throw error;
    }
  }

  async leave(session: Session, room: string): Promise<Receipt> {
    session.rooms.giveUp(room);
    try {
      return await this.#pass('user_left', session, room);
    } catch (error) {
      session.rooms.ask(room);
      throw error;
    }
  }

  sendList(session: Session, name: string): void {
    this.#reply(session, this.#presence.list(this.#rooms.open(name), session.user.id));
  }

  reply(session: Session, body: Body): void {
    // Nothing comes before the first list.
    if (!session.rooms.begun) session.hold(0, () => this.#reply(session, body));
    else this.#reply(session, body);
  }

  #reply(session: Session, body: Body<Content>): void {
    this.#sendTo(session, this.stamped(session, body));
  }

  /** A message of its own for one session, with the position that this has. */
  stamped<Data>(session: Session, body: Body<Data>): Message<Data> {
    const { id, timestamp } = this.position(session);
    return stamp(body, id, timestamp);
  }

  posted(session: Session, message: Message): void {
    this.#listeners.tellMessage(message, session);
  }

  position(session: Session): Receipt {
    return this.#timeline.positionOf(session);
  }

  isPresent(userId: string): boolean {
    return this.#rooms.default.roster.has(userId);
  }

  // --- deliver ---

  /** Hands out what has its place: to every room's members, in the order of N. */
  deliver(entries: readonly Entry[]): void {
    this.#timeline.walk(entries, (entry, next) => {
      if (!entry.presence) this.#broadcast(entry.message, entry.rooms);
      else if (isJoin(entry)) this.#deliverJoin(entry, entry.presence);
      else this.#deliverLeave(entry, entry.presence);
      if (!isJoin(next)) this.#admitArrivals();
    });
  }

  #deliverJoin({ n, message }: Entry, { room: name, user, session: id }: NonNullable<Entry['presence']>): void {
    const room = this.#rooms.open(name);
    const first = room.roster.enter(user, id);
    if (first && this.#presence.announces(room)) this.#broadcast(message, [name]);
    const session = this.#sessions.get(id);
    if (session) this.#arrivals.push({ session, room, n });
  }

  /** Those who came one right after another find each other in the same list, instead of hearing of each other. */
  #admitArrivals(): void {
    if (this.#arrivals.length === 0) return;
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    for (const arrival of arrivals) this.#admit(arrival);
  }

  /** From here on the session hears the room: first of all its list. One that is behind gets it when it is level. */
  #admit({ session, room, n }: Arrival): void {
    if (!session.rooms.hears(room.name)) {
      session.rooms.hear(room.name, n);
      this.#stats.joined();
    }
    if (room.name === DEFAULT_ROOM) this.#listeners.tell('connect', session);
    // No message of a room comes before its list.
    if (!session.live) return session.hold(n, () => this.sendList(session, room.name));
    this.#rooms.attach(session, room.name);
    this.sendList(session, room.name);
    session.release();
    if (this.#hasStates) void this.#sendStates(session, room.name, n);
  }

  /** The latest states of a room, behind its list. What was set after `upTo` has been sent to it anyway. */
  async #sendStates(session: Session, room: string, upTo: number): Promise<void> {
    const states = await this.#log.states(room).catch((error) => {
      this.#options.logger.warn({ err: error }, 'the states of a room could not be read');
      return [];
    });
    // One that has fallen behind meanwhile gets them when it is level again.
    if (!session.live || !session.rooms.hears(room)) return;
    for (const { n, message } of states) if (n <= upTo) this.reply(session, toBody(message));
  }

  #deliverLeave({ n, message }: Entry, { room: name, user, session: id }: NonNullable<Entry['presence']>): void {
    const room = this.#rooms.open(name);
    const announced = room.roster.exit(user.id, id) && this.#presence.announces(room);
    const session = this.#sessions.get(id);
    const told = announced && session?.live;
    if (announced) this.#broadcast(message, [name]);
    if (session) this.#release(session, room, told ? undefined : message, n);
    this.#rooms.forget(room);
  }

  /** The last that a leaver gets of a room is its leaving: one that is behind reads what was said there before. */
  #release(session: Session, room: Room, farewell: Message | undefined, n: number): void {
    session.rooms.unhear(room.name, n);
    this.#rooms.detach(session, room.name);
    if (farewell && session.live) this.#sendTo(session, farewell);
    else if (farewell) session.hold(n, () => this.#sendTo(session, farewell));
    if (session.live) session.rooms.tidy();
  }

  #broadcast(message: Message, rooms: readonly string[]): void {
    for (const transport of this.#transports) {
      const audience = this.#rooms.audience(transport, rooms);
      if (!audience?.size) continue;
      this.#stats.sent(transport.name, message.type, audience.size);
      transport.send(message, audience);
    }
  }

  #sendTo(session: Session, message: Message<Content>): void {
    if (session.gone) return;
    this.#stats.sent(session.transport.name, message.type, 1);
    session.send(message);
  }

  flushed(messages: number): void {
    this.#stats.flushed(messages);
  }

  // --- slow clients: behind at N, until level again ---

  /** A session's socket is full: nothing more is pushed, its position is all that is kept. */
  blocked(session: Session): void {
    session.blocked = true;
    if (!session.live) return;
    session.behindAt = this.#timeline.head;
    for (const name of session.rooms.heard().keys()) this.#rooms.detach(session, name);
  }

  /** Its socket takes bytes again: it reads on. */
  drained(session: Session): void {
    session.blocked = false;
    void this.#reader.read(session);
  }

  /** One synchronous step from behind to live: nothing can be delivered between the last page and the attaching. */
  #level(session: Session): void {
    session.behindAt = undefined;
    session.rooms.tidy();
    const heard = [...session.rooms.heard().keys()];
    for (const name of heard) this.#rooms.attach(session, name);
    for (const name of heard) {
      if (!session.live || !session.rooms.has(name)) continue;
      this.sendList(session, name);
      if (this.#hasStates) void this.#sendStates(session, name, this.#timeline.head);
    }
  }

  // --- disconnect ---

  /** A session's connection has ended. @param abnormal why, where nobody said goodbye */
  disconnect(session: Session, abnormal?: string): void {
    if (session.gone) return;
    session.gone = true;
    this.#sessions.delete(session.id);
    this.#stats.disconnected(session.transport.name);
    for (const name of session.rooms.heard().keys()) this.#leaveAudience(session, name);
    if (abnormal) this.#options.logger.warn({ session: session.id }, `WebSocket error: ${abnormal}`);
    this.#logConnection('disconnected', session);
    this.#listeners.tell('disconnect', session);
    // On shutdown everybody leaves: nobody is told of each, which would cost the square.
    if (!this.#closing) this.#publishGoodbye(session);
    if (this.#sessions.size === 0) this.#emptied();
  }

  #leaveAudience(session: Session, name: string): void {
    this.#rooms.detach(session, name);
    const room = this.#rooms.find(name);
    if (room) this.#rooms.forget(room);
  }

  /** Each room hears of it, the default one last: everybody is there. */
  #publishGoodbye(session: Session): void {
    const [first, ...others] = session.rooms.names();
    for (const room of [...others, first!]) {
      this.#pass('user_left', session, room).catch((error) => {
        this.#options.logger.error({ err: error, session: session.id }, 'a departure was not published');
      });
    }
  }

  /** Ends a session: its client is told why, `disconnect` follows. */
  expel(session: Session, why: CloseName): void {
    if (session.gone || session.ending) return;
    session.ending = true;
    this.#stats.closed(why);
    session.transport.close(session, why);
  }

  // --- close ---

  /** Says goodbye to everyone. @returns when all have gone, or after `deadline` milliseconds */
  async close(deadline: number): Promise<void> {
    this.#closing = true;
    this.#passages.flush();
    const emptied = new Promise<void>((resolve) => {
      this.#emptied = resolve;
      this.#options.clock.after(deadline, resolve);
    });
    for (const session of [...this.#sessions.values()]) this.expel(session, 'going_away');
    if (this.#sessions.size > 0) await emptied;
    await this.#log.close();
  }

  // --- figures ---

  snapshot(): Snapshot {
    return this.#stats.snapshot({ activeUsers: this.#rooms.default.roster.size, rooms: this.#rooms.peopled().length });
  }

  #logConnection(what: 'connected' | 'disconnected', { user, transport, id, address }: Session): void {
    const total = this.#stats.current;
    const fields = {
      event: what,
      username: user.name,
      userId: user.id,
      transport: transport.name,
      session: id,
      address,
      total,
    };
    const words = say(TEXTS[what], this.#options.locale);
    this.#options.logger.info(fields, `${words}: ${user.name} (${user.id}) - Total: ${total}`);
  }
}

function isJoin(entry: Entry | undefined): boolean {
  return entry?.presence !== undefined && entry.message.type === 'user_joined';
}

function actionOf({ type }: Inbound): 'join' | 'read' | 'send' {
  if (type === 'join') return 'join';
  return type === 'user_list' ? 'read' : 'send';
}
