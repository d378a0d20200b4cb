import { DEFAULT_ROOM, type Message } from '../protocol/message.ts';
import type { Courier } from './courier.ts';
import type { Clock, Draft, Entry, Logger, PresenceChange, Receipt } from './ports.ts';
import type { Presence } from './presence.ts';
import type { Room } from './room.ts';
import type { Rooms } from './rooms.ts';
import { type Attendee, Session } from './session.ts';
import { Window } from './window.ts';

export interface PassagesOptions {
  clock: Clock;
  logger: Logger;
  presence: Presence;
  rooms: Rooms;
  courier: Courier;
  limits: {
    /** Milliseconds for which comings and goings are gathered. */
    presenceWindow: number;
  };
  publish(draft: Draft): Promise<Receipt>;
  broadcast(message: Message, rooms: readonly string[]): void;
  find(sessionId: string): Session | undefined;
  /** A session has begun to hear a room. */
  joined(session: Session, room: string): void;
  /** The rooms that a session is in have changed. */
  changed(session: Session): void;
  /** A connection has come to have the session of its client, here or on another node. */
  claimed(secret: string, sessionId: string, n: number): void;
}

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
  timestamp: number;
}

/** Deliveries of comings and goings in one window that nobody has to wait for: a fraction of what a core can do. */
const FREE_ANNOUNCEMENTS = 500;
const RETRY = 1000;

/**
 * Comings and goings. They cross the log like everything else: at its place in the order a session begins or ceases to
 * hear a room, so that lists and announcements fit together.
 */
export class Passages {
  readonly #options: PassagesOptions;
  readonly #window: Window<Passage>;
  #arrivals: Arrival[] = [];
  #closing = false;

