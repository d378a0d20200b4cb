/** A step of a client's work: done when it returns, or when its promise settles. It must not throw. */
type Task = () => void | Promise<void>;

export interface InboxLimits {
  /** Tasks that may wait. */
  inboxSize: number;
  /** Bytes of the requests that they come from. */
  inboxBytes: number;
}

interface Waiting {
  task: Task;
  bytes: number;
}

/**
 * A client's requests, one after another: a slow check of one can't let the next overtake it. As long as nothing
 * waits, a task runs at once and nothing is queued.
 */
export class Inbox {
  readonly #limits: InboxLimits;
  #waiting: Waiting[] | undefined;
  #bytes = 0;
  #busy = false;
  #onRoom: (() => void) | undefined;

  constructor(limits: InboxLimits) {
    this.#limits = limits;
  }

  /** So much waits that no more should come. */
  get full(): boolean {
    if (!this.#busy || !this.#waiting) return false;
    const { inboxSize, inboxBytes } = this.#limits;
    return this.#waiting.length >= inboxSize || this.#bytes >= inboxBytes;
  }

  /** Takes the task, also where it is full: what a socket had given before it was stopped is not lost. */
  push(task: Task, bytes: number): void {
    if (!this.#busy) return this.#run(task);
    this.#waiting ??= [];
    this.#waiting.push({ task, bytes });
    this.#bytes += bytes;
  }

  /** To one that is full: has `task` called once, when it no longer is. */
  whenRoom(task: () => void): void {
    this.#onRoom = task;
  }

  #run(task: Task): void {
    const pending = task();
    if (!pending) return;
    this.#busy = true;
    void pending.then(() => this.#next());
  }

  #next(): void {
    this.#busy = false;
    while (!this.#busy) {
      const next = this.#waiting?.shift();
      if (!next) break;
      this.#bytes -= next.bytes;
      this.#run(next.task);
    }
    if (!this.full) this.#tellRoom();
  }

  #tellRoom(): void {
    const task = this.#onRoom;
    this.#onRoom = undefined;
    task?.();
  }
}
