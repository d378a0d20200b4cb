/** @import { Message } from '../lib/types.d.ts' */

/** What a sender has numbered, so that whoever hears it sees what is missing. @typedef {{ run: string, n: number, of: number }} Numbered */
/** @typedef {{ room: string, first: number, last: number }} Run the numbers of a sender that have been heard, or missed, so far */

/** The types of which none may be missed. Those who come and go are not among them: after a gap, their list is sent. */
const SAID = new Set(['chat', 'notification', 'system']);
/** Bounds of what strangers may make a pane remember. */
const MOST_SEEN = 20_000;
const MOST_RUNS = 1000;
const MOST_NUMBERS = 10_000;
const MOST_LOST = 10_000;
/** Enough to tell a repetition from news after a reload. */
const KEPT_SEEN = 2000;

/**
 * Counts what a client receives, and finds out what it does not. There are two witnesses: senders that number their
 * messages, and what the server has stored.
 */
export class Tally {
  received = 0;
  replayed = 0;
  duplicated = 0;
  outOfOrder = 0;
  /** @type {Set<string>} what must have come, and has not */
  #lost = new Set();
  /** @type {Map<string, number>} id → N */
  #seen = new Map();
  /** Up to here it is not remembered what has been seen. */
  #floor = 0;
  /** The highest N so far. */
  #last = 0;
  /** @type {Map<string, Run>} */
  #runs = new Map();
  /** @type {Map<string, string>} room → the id after which everything that is said there must come */
  #rooms = new Map();

  /** Goes on where another one has ended. @param {unknown} saved what `toJSON` gave */
  static from(saved) {
    const { received, replayed, duplicated, outOfOrder, ...rest } = /** @type {ReturnType<Tally['toJSON']>} */ (saved);
    const tally = Object.assign(new Tally(), { received, replayed, duplicated, outOfOrder });
    tally.#lost = new Set(rest.lost);
    tally.#seen = new Map(rest.seen);
    tally.#floor = rest.floor;
    tally.#last = rest.last;
    tally.#runs = new Map(rest.runs);
    tally.#rooms = new Map(rest.rooms);
    return tally;
  }

  toJSON() {
    const { received, replayed, duplicated, outOfOrder } = this;
    const seen = [...this.#seen];
    const forgotten = seen.splice(0, Math.max(0, seen.length - KEPT_SEEN));
    return {
      received,
      replayed,
      duplicated,
      outOfOrder,
      lost: [...this.#lost],
      seen,
      floor: forgotten.reduce((floor, [, n]) => Math.max(floor, n), this.#floor),
      last: this.#last,
      runs: [...this.#runs],
      rooms: [...this.#rooms],
    };
  }

  get lost() {
    return this.#lost.size;
  }

  /** Where each room is to be compared from. */
  get rooms() {
    return [...this.#rooms];
  }

  // --- what comes ---

  /** @param {Message} message any that the client receives, in the order in which it does */
  take(message) {
    if (!SAID.has(message.type)) return;
    this.received += 1;
    const numbered = numberOf(message);
    const repeated = this.#seen.has(message.id) || (numbered && this.#isRepeated(numbered));
    this.#remember(message.id);
    if (repeated) this.duplicated += 1;
    else this.#place(message, numbered);
  }

  /** @param {Message} message one that was not received before @param {Numbered | undefined} numbered */
  #place(message, numbered) {
    this.#lost.delete(nameOf(message));
    if (this.#isLate(message, numbered)) this.outOfOrder += 1;
    this.#last = Math.max(this.#last, orderOf(message.id));
    if (numbered) this.#follow(numbered, message.room ?? '');
  }

  /** A list of a room: what is said in it from here on comes too. @param {string} room @param {string} id */
  enter(room, id) {
    const since = this.#rooms.get(room);
    // A server that has lost its log may begin with lower numbers.
    if (since === undefined || orderOf(since) > orderOf(id)) this.#rooms.set(room, id);
  }

  /** Nothing more of that room is to come. @param {string} room as messages name it */
  leave(room) {
    this.#rooms.delete(room);
    for (const [name, run] of this.#runs) if (run.room === room) this.#runs.delete(name);
  }

  /** The server says what has become of a connection that was interrupted. @param {Message} list */
  welcome({ recovered, replayed = 0 }) {
    if (recovered) this.replayed += replayed;
    // It says that it goes on elsewhere: only what comes now is in order.
    if (recovered === false) this.#last = 0;
  }

  /** @param {Numbered} numbered */
  #isRepeated({ run, n }) {
    const known = this.#runs.get(run);
    return known !== undefined && n >= known.first && n <= known.last && !this.#lost.has(`${run} ${n}`);
  }

  /** @param {Message} message @param {Numbered | undefined} numbered */
  #isLate({ id }, numbered) {
    const run = numbered && this.#runs.get(numbered.run);
    return orderOf(id) < this.#last || (run !== undefined && numbered !== undefined && numbered.n < run.last);
  }

  /** @param {Numbered} numbered @param {string} room */
  #follow({ run: name, n }, room) {
    const run = this.#runs.get(name);
    for (let missing = (run?.last ?? n) + 1; missing < n; missing += 1) this.#miss(`${name} ${missing}`);
    this.#runs.set(name, { room, first: run?.first ?? n, last: Math.max(run?.last ?? 0, n) });
    if (this.#runs.size > MOST_RUNS) this.#runs.delete([...this.#runs.keys()][0] ?? '');
  }

  /** @param {string} id */
  #remember(id) {
    this.#seen.set(id, orderOf(id));
    if (this.#seen.size <= MOST_SEEN) return;
    const [[oldest, n] = ['', 0]] = this.#seen;
    this.#seen.delete(oldest);
    this.#floor = Math.max(this.#floor, n);
  }

  // --- what should have come ---

  /**
   * Compares with what the server has stored of a room since the client came into it.
   * @param {string} room
   * @param {Message[]} stored
   * @param {string} position the id of a message that the client has received: all up to there must have come
   * @returns {number} how many were compared
   */
  compare(room, stored, position) {
    const due = stored.filter(({ id }) => orderOf(id) <= orderOf(position));
    for (const message of due) {
      const n = orderOf(message.id);
      if (SAID.has(message.type) && n > this.#floor && !this.#seen.has(message.id)) this.#miss(nameOf(message));
      this.#rooms.set(room, message.id);
    }
    return due.length;
  }

  /** @param {string} name */
  #miss(name) {
    if (this.#lost.size < MOST_LOST) this.#lost.add(name);
  }
}

/** The N of an id. @param {string} id */
export function orderOf(id) {
  return Number.parseInt(id.slice(id.indexOf('-') + 1), 10);
}

/** @param {Pick<Message, 'data'>} message @returns {Numbered | undefined} */
export function numberOf({ data }) {
  const { run, n, of } = Object(data);
  const whole = Number.isInteger(n) && Number.isInteger(of) && n >= 1 && n <= of && of <= MOST_NUMBERS;
  return typeof run === 'string' && whole ? { run, n, of } : undefined;
}

/** What is missing has the same name for both witnesses. @param {Message} message */
function nameOf(message) {
  const numbered = numberOf(message);
  return numbered ? `${numbered.run} ${numbered.n}` : message.id;
}