  constructor(options: PassagesOptions) {
    this.#options = options;
    this.#window = new Window({
      clock: options.clock,
      length: options.limits.presenceWindow,
      allowance: FREE_ANNOUNCEMENTS,
      costOf: ({ draft }) => options.rooms.find(draft.rooms[0] ?? '')?.roster.size ?? 0,
      release: (passages) => {
        for (const { draft, placed } of passages) placed(options.publish(draft));
      },
    });
  }

  // --- to the log ---

  /** A second join of a member changes nothing but is answered again: it takes the same road. */
  async join(session: Session, room: string, claims?: string): Promise<Receipt> {
    const known = session.rooms.has(room);
    session.rooms.ask(room);
    const draft = this.#options.presence.draft('user_joined', session, room, { claims });
    return this.#move(session, draft, () => known || session.rooms.giveUp(room));
  }

  async leave(session: Session, room: string): Promise<Receipt> {
    session.rooms.giveUp(room);
    const draft = this.#options.presence.draft('user_left', session, room);
    return this.#move(session, draft, () => session.rooms.ask(room));
  }

  /** Each room hears that one has gone, the default one last: everybody is there. */
  async sayGoodbye(attendee: Attendee, rooms: readonly string[], { lost = false } = {}): Promise<void> {
    const there = rooms.filter((room) => room !== DEFAULT_ROOM && this.#isIn(room, attendee));
    if (this.#isIn(DEFAULT_ROOM, attendee)) there.push(DEFAULT_ROOM);
    await Promise.all(there.map((room) => this.#sayGoodbyeTo(room, attendee, lost)));
  }

  /** Or on its way there. */
  #isIn(room: string, attendee: Attendee): boolean {
    if (attendee instanceof Session && attendee.passing > 0) return true;
    return this.#options.rooms.find(room)?.roster.counts(attendee.user.id, attendee.id) === true;
  }

  /** Has what the session is about to publish come behind its own coming. */
  precede(session: Session): void {
    if (session.passing > 0) this.#window.flush();
  }

  /** The server ends: nothing is gathered any more. */
  close(): void {
    this.#closing = true;
    this.#window.flush();
  }

  /** Rooms hear of those who come and go in quick succession together: one by one would cost the square. */
  #pass(draft: Draft): Promise<Receipt> {
    return new Promise((placed) => this.#window.push({ draft, placed }));
  }

  /** @param undo makes up for what was assumed, where it could not be published */
  async #move(session: Session, draft: Draft, undo: () => void): Promise<Receipt> {
    session.passing += 1;
    try {
      const receipt = await this.#pass(draft);
      if (!session.resuming) this.#options.changed(session);
      return receipt;
    } catch (error) {
      undo();
      throw error;
    } finally {
      session.passing -= 1;
    }
  }

  /** Until it is said: else the attendee would be in the room's list for ever. */
  async #sayGoodbyeTo(room: string, attendee: Attendee, lost: boolean): Promise<void> {
    const { presence, rooms, logger } = this.#options;
    const draft = presence.draft('user_left', attendee, room, { lost });
    await this.#pass(draft).catch((error) => {
      // Who never came in need not be seen out.
      if (this.#closing || !rooms.find(room)?.roster.counts(attendee.user.id, attendee.id)) return undefined;
      logger.error({ err: error, session: attendee.id }, 'a departure was not published, trying again');
      return this.#later(() => this.#sayGoodbyeTo(room, attendee, lost));
    });
  }

  /** It was seen out by mistake: until the others have it again. */
  async #comeBack(session: Session, room: string): Promise<void> {
    if (session.gone || session.ending || !session.rooms.has(room)) return;
    const draft = this.#options.presence.draft('user_joined', session, room);
    await this.#move(session, draft, () => {}).catch(() => this.#later(() => this.#comeBack(session, room)));
  }

  #later(task: () => Promise<void>): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(RETRY, () => resolve(task())));
  }

  // --- from the log ---

  /** @param next what comes behind it: those who came one right after another are given their rooms together */
  deliver(entry: Entry, change: PresenceChange, next: Entry | undefined): void {
    if (isJoin(entry)) this.#deliverJoin(entry, change);
    else this.#deliverLeave(entry, change);
    if (!isJoin(next)) this.#admitArrivals();
  }

  #deliverJoin({ n, message }: Entry, { room: name, user, session: id, claims }: PresenceChange): void {
    const { rooms, presence, broadcast, find, claimed } = this.#options;
    const room = rooms.open(name);
    const first = room.roster.enter(user, id);
    if (first && presence.announces(room)) broadcast(message, [name]);
    if (claims !== undefined) claimed(claims, id, n);
    const session = find(id);
    if (session) this.#arrivals.push({ session, room, n, timestamp: message.timestamp });
  }

  /** They find each other in the same list, instead of hearing of each other. */
  #admitArrivals(): void {
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    for (const arrival of arrivals) this.#admit(arrival);
  }

  /** From here on the session hears the room: first of all its list. One that is behind gets it when it is level. */
  #admit({ session, room, n, timestamp }: Arrival): void {
    const { rooms, courier, joined } = this.#options;
    // What was sent to the others meanwhile may have ended it.
    if (session.gone) return;
    const known = session.rooms.hears(room.name);
    if (!known) session.rooms.hear(room.name, n);
    if (!known) joined(session, room.name);
    if (session.gone || session.resuming) return;
    // No message of a room comes before its list.
    if (!session.live) return session.hold({ n, timestamp }, () => courier.sendList(session, room.name));
    rooms.attach(session, room.name);
    courier.sendList(session, room.name);
    session.release();
    courier.sendStates(session, room.name, n);
  }

  #deliverLeave({ n, message }: Entry, { room: name, user, session: id, lost }: PresenceChange): void {
    const { rooms, presence, broadcast, find } = this.#options;
    const room = rooms.open(name);
    const announced = room.roster.exit(user.id, id) && presence.announces(room);
    const session = find(id);
    if (session && lost) {
      if (announced) broadcast(message, [name]);
      return void this.#comeBack(session, name);
    }
    const told = announced && session?.live;
    if (announced) broadcast(message, [name]);
    if (session) this.#release(session, room, n);
    if (session && !told) this.#tell(session, message, n);
    rooms.forget(room);
  }

  #release(session: Session, room: Room, n: number): void {
    session.rooms.unhear(room.name, n);
    this.#options.rooms.detach(session, room.name);
    if (session.live) session.rooms.tidy();
  }

  /** What a leaver was not sent with the others: one that is behind reads what was said in the room before. */
  #tell(session: Session, message: Message, n: number): void {
    const { courier } = this.#options;
    if (session.live) courier.send(session, message);
    else session.hold({ n, timestamp: message.timestamp }, () => courier.send(session, message));
  }
}

function isJoin(entry: Entry | undefined): boolean {
  return entry?.presence !== undefined && entry.message.type === 'user_joined';
}
