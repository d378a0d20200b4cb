import { Refusal } from '../protocol/errors.ts';

export interface TurnstileOptions {
  /** Clients that are being asked who they are, at once. */
  maxHandshakes: number;
  /** Clients that may wait for that. */
  handshakeQueue: number;
  /** Runs `task` when this turn of the event loop has handled what it read. */
  endOfTurn?: (task: () => void) => void;
}

/** Handshakes that are begun in one turn of the event loop: some milliseconds at most, then it is the others' turn. */
const PER_TURN = 16;
/** Seconds within which those who were turned away come again, each at another time. */
const RETRY_WITHIN = 5;

/** One client on its way in. */
class Ticket {
  state: 'waiting' | 'inside' | 'left' = 'waiting';
  readonly go: () => void;

  constructor(go: () => void) {
    this.go = go;
  }
}

/**
 * Paces those who come all at once: finding out who a client is takes a signature check or a question to another
 * server, and what those have to say who are already here must not wait for thousands of newcomers.
 */
export class Turnstile {
  readonly #options: TurnstileOptions;
  readonly #endOfTurn: (task: () => void) => void;
  #queue: Ticket[] = [];
  #inside = 0;
  #begun = 0;

  constructor(options: TurnstileOptions) {
    this.#options = options;
    this.#endOfTurn = options.endOfTurn ?? ((task) => void setImmediate(task));
  }

  /** @throws Refusal `over_capacity` where too many wait already */
  check(): void {
    if (this.#queue.length < this.#options.handshakeQueue || this.#isFree()) return;
    throw new Refusal('over_capacity', { retryAfter: 1 + Math.floor(Math.random() * RETRY_WITHIN) });
  }

  /**
   * Runs `go` when it is its turn, at once where nobody waits.
   * @returns gives the place back, or leaves the queue; calling it again changes nothing
   * @throws Refusal as `check` does
   */
  enter(go: () => void): () => void {
    this.check();
    const ticket = new Ticket(go);
    if (this.#isFree()) this.#begin(ticket);
    else this.#queue.push(ticket);
    return () => this.#leave(ticket);
  }

  #isFree(): boolean {
    return this.#queue.length === 0 && this.#hasRoom();
  }

  #hasRoom(): boolean {
    return this.#inside < this.#options.maxHandshakes && this.#begun < PER_TURN;
  }

  #begin(ticket: Ticket): void {
    ticket.state = 'inside';
    this.#inside += 1;
    this.#begun += 1;
    if (this.#begun === 1) this.#endOfTurn(() => this.#nextTurn());
    ticket.go();
  }

  #leave(ticket: Ticket): void {
    const { state } = ticket;
    ticket.state = 'left';
    if (state !== 'inside') return;
    this.#inside -= 1;
    this.#admit();
  }

  #nextTurn(): void {
    this.#begun = 0;
    this.#admit();
  }

  #admit(): void {
    while (this.#queue.length > 0 && this.#hasRoom()) {
      const ticket = this.#queue.shift()!;
      if (ticket.state === 'waiting') this.#begin(ticket);
    }
  }
}
