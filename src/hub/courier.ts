import { type Body, type Content, type Message, stamp, toBody } from '../protocol/message.ts';
import type { Log, Logger, Receipt } from './ports.ts';
import type { Presence } from './presence.ts';
import type { Rooms } from './rooms.ts';
import type { Session } from './session.ts';
import type { Stats } from './stats.ts';
import type { Timeline } from './timeline.ts';

export interface CourierOptions {
  log: Log;
  logger: Logger;
  presence: Presence;
  rooms: Rooms;
  stats: Stats;
  timeline: Timeline;
  /** Some type of the application is of the state class. */
  hasStates: boolean;
}

/** A position that everyone has reached. */
const START = { n: 0, timestamp: 0 };

/** Brings one session what is for it alone, with the position that it has: answers, lists, the latest states. */
export class Courier {
  readonly #options: CourierOptions;

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  send(session: Session, message: Message<Content>): void {
    if (session.gone) return;
    this.#options.stats.sent(session.transport.name, message.type, 1);
    session.send(message);
  }

  /** What was kept, once more. */
  replay(session: Session, messages: readonly Message[]): void {
    if (session.gone) return;
    for (const { type } of messages) this.#options.stats.sent(session.transport.name, type, 1);
    session.transport.replay(messages, session);
  }

  /** What takes no place in the order. Nothing comes before the first list. */
  reply(session: Session, body: Body<Content>): void {
    if (!session.welcomed) session.hold(START, () => this.send(session, this.stamped(session, body)));
    else this.send(session, this.stamped(session, body));
  }

  /** A message of its own for one session, with the position that this has. */
  stamped<Data>(session: Session, body: Body<Data>): Message<Data> {
    const { id, timestamp } = this.position(session);
    return stamp(body, id, timestamp);
  }

  position(session: Session): Receipt {
    return this.#options.timeline.positionOf(session);
  }

  // --- lists ---

  /** @param more what the first list of a connection says beside */
  sendList(session: Session, name: string, more?: object): void {
    const { presence, rooms } = this.#options;
    session.welcomed = true;
    this.reply(session, { ...presence.list(rooms.open(name), session.user.id), ...more });
  }

  /** The list of every room of a session that has been behind, as far as its socket takes them. */
  sendFreshLists(session: Session): void {
    for (const name of session.rooms.heard().keys()) {
      if (session.live && session.rooms.has(name)) this.#sendFreshList(session, name);
    }
    if (session.live) session.listed = undefined;
  }

  /** Unless it has it from a former try: all lists together may be more than its socket takes at once. */
  #sendFreshList(session: Session, name: string): void {
    const { version } = this.#options.rooms.open(name).roster;
    session.listed ??= new Map();
    if (session.listed.get(name) === version) return;
    session.listed.set(name, version);
    this.sendList(session, name);
  }

  // --- states ---

  /** The latest states of a room, behind its list. What was set after `upTo` is sent to the session anyway. */
  sendStates(session: Session, room: string, upTo: number): void {
    if (this.#options.hasStates) void this.#readStates(session, room, upTo);
  }

  sendAllStates(session: Session): void {
    for (const name of session.rooms.heard().keys()) {
      if (session.rooms.has(name)) this.sendStates(session, name, this.#options.timeline.head);
    }
  }

  async #readStates(session: Session, room: string, upTo: number): Promise<void> {
    const { log, logger } = this.#options;
    const states = await log.states(room).catch((error) => {
      logger.warn({ err: error }, 'the states of a room could not be read');
      return [];
    });
    // One that has fallen behind meanwhile gets them when it is level again.
    if (!session.live || !session.rooms.hears(room)) return;
    for (const { n, message } of states) if (n <= upTo) this.reply(session, toBody(message));
  }
}
