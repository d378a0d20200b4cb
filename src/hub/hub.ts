import { CLOSES, type CloseName, FINAL_CLOSE } from '../protocol/errors.ts';
import { parseId } from '../protocol/id.ts';
import { type Body, DEFAULT_ROOM, type Message, SYSTEM } from '../protocol/message.ts';
import { say, TEXTS } from '../protocol/texts.ts';
import { Administrator } from './administrator.ts';
import { type Announcement, toDraft, toPlaced } from './announcement.ts';
import type { Application, Placed, RoomInfo } from './application.ts';
import { Bars } from './bars.ts';
import { connectionLine } from './connection-line.ts';
import { Courier } from './courier.ts';
import { Drain } from './drain.ts';
import { Elsewhere } from './elsewhere.ts';
import { Expiry } from './expiry.ts';
import type { Desk } from './handlers.ts';
import { Holders } from './holders.ts';
import { Inbox } from './inbox.ts';
import { lagOf } from './lag.ts';
import { type Listenable, type Listener, Listeners } from './listeners.ts';
import { toRoomInfo } from './listing.ts';
import { type Node, type Nodes, sessionId } from './nodes.ts';
import type { HubOptions } from './options.ts';
import { Pages } from './pages.ts';
import { Passages } from './passages.ts';
import { Places } from './places.ts';
import type {
  Draft,
  End,
  Entry,
  Log,
  Newcomer,
  PresenceChange,
  Receipt,
  Reception,
  Request,
  Restart,
  Transport,
  User,
} from './ports.ts';
import { Presence } from './presence.ts';
import { Reader } from './reader.ts';
import { Recovery, type Welcome } from './recovery.ts';
import { Renewal } from './renewal.ts';
import { Requests } from './requests.ts';
import { Ring } from './ring.ts';
import { Rooms } from './rooms.ts';
import { type Attendee, Session } from './session.ts';
import { type Snapshot, Stats } from './stats.ts';
import { type Deployment, sumOf } from './sums.ts';
import { Timeline } from './timeline.ts';

/** Entries from which those who have read the log become level in one step. */
const RING = 1000;
/** The share of a shutdown in which clients have to go; the rest is the log's. */
const FOR_CLIENTS = 7 / 8;
const RING_BYTES = 16 * 1024 * 1024;

/** `disconnect` is said of a connection that has ended, and `dismiss` of a user. */
type ApplicationHub = Omit<Application, 'disconnect' | 'unbar'>;

/**
 * The middle: protocol-agnostic, without any network. It reads in the order of a message's life: a session connects,
 * its requests are received, what they publish comes back from the log to be delivered, the session ends.
 */
