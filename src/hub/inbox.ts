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

  constructor(limits: InboxLimits) {
    this.#limits = limits;
  }

  /** @returns false where it is full: the task was not taken */
  push(task: Task, bytes: number): boolean {
    if (!this.#busy) {
      this.#run(task);
      return true;
    }
    const { inboxSize, inboxBytes } = this.#limits;
    this.#waiting ??= [];
    if (this.#waiting.length >= inboxSize || this.#bytes + bytes > inboxBytes) return false;
    this.#waiting.push({ task, bytes });
    this.#bytes += bytes;
    return true;
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
      if (!next) return;
      this.#bytes -= next.bytes;
      this.#run(next.task);
    }
  }
}
