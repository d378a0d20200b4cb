import type { Client } from './client.ts';
import { now } from './clock.ts';
import type { Crowd, Listener } from './crowd.ts';
import { Histogram } from './histogram.ts';

/** Tells when each of those who come back has what it missed. */
export class Comeback implements Listener {
  /** Microseconds that they took, from the beginning of their connections. */
  readonly times = new Histogram();
  /** How much of that passed before they were connected: the system alone, without the server's doing. */
  readonly connections = new Histogram();
  /** Resolves when each is level or gone. */
  readonly over: Promise<void>;
  readonly #ends: readonly number[];
  readonly #level = new Set<Client>();
  readonly #size: number;
  #lost = 0;
  #finish!: () => void;

  /** @param ends how many messages each lane has had in all */
  constructor(crowd: Pick<Crowd, 'size' | 'listener'>, ends: readonly number[]) {
    this.#size = crowd.size;
    this.#ends = ends;
    this.over = new Promise((resolve) => {
      this.#finish = resolve;
    });
    crowd.listener = this;
  }

  arrived(_fresh: readonly number[], client: Client): void {
    if (this.#level.has(client) || !client.welcome?.done || client.state.sequences.missing(this.#ends) > 0) return;
    this.#level.add(client);
    this.times.add(now() - client.begun);
    this.connections.add(client.connected - client.begun);
    this.#advance();
  }

  lost(client: Client): void {
    if (this.#level.has(client)) return;
    this.#lost += 1;
    this.#advance();
  }

  #advance(): void {
    if (this.#level.size + this.#lost >= this.#size) this.#finish();
  }
}