export class Hub implements ApplicationHub, Desk, Reception {
  readonly maxRooms: number;
  readonly #options: HubOptions;
  readonly #log: Log;
  readonly #transports: Transport[] = [];
  readonly #sessions = new Map<string, Session>();
  readonly #rooms = new Rooms();
  readonly #timeline: Timeline;
  readonly #requests: Requests;
  readonly #presence: Presence;
  readonly #stats: Stats;
  readonly #reader: Reader;
  readonly #listeners: Listeners;
  readonly #courier: Courier;
  readonly #passages: Passages;
  readonly #holders: Holders;
  readonly #recovery: Recovery;
  readonly #places: Places;
  readonly #administrator: Administrator;
  readonly #ring = new Ring(RING, RING_BYTES);
  readonly #expiry: Expiry;
  readonly #renewal: Renewal;
  readonly #nodes: Nodes;
  readonly #elsewhere: Elsewhere;
  readonly #drain: Drain;
  #count = 0;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#log = options.log;
    this.maxRooms = options.limits.maxRooms;
    this.#presence = new Presence(options.limits, options.locale);
    this.#stats = new Stats(() => options.clock.now());
    this.#timeline = new Timeline(options.clock);
    this.#nodes = options.nodes;
    this.#places = new Places(options.limits.maxConnectionsPerUser, (userId) => this.connectionsElsewhere(userId));
    this.#listeners = new Listeners(options.logger);
    const shared = { ...options, presence: this.#presence, rooms: this.#rooms, stats: this.#stats };
    const hasStates = [...options.ownTypes.values()].some((type) => type.class === 'state');
    this.#courier = new Courier({ ...shared, timeline: this.#timeline, hasStates });
    this.#passages = new Passages({
      ...shared,
      courier: this.#courier,
      publish: (draft) => this.#publish(draft),
      broadcast: (message, rooms) => this.#broadcast(message, rooms),
      find: (id) => this.#sessions.get(id),
      joined: (session, room) => this.#joined(session, room),
      changed: (session) => this.#holders.changed(session),
      claimed: (secret, id, n) => this.#holders.claimed(secret, id, n),
    });
    this.#elsewhere = new Elsewhere({
      ...shared,
      leave: (attendee, rooms) => this.#passages.sayGoodbye(attendee, rooms, { lost: true }),
    });
    const pages = new Pages({ ...options, ring: this.#ring });
    this.#holders = new Holders({
      ...options,
      name: options.nodes.name,
      date: () => this.#timeline.date,
      seat: (attendee, rooms) => this.#seat(attendee, rooms),
      leave: (attendee, rooms) => void this.#passages.sayGoodbye(attendee, rooms),
      expel: (session, why) => this.expel(session, why),
    });
    this.#recovery = new Recovery({
      ...options,
      pages,
      ring: this.#ring,
      holders: this.#holders,
      head: () => this.#timeline.head,
      join: (session, room, claims) => this.#passages.join(session, room, claims),
      seeOut: (attendee, rooms) => void this.#passages.sayGoodbye(attendee, rooms, { lost: true }),
      enter: (session, welcome, ...missed) => this.#welcome(session, welcome, missed),
      expel: (session, why) => this.expel(session, why),
    });
    this.#administrator = new Administrator({
      ...options,
      rooms: this.#rooms,
      sessions: this.#sessions,
      holders: this.#holders,
      head: () => this.#timeline.head,
      announce: (announcement) => this.announce(announcement),
      publish: (draft) => this.#publish(draft),
      reply: (session, body) => this.reply(session, body),
      expel: (session) => this.expel(session, 'kicked'),
    });
    this.#expiry = new Expiry({
      ...options,
      warn: (session, seconds) => this.#warn(session, seconds),
      expire: (session) => this.expel(session, 'token_expired'),
    });
    this.#renewal = new Renewal({
      ...options,
      watch: (session) => this.#expiry.watch(session),
      leave: (session, room) => this.leave(session, room),
      expel: (session, why) => this.expel(session, why),
    });
    this.#requests = new Requests({
      ...options,
      desk: this,
      stats: this.#stats,
      renew: (session, token) => this.#renewal.renew(session, token),
      reply: (session, body) => this.reply(session, body),
      expel: (session) => this.expel(session, 'flood'),
    });
    this.#reader = new Reader({
      ...options,
      pages,
      head: () => this.#timeline.head,
      date: () => this.#timeline.date,
      replay: (session, messages) => this.#courier.replay(session, messages),
      level: (session) => this.#level(session),
      trimmed: (session) => this.expel(session, 'slow_consumer'),
    });
    this.#drain = new Drain({
      ...options,
      sessions: this.#sessions,
      move: (session) => this.#tellToMove(session),
      close: (session) => this.#handOver(session),
    });
  }

  // --- start ---

  async start(...transports: Transport[]): Promise<void> {
    this.#transports.push(...transports);
    for (const { name } of transports) this.#stats.add(name);
    const restart: Restart = (n, present) => (present ? this.#restart(n, present) : this.#goOn(n));
    const head = await this.#log.start((entries) => this.deliver(entries), restart);
    this.#begin(head, this.#log.present());
    await this.#takePart().catch((error) => this.#giveUp(error));
  }

  /** The order goes on behind `n`, where these were present. */
  #begin(n: number, present: readonly PresenceChange[]): void {
    this.#timeline.start(n);
    this.#ring.start(n);
    this.#rooms.seat(present);
  }

  async #takePart(): Promise<void> {
    await this.#holders.start();
    await this.#administrator.start();
    const node: Node = {
      report: () => this.snapshot(),
      bury: (name) => this.#elsewhere.bury(name),
      answer: (question) => this.#administrator.answer(question),
    };
    await this.#nodes.start(node, this.#elsewhere.nodes());
  }

  /** The log has lost everything. Nobody here has missed anything: they go on as they are. */
  #goOn(n: number): PresenceChange[] {
    this.#timeline.start(n);
    return this.#elsewhere.own();
  }

  /**
   * Whoever is connected may have missed something. Nothing more may reach them: by a later id they would never find out.
   */
  #restart(n: number, present: readonly PresenceChange[]): PresenceChange[] {
    const all = [...this.#sessions.values()];
    for (const session of all) this.#stop(session);
    this.#begin(n, present);
    for (const session of all) this.expel(session, 'try_again_later');
    this.#administrator.start().catch((error) => {
      this.#options.logger.error({ err: error }, 'it could not be read who is barred');
    });
    return this.#elsewhere.own();
  }

  /** What was opened must not keep the process alive. */
  async #giveUp(error: unknown): Promise<never> {
    await this.#log.close();
    throw error;
  }

  // --- connect ---

  /** To be asked before a client is let in: a connection that it takes over is none too many. */
  checkPlace({ user, session }: Pick<Newcomer, 'user' | 'session'>): void {
    const stranger = Boolean(session) && this.#holders.known(session ?? '') === undefined;
    this.#places.check(user, this.#holders.holderOf(user, session), stranger);
  }

  /** How many connections a user has on other nodes. */
  connectionsElsewhere(userId: string): number {
    return this.#elsewhere.connectionsOf(userId);
  }

  /**
   * Takes in a client. Its joins are on their way to the log when this returns; nothing is sent to it before, so the
   * transport has the time to remember the session.
   */
  connect(transport: Transport, newcomer: Newcomer): Session {
    const { user, address } = newcomer;
    const inbox = new Inbox(this.#options.limits);
    this.#count += 1;
    const id = sessionId(this.#nodes.name, this.#count);
    const session = new Session({ id, user, transport, address, inbox, budget: this.#options.newBudget(user) });
    this.#sessions.set(id, session);
    this.#places.take(session, this.#holders.holderOf(user, newcomer.session));
    this.#expiry.watch(session);
    this.#stats.connected(transport.name);
    this.#writeLine('connected', session);
    session.aware = newcomer.session !== undefined || newcomer.lastId !== undefined;
    const returning = session.aware ? newcomer : this.#holders.recall(newcomer);
    if (returning) this.#resume(session, returning);
    else this.#enterAll(session, newcomer.rooms);
    return session;
  }

  #enterAll(session: Session, rooms: readonly string[]): void {
    const joins = [DEFAULT_ROOM, ...rooms].map((room) => this.join(session, room));
    Promise.all(joins).catch(() => this.expel(session, 'try_again_later'));
  }

  #resume(session: Session, newcomer: Newcomer): void {
    session.resuming = true;
    // Whatever it is told before it has what it missed, a goodbye above all, must not carry it past that.
    const position = parseId(newcomer.lastId ?? '');
    session.behindAt = position?.n ?? this.#timeline.head;
    session.behindDate = position?.timestamp ?? this.#timeline.date;
    // What it asks for meanwhile waits: the echo of what it says could not reach it yet.
    const resumed = this.#recovery.resume(session, newcomer);
    session.inbox.push(() => resumed, 0);
  }

  // --- receive ---

  /** Takes one request of a client. */
  receive(session: Session, request: Request): void {
    this.#requests.receive(session, request);
  }

  // --- what application code may do ---

  /** What they may do who look after the house. */
  get administrator(): Administrator {
    return this.#administrator;
  }

  readonly on: Listenable['on'] = (event: string | { readonly name: string }, listener: Listener) =>
    this.#listeners.add(typeof event === 'string' ? event : event.name, listener);

  async announce(announcement: Announcement): Promise<Placed> {
    return toPlaced(await this.#publish(toDraft(announcement, this.#options.ownTypes)));
  }

  async users(name = DEFAULT_ROOM): Promise<User[]> {
    return this.#rooms.find(name)?.roster.users() ?? [];
  }

  async rooms(): Promise<RoomInfo[]> {
    return this.#rooms.peopled().map(toRoomInfo);
  }

  // --- what handlers may do ---

  publish(session: Session, draft: Draft): Promise<Receipt> {
    this.#passages.precede(session);
    return this.#publish(draft);
  }

  receipt({ user }: Session, clientMsgId: string): Promise<Receipt | undefined> {
    return this.#log.receipt({ user: user.id, id: clientMsgId });
  }

  /** The dates of ids never go back: not behind those beside the order either. */
  #publish(draft: Draft): Promise<Receipt> {
    draft.notBefore = this.#timeline.date;
    return this.#timeline.place(this.#log.publish(draft));
  }

  join(session: Session, room: string): Promise<Receipt> {
    return this.#passages.join(session, room);
  }

  leave(session: Session, room: string): Promise<Receipt> {
    return this.#passages.leave(session, room);
  }

  sendList(session: Session, room: string): void {
    this.#courier.sendList(session, room);
  }

  reply(session: Session, body: Body): void {
    this.#courier.reply(session, body);
  }

  stamped<Data>(session: Session, body: Body<Data>): Message<Data> {
    return this.#courier.stamped(session, body);
  }

  posted(session: Session, message: Message): void {
    this.#listeners.tellMessage(message, session);
  }

  position(session: Session): Receipt {
    return this.#courier.position(session);
  }

  isPresent(userId: string): boolean {
    return this.#rooms.default.roster.has(userId);
  }

  // --- deliver ---

  /** Hands out what has its place: to every room's members, in the order of N. */
  deliver(entries: readonly Entry[]): void {
    this.#timeline.walk(entries, (entry, next) => {
      if (entry.class === 'durable') this.#ring.push(entry);
      if (entry.presence) this.#passages.deliver(entry, entry.presence, next);
      else if (entry.class === 'state' && Bars.areIn(entry)) this.#administrator.hear(entry);
      else this.#broadcast(entry.message, entry.rooms);
    });
  }

  #joined(session: Session, room: string): void {
    this.#stats.joined();
    // It was on its way in when it was barred.
    if (this.#administrator.isBarred(session.user.id)) return this.#administrator.kick(session);
    if (room === DEFAULT_ROOM) this.#listeners.tell('connect', session);
  }

  #broadcast(message: Message, rooms: readonly string[]): void {
    for (const transport of this.#transports) {
      const audience = this.#rooms.audience(transport, rooms);
      if (!audience?.size) continue;
      this.#stats.sent(transport.name, message.type, audience.size);
      transport.send(message, audience);
    }
  }

  flushed(messages: number): void {
    this.#stats.flushed(messages);
  }

  // --- how far clients have received ---

  written(session: Session): number {
    const position = session.behindAt ?? this.#timeline.head;
    session.writtenAt = position;
    return position;
  }

  received(session: Session, position: number): void {
    const { writtenAt = -1, receivedAt = -1 } = session;
    if (position > receivedAt && position <= writtenAt) session.receivedAt = position;
  }

  // --- slow clients: behind at N, until level again ---

  /** A session's socket is full: nothing more is pushed, its position is all that is kept. */
  blocked(session: Session): void {
    session.blocked = true;
    this.#stop(session);
  }

  /** Nothing is pushed to it any more. */
  #stop(session: Session): void {
    if (!session.live) return;
    session.behindAt = this.#timeline.head;
    session.behindDate = this.#timeline.date;
    for (const name of session.rooms.heard().keys()) this.#rooms.detach(session, name);
  }

  /** Its socket takes bytes again: it reads on. */
  drained(session: Session): void {
    session.blocked = false;
    void this.#reader.read(session);
  }

  /** One synchronous step from behind to live: nothing can be delivered between the last page and the attaching. */
  #level(session: Session): void {
    this.#attachAll(session);
    this.#courier.sendFreshLists(session);
    if (session.live) this.#courier.sendAllStates(session);
  }

  #attachAll(session: Session): void {
    session.behindAt = undefined;
    session.rooms.tidy();
    for (const name of session.rooms.heard().keys()) this.#rooms.attach(session, name);
  }

  // --- those who come back ---

  /**
   * One synchronous step from resuming to live. What a client missed follows its lists, whose ids say the position that it
   * came with; where its socket takes no more the rest is read from the log, as for anyone who is behind.
   */
  #welcome(session: Session, welcome: Welcome, missed: readonly (readonly Entry[])[]): void {
    session.resuming = false;
    if (welcome.recovered) session.rooms.rewind(session.behindAt ?? 0);
    else session.behindAt = undefined;
    this.#sendWelcome(session, welcome);
    if (session.blocked) return;
    if (!session.live && !missed.every((page) => this.#reader.replay(session, page))) return;
    this.#attachAll(session);
    session.release();
    this.#courier.sendAllStates(session);
  }

  #sendWelcome(session: Session, welcome: Welcome): void {
    const [first, ...others] = session.rooms.names();
    this.#courier.sendList(session, first!, welcome);
    for (const name of others) this.#sendListWhenFree(session, name);
  }

  /** Where its socket is full: before anything that it reads from the log, or with all lists once it is level. */
  #sendListWhenFree(session: Session, name: string): void {
    const { blocked, behindAt: n = 0, behindDate: timestamp } = session;
    const send = () => this.sendList(session, name);
    if (!blocked) send();
    else if (n < this.#timeline.head) session.hold({ n, timestamp }, send);
  }

  /** One that has no connection here counts as present. */
  #seat({ id, user }: Attendee, rooms: readonly string[]): void {
    for (const name of rooms) this.#rooms.open(name).roster.enter(user, id);
  }

  // --- those whose token expires ---

  #warn(session: Session, seconds: number): void {
    const content = say(TEXTS.token_expiring, this.#options.locale, seconds);
    const data = { code: 'token_expiring', expiresIn: seconds };
    this.reply(session, { type: 'system', content, from: SYSTEM, data });
  }

  // --- disconnect ---

  /** A session's connection has ended. One that vanished and may come back counts as present for a while. */
  disconnect(session: Session, { goodbye, fault }: End): void {
    if (session.gone) return;
    session.gone = true;
    this.#sessions.delete(session.id);
    this.#places.leave(session);
    session.budget.close();
    this.#expiry.forget(session);
    this.#stats.disconnected(session.transport.name);
    for (const name of session.rooms.heard().keys()) this.#leaveAudience(session, name);
    if (fault) this.#options.logger.warn({ session: session.id }, `WebSocket error: ${fault}`);
    this.#writeLine('disconnected', session);
    this.#listeners.tell('disconnect', session);
    if (!session.handedOver) this.#depart(session, goodbye || session.dismissed);
    this.#drain.left();
  }

  #depart(session: Session, forGood: boolean): void {
    if (session.replaced) return;
    if (!forGood && this.#holders.vanished(session)) return;
    this.#holders.ended(session);
    void this.#passages.sayGoodbye(session, session.rooms.names());
  }

  #leaveAudience(session: Session, name: string): void {
    this.#rooms.detach(session, name);
    const room = this.#rooms.find(name);
    if (room) this.#rooms.forget(room);
  }

  /** Ends a session: its client is told why, `disconnect` follows. */
  expel(session: Session, why: CloseName): void {
    if (session.gone || session.ending) return;
    session.ending = true;
    session.dismissed = CLOSES[why].code >= FINAL_CLOSE;
    this.#stats.closed(why);
    session.transport.close(session, why);
  }

  // --- close ---

  /** Says goodbye to everyone, and serves them until then. @returns when all have gone, or after `deadline` milliseconds */
  async close(deadline: number): Promise<void> {
    const { clock } = this.#options;
    const late = new Promise<void>((resolve) => void clock.after(deadline, resolve));
    const cancel = clock.after(deadline * FOR_CLIENTS, () => this.#drain.stop());
    await this.#drain.run(deadline);
    cancel();
    this.#holders.stop();
    this.#passages.close();
    await Promise.race([this.#nodes.stop(), late]);
    // A disk that does not answer holds up nobody for longer.
    await Promise.race([this.#log.close(), late]);
  }

  #tellToMove(session: Session): void {
    const content = say(TEXTS.moving, this.#options.locale);
    this.reply(session, { type: 'system', content, from: SYSTEM, data: { code: 'moving' } });
  }

  /** Nobody hears that it leaves, which would cost the square: it is expected back, by another node or this one's next life. */
  #handOver(session: Session): void {
    session.handedOver ||= !session.ending;
    this.expel(session, 'going_away');
  }

  // --- figures ---

  snapshot(): Snapshot {
    const lag = lagOf(this.#sessions.values(), this.#timeline.head);
    const rooms = this.#rooms.peopled().length;
    return this.#stats.snapshot({ activeUsers: this.#rooms.default.roster.size, rooms, lag });
  }

  /** What all nodes have counted. */
  deployment(): Deployment {
    return sumOf(this.snapshot(), this.#nodes.others.values());
  }

  #writeLine(what: 'connected' | 'disconnected', session: Session): void {
    const { logger, locale } = this.#options;
    logger.info(...connectionLine(what, session, this.#stats.current, locale));
  }
}
