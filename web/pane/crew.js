/** @import { Door } from '../lib/types.d.ts' */

/**
 * The users of this page. Messages don't tell by which door their sender came in; of its own users the page knows.
 * @typedef {{ username: string, userId: string, door: Door }} Mate
 */
export class Crew {
  /** @type {Set<Mate>} */
  #mates = new Set();

  /** @param {Mate} mate */
  add(mate) {
    this.#mates.add(mate);
  }

  /** @param {Mate} mate */
  delete(mate) {
    this.#mates.delete(mate);
  }

  /** @param {string} username */
  doorOfName(username) {
    return this.#find((mate) => mate.username === username)?.door;
  }

  /** @param {string} userId */
  doorOfId(userId) {
    return this.#find((mate) => mate.userId === userId)?.door;
  }

  /** @param {(mate: Mate) => boolean} test */
  #find(test) {
    return [...this.#mates].find(test);
  }
}
