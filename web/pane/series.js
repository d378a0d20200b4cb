/** @import { Message, Request } from '../lib/types.d.ts' */

/** Milliseconds from one to the next: long enough to do something to the others meanwhile. */
const PACE = 50;

/**
 * @typedef {object} SeriesOptions
 * @property {number} of how many there are
 * @property {string} [filling] what makes each of them large
 * @property {string} [room]
 * @property {(request: Request) => void} send
 */

/**
 * Numbered messages, one after another and each until the server has it: if one is missing, it was not for its sender.
 */
export class Series {
  /** How many the server has. */
  sent = 0;
  over = false;
  #run = Math.random().toString(36).slice(2, 10);
  #due = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #options;

  /** @param {SeriesOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** Sends what has no answer yet: at the beginning, and again by each new connection. */
  go() {
    clearTimeout(this.#timer);
    if (this.over) return;
    const { of, filling, room, send } = this.#options;
    const n = this.sent + 1;
    const data = { run: this.#run, n, of, ...(filling && { filling }) };
    const request = { type: 'chat', content: `${n}/${of}`, data, clientMsgId: this.#clientMsgId };
    this.#due = performance.now() + PACE;
    send(room === undefined ? request : { ...request, room });
  }

  /** @param {Message} message @returns {boolean} whether it was the answer to the series */
  take({ type, data }) {
    const { clientMsgId, retryable, retryAfter = 1 } = Object(data);
    if (this.over || clientMsgId !== this.#clientMsgId) return false;
    if (type === 'ack') this.#next();
    else if (retryable) this.#goAfter(1000 * retryAfter);
    else this.stop();
    return true;
  }

  stop() {
    clearTimeout(this.#timer);
    this.over = true;
  }

  get #clientMsgId() {
    return `${this.#run}-${this.sent + 1}`;
  }

  #next() {
    this.sent += 1;
    if (this.sent === this.#options.of) this.stop();
    else this.#goAfter(this.#due - performance.now());
  }

  /** @param {number} milliseconds */
  #goAfter(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.go(), milliseconds);
  }
}
