/** Time and turns of the event loop, passed in so that specs can move them by hand. */
export interface Loop {
  /** Milliseconds, with fractions. */
  now(): number;
  /** Runs `task` when this turn has handled what it read. */
  endOfTurn(task: () => void): void;
  after(ms: number, task: () => void): void;
}

/** Something that gathers messages, to be written when it is told to. */
export interface Gatherer {
  /** Writes what has gathered. @returns how many messages that were */
  flush(): number;
}

const eventLoop: Loop = {
  now: () => performance.now(),
  endOfTurn: (task) => void setImmediate(task),
  after: (ms, task) => void setTimeout(task, ms),
};

/** Messages wait this many milliseconds for a flush at most, beyond the turn that they came in. */
const LONGEST_PAUSE = 50;

/**
 * Says when to flush, for all doors together: when the turn ends. A flush that found several messages shows load: the
 * next one then starts no sooner than that one took. So writing costs at most half of the time, and what grows under
 * load is the number of messages per write, not a queue; a single message never waits longer than its turn.
 */
export class Pacer {
  readonly #loop: Loop;
  #due = new Set<Gatherer>();
  #armed = false;
  #earliest = 0;

  constructor(loop: Loop = eventLoop) {
    this.#loop = loop;
  }

  /** Has the gatherer flushed soon; asking again before that changes nothing. */
  request(gatherer: Gatherer): void {
    this.#due.add(gatherer);
    if (!this.#armed) this.#arm();
  }

  #arm(): void {
    this.#armed = true;
    const pause = this.#earliest - this.#loop.now();
    // A timer of less than a millisecond would wait for a whole one.
    if (pause < 1) this.#loop.endOfTurn(() => this.#flush());
    else this.#loop.after(pause, () => this.#flush());
  }

  #flush(): void {
    const due = this.#due;
    this.#due = new Set();
    const start = this.#loop.now();
    const messages = Math.max(...[...due].map((gatherer) => gatherer.flush()));
    const end = this.#loop.now();
    this.#earliest = messages > 1 ? end + Math.min(end - start, LONGEST_PAUSE) : 0;
    this.#armed = false;
    if (this.#due.size > 0) this.#arm();
  }
}
