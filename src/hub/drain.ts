import type { Clock } from './ports.ts';
import type { Session } from './session.ts';

export interface DrainOptions {
  clock: Clock;
  /** There are other servers, and who comes back is taken in by one of them. */
  movable: boolean;
  sessions: ReadonlyMap<string, Session>;
  /** Asks a client to go on elsewhere. */
  move(session: Session): void;
  /** Closes its connection. */
  close(session: Session): void;
}

/** So many at a time, at least: where there is no crowd nobody has to wait. */
const GROUP = 50;
/** Milliseconds from one group to the next. */
const STEP = 100;
/** Shares of the time: for asking, then as long again for those who move, then for closing the others. What is left is theirs to go. */
const ASKING = 1 / 8;
const CLOSING = 3 / 8;

/**
 * The end of a server's connections, without a crowd that comes back as one: who can move is asked to, then everybody is
 * closed, a group at a time.
 */
export class Drain {
  readonly #options: DrainOptions;
  #done: (() => void) | undefined;
  #stopTimers: (() => void)[] = [];

  constructor(options: DrainOptions) {
    this.#options = options;
  }

  /** @returns when all have gone, which may be never: at the latest `stop` ends it */
  run(time: number): Promise<void> {
    const { clock, movable, move } = this.#options;
    return new Promise((done) => {
      this.#done = done;
      const close = () => this.#pace(time * CLOSING, this.#options.close);
      if (movable) this.#stopTimers.push(clock.after(time * 2 * ASKING, close));
      if (movable) this.#pace(time * ASKING, move);
      else close();
      this.left();
    });
  }

  /** To be called when somebody has gone. */
  left(): void {
    if (this.#done && this.#options.sessions.size === 0) this.stop();
  }

  /** Nobody is waited for any more. */
  stop(): void {
    for (const stop of this.#stopTimers.splice(0)) stop();
    for (const session of [...this.#options.sessions.values()]) this.#options.close(session);
    this.#done?.();
    this.#done = undefined;
  }

  /** In the order in which they came: who was asked first to move is closed first. */
  #pace(time: number, act: (session: Session) => void): void {
    const waiting = [...this.#options.sessions.values()];
    const steps = Math.max(1, Math.floor(time / STEP));
    const size = Math.max(GROUP, Math.ceil(waiting.length / steps));
    const next = () => {
      for (const session of waiting.splice(0, size)) act(session);
      if (waiting.length === 0) stop();
    };
    const stop = this.#options.clock.every(STEP, next);
    this.#stopTimers.push(stop);
    next();
  }
}
