import { t } from './i18n.js';
import { openRemote } from './remote-client.js';

/** @import { Direction, Door, End, Listener, Message, RemoteClient, Request } from './types.d.ts' */

/** @typedef {'connecting' | 'open' | 'cut' | 'away' | 'lost' | 'refused'} State */

/**
 * @typedef {object} Watcher
 * @property {(state: State, end?: End) => void} [state]
 * @property {(message: Message) => void} [message]
 * @property {(direction: Direction, text: string) => void} [frame]
 * @property {(end: End) => void} [buried] how the server ended a connection that was left behind
 */

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15_000;

/**
 * A user who comes in by one door and stays: a connection that is lost is made again, one that was cut or refused is not.
 * Where it has a session, what was said in between follows.
 */
export class Connection {
  /** @type {State} */
  state = 'cut';
  rooms = new Set();
  token = '';
  /** @type {string | undefined} empty until the server has given one */
  session;
  /** @type {string | undefined} of the last message received, of whatever type: a complete position */
  lastId;
  /** @type {RemoteClient | undefined} */
  #client;
  /** @type {{ client: RemoteClient | undefined, generation: number } | undefined} left behind, and still open */
  #ghost;
  #generation = 0;
  #wait = FIRST_WAIT;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #watcher;

  /**
   * @param {Door} door
   * @param {{ username: string, userId: string, rooms?: string[], session?: string, lastId?: string | undefined }} user
   * @param {Watcher} watcher
   */
  constructor(door, { username, userId, rooms = [], session, lastId }, watcher) {
    this.door = door;
    this.username = username;
    this.userId = userId;
    this.rooms = new Set(rooms);
    this.session = session;
    this.lastId = lastId;
    this.#watcher = watcher;
  }

  /** Connects, as who it is now and into the rooms it is in now. */
  async connect() {
    const dropped = this.#drop();
    const generation = this.#generation;
    this.#enter('connecting');
    // The old connection first: of a user who is still here the server would not announce the new name.
    await dropped;
    if (generation === this.#generation) this.#client = openRemote(this.door, this.#identity(), this.#listener());
  }

  /** Ends the connection and stays away until `connect`. */
  cut() {
    void this.#drop();
    this.#ghost?.client?.vanish();
    this.#enter('cut');
  }

  /** Ends the connection without a goodbye, and stays away until `connect`. */
  vanish() {
    this.#forget()?.vanish();
    this.#enter('away');
  }

  /** As when a device has changed its network: the socket stays open, and nothing of it is heard. */
  desert() {
    this.#ghost?.client?.vanish();
    this.#ghost = { generation: this.#generation, client: this.#forget() };
    this.#enter('away');
  }

  /** Takes nothing from its socket for so long. Resolves when it reads again. @param {number} milliseconds */
  stall(milliseconds) {
    return this.#client?.stall(milliseconds);
  }

  /** @param {Request} request @param {(answer: unknown) => void} [receipt] */
  send(request, receipt) {
    if (this.state === 'open') this.#client?.send(request, receipt);
  }

  /** Sends what a person wrote. @param {string} text @throws Error where this door cannot carry it */
  sendText(text) {
    if (this.state === 'open') this.#client?.sendText(text);
  }

  /** What a client still tells after it was dropped is of no interest. @returns {Listener} */
  #listener() {
    this.#generation += 1;
    const generation = this.#generation;
    const ifCurrent = (/** @type {() => void} */ act) => this.#generation === generation && act();
    return {
      opened: () => ifCurrent(() => this.#opened()),
      closed: (end) => (this.#generation === generation ? this.#closed(end) : this.#buried(end, generation)),
      message: (message) => ifCurrent(() => this.#received(message)),
      frame: (direction, text) => ifCurrent(() => this.#watcher.frame?.(direction, text)),
    };
  }

  #opened() {
    this.#wait = FIRST_WAIT;
    this.#enter('open');
  }

  /** @param {Message} message */
  #received(message) {
    this.lastId = message.id;
    if (message.session) this.session = message.session;
    this.#watcher.message?.(message);
  }

  /** @param {End} told */
  #closed(told) {
    this.#client = undefined;
    const end = told.unreachable ? { ...told, reason: t('unreachable') } : told;
    if (end.final) return this.#enter('refused', end);
    this.#enter('lost', end);
    // Not all at the same moment, when a server comes back.
    this.#timer = setTimeout(() => void this.connect(), this.#wait * (0.75 + Math.random() / 2));
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
  }

  /** @param {End} end @param {number} generation */
  #buried(end, generation) {
    if (this.#ghost?.generation === generation) this.#watcher.buried?.(end);
  }

  #identity() {
    const { username, userId, token, rooms, session, lastId } = this;
    const user = { username, userId, rooms: [...rooms], ...(token && { token }) };
    return session === undefined ? user : { ...user, session, lastId };
  }

  /** Says goodbye to what there is. */
  #drop() {
    return this.#forget()?.close();
  }

  /** Takes leave of the client inwardly: what it does from here on is nobody's business. */
  #forget() {
    clearTimeout(this.#timer);
    this.#generation += 1;
    const client = this.#client;
    this.#client = undefined;
    return client;
  }

  /** @param {State} state @param {End} [end] */
  #enter(state, end) {
    this.state = state;
    this.#watcher.state?.(state, end);
  }
}
