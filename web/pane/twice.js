/** @import { Message, Request } from '../lib/types.d.ts' */

/** One message that is sent two times, as by a client that has not heard the first answer. */
export class Twice {
  #clientMsgId = `twice-${Math.random().toString(36).slice(2, 10)}`;
  /** @type {string[]} */
  #answers = [];
  #heard = 0;

  /** @param {Request} request @param {(request: Request) => void} send */
  constructor(request, send) {
    const clientMsgId = this.#clientMsgId;
    const whole = { ...request, data: { clientMsgId }, clientMsgId };
    send(whole);
    send(whole);
  }

  /**
   * @param {Message} message
   * @returns {{ first: string, second: string, heard: number } | undefined} what came of it, with the second answer
   */
  take({ type, data }) {
    const { clientMsgId, id, duplicate } = Object(data);
    if (clientMsgId !== this.#clientMsgId) return;
    if (type === 'chat') this.#heard += 1;
    if (type !== 'ack') return;
    this.#answers.push(duplicate ? `${id}, duplicate` : id);
    const [first = '', second] = this.#answers;
    // The echo goes before the answer: what has been heard by now is all there is.
    return second === undefined ? undefined : { first, second, heard: this.#heard };
  }
}
