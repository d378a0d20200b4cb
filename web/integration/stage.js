import { Connection } from '../lib/connection.js';
import { DOORS, NAMES } from '../lib/doors.js';
import { t } from '../lib/i18n.js';

/** @import { Door, Message } from '../lib/types.d.ts' */
/** @import { State } from '../lib/connection.js' */
/** @import { Example, Scene } from './examples.js' */

/**
 * Where an example is shown.
 * @typedef {object} Act
 * @property {Example} example
 * @property {(door: Door, what: unknown, label?: string) => void} arrived
 */

const GUEST_STAYS = 900;
const OF_ROOMS = new Set(['chat', 'notification', 'user_list', 'user_joined', 'user_left']);

/**
 * The two connections of the page, one by each door, in a room of their own. They are opened by the first try, so that
 * a mere reader disturbs nobody.
 */
export class Stage {
  room = `demo-${random()}`;
  /** @type {Map<Door, Connection>} */
  #connections = new Map();
  /** @type {Map<Door, () => void>} called once the door's own lists have come: only then what comes is an answer */
  #ready = new Map();
  /** @type {Promise<unknown> | undefined} */
  #opening;
  /** @type {Act | undefined} */
  #act;

  /** @param {(door: Door, state: State) => void} onState */
  constructor(onState) {
    for (const door of DOORS) {
      const user = { username: NAMES[door], userId: `demo-${random()}`, rooms: [this.room] };
      const watcher = {
        state: (/** @type {State} */ state) => onState(door, state),
        message: (/** @type {Message} */ message) => this.#take(door, message),
      };
      this.#connections.set(door, new Connection(door, user, watcher));
    }
  }

  /** What requests by this door are about. @param {Door} door @returns {Scene} */
  scene(door) {
    const [other] = [...this.#connections].filter(([which]) => which !== door).map(([, { userId }]) => userId);
    return { room: this.room, other: other ?? '' };
  }

  /** Plays an example by a door; what comes back is told to the act. @param {Door} door @param {Act} act */
  async play(door, act) {
    this.#opening ??= this.#open();
    await this.#opening;
    this.#act = act;
    const { example } = act;
    if (example.guest) return this.#bringGuest(door);
    const request = example.request?.(this.scene(door));
    const receipt = example.callback
      ? (/** @type {unknown} */ answer) => act.arrived(door, answer, t('callback'))
      : undefined;
    if (request) this.#connections.get(door)?.send(request, receipt);
  }

  #open() {
    return Promise.all(
      [...this.#connections].map(([door, connection]) => {
        const opened = new Promise((resolve) => this.#ready.set(door, () => resolve(undefined)));
        void connection.connect();
        return opened;
      }),
    );
  }

  /** @param {Door} door @param {Message} message */
  #take(door, message) {
    if (message.type === 'user_list' && message.room === this.room && !this.#act) this.#ready.get(door)?.();
    // Strangers come, go and talk too: the default room is everybody's.
    const ours = message.room?.startsWith(this.room) || message.to || !OF_ROOMS.has(message.type);
    if (ours && this.#act?.example.shows.includes(message.type)) this.#act.arrived(door, message);
  }

  /** @param {Door} door */
  #bringGuest(door) {
    const user = { username: `Eva (${NAMES[door]})`, userId: `demo-${random()}`, rooms: [this.room] };
    const leave = (/** @type {State} */ state) => state === 'open' && setTimeout(() => guest.cut(), GUEST_STAYS);
    const guest = new Connection(door, user, { state: leave });
    void guest.connect();
  }
}

function random() {
  return Math.random().toString(36).slice(2, 8);
}
