import { openRaw } from './raw-client.js';
import { openSocketIo } from './socketio-client.js';

/** @import { Client, Direction, Door, End, Listener, Message, Request } from './types.d.ts' */

/** @typedef {'connecting' | 'open' | 'cut' | 'lost' | 'refused'} State */

/**
 * @typedef {object} Watcher
 * @property {(state: State, end?: End) => void} [state]
 * @property {(message: Message) => void} [message]
 * @property {(direction: Direction, text: string) => void} [frame]
 */

const OPEN = { ws: openRaw, socketio: openSocketIo };
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 15_000;

/**
 * A user who comes in by one door and stays: a connection that is lost is made again, one that was cut or refused is not.
 */
export class Connection {
  /** @type {State} */
  state = 'cut';
  rooms = new Set();
  /** @type {Client | undefined} */
  #client;
  #generation = 0;
  #wait = FIRST_WAIT;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #watcher;

  /**
   * @param {Door} door
   * @param {{ username: string, userId: string, rooms?: string[] }} user
   * @param {Watcher} watcher
   */
  constructor(door, { username, userId, rooms = [] }, watcher) {
    this.door = door;
    this.username = username;
    this.userId = userId;
    this.rooms = new Set(rooms);
    this.#watcher = watcher;
  }

  /** Connects, as who it is now and into the rooms it is in now. */
  async connect() {
    const dropped = this.#drop();
    const generation = this.#generation;
    const { username, userId, rooms } = this;
    this.#enter('connecting');
    // The old connection first: of a user who is still here the server would not announce the new name.
    await dropped;
    if (generation === this.#generation)
      this.#client = OPEN[this.door]({ username, userId, rooms: [...rooms] }, this.#listener());
  }

  /** Ends the connection and stays away until `connect`. */
  cut() {
    void this.#drop();
    this.#enter('cut');
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
      closed: (end) => ifCurrent(() => this.#closed(end)),
      message: (message) => ifCurrent(() => this.#watcher.message?.(message)),
      frame: (direction, text) => ifCurrent(() => this.#watcher.frame?.(direction, text)),
    };
  }

  #opened() {
    this.#wait = FIRST_WAIT;
    this.#enter('open');
  }

  /** @param {End} end */
  #closed(end) {
    this.#client = undefined;
    if (end.final) return this.#enter('refused', end);
    this.#enter('lost', end);
    // Not all at the same moment, when a server comes back.
    this.#timer = setTimeout(() => void this.connect(), this.#wait * (0.75 + Math.random() / 2));
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
  }

  #drop() {
    clearTimeout(this.#timer);
    this.#generation += 1;
    const client = this.#client;
    this.#client = undefined;
    return client?.close();
  }

  /** @param {State} state @param {End} [end] */
  #enter(state, end) {
    this.state = state;
    this.#watcher.state?.(state, end);
  }
}
