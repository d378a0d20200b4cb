import { newestOrder, storedMessages } from './history.js';
import { orderOf } from './tally.js';

/** @import { Connection } from '../lib/connection.js' */
/** @import { Message } from '../lib/types.d.ts' */
/** @import { Tally } from './tally.js' */

/** Milliseconds before one that is still behind asks again. */
const PAUSE = 100;

/** Compares what a client has received with what the server has stored. */
export class Audit {
  /** How many messages have been compared so far. */
  compared = 0;
  /** The N up to which that is. */
  upTo = 0;
  #turn = 0;
  /** @type {{ token: string, resolve: (id: string | undefined) => void } | undefined} */
  #pulse;
  #connection;
  #tally;

  /** @param {Connection} connection @param {Tally} tally */
  constructor(connection, tally) {
    this.#connection = connection;
    this.#tally = tally;
  }

  /**
   * Waits until all that the server has now is here, and compares.
   * @returns whether it came to that: another one, or the end of the connection, interrupts it
   * @throws Error with the words of the server
   */
  async run() {
    this.interrupt();
    const turn = this.#turn;
    const position = await this.#arrive(turn);
    if (position === undefined) return false;
    for (const [room, after] of this.#tally.rooms) {
      for await (const stored of storedMessages({ ...this.#reader, room, after, upTo: position })) {
        if (turn !== this.#turn) return false;
        this.compared += this.#tally.compare(room, stored, position);
      }
    }
    this.upTo = orderOf(position);
    return true;
  }

  interrupt() {
    this.#turn += 1;
    this.#pulse?.resolve(undefined);
  }

  /** @param {Message} message @returns {boolean} whether it was only meant for this */
  take({ type, data, id }) {
    const ours = type === 'heartbeat' && this.#pulse !== undefined && Object(data).pulse === this.#pulse.token;
    if (ours) this.#pulse?.resolve(id);
    return ours;
  }

  get #reader() {
    const { username, userId, token } = this.#connection;
    return { username, userId, token };
  }

  /** @param {number} turn @returns {Promise<string | undefined>} the position of the client, by then */
  async #arrive(turn) {
    const rooms = this.#tally.rooms.map(([room]) => newestOrder({ ...this.#reader, room }));
    const newest = Math.max(0, ...(await Promise.all(rooms)));
    while (turn === this.#turn) {
      const position = await this.#beat();
      // One that is behind is answered before all that it is still to get.
      if (position === undefined || orderOf(position) >= newest) return position;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** @returns {Promise<string | undefined>} the id of the answer: up to there, all is here */
  #beat() {
    return new Promise((resolve) => {
      const token = Math.random().toString(36).slice(2, 10);
      this.#pulse = { token, resolve };
      this.#connection.send({ type: 'heartbeat', data: { pulse: token } });
    });
  }
}
