import type { WebSocket } from 'ws';
import type { Clock, Reception } from '../hub/ports.ts';
import type { Session } from '../hub/session.ts';
import type { FrameSocket } from './frame-socket.ts';

/** A client, as one that may be asked. */
export interface Correspondent {
  session: Session;
  /** It is to be asked with the next thing that it is written. */
  due: boolean;
}

export interface ReceiptsOptions<C extends Correspondent> {
  hub: Reception;
  clock: Clock;
  /** Milliseconds between two questions to one client; 0: none is asked. */
  interval: number;
  correspondents: Iterable<C>;
  /** Its WebSocket, where that has been given everything that the client was sent. */
  socketOf(correspondent: C): FrameSocket | undefined;
}

/** Payload of a control frame at most (RFC 6455 5.5): a number is far shorter. */
const DIGITS = /^\d{1,16}$/;

/**
 * Finds out how far clients have received, of clients that know nothing of it: a ping that follows what was written carries
 * the position, and every WebSocket brings it back in its pong (RFC 6455 5.5.2, 5.5.3). It is under both protocols:
 * Engine.IO's own pings are messages, and none of this.
 */
export class Receipts<C extends Correspondent> {
  readonly #options: ReceiptsOptions<C>;
  /** One listener for all sockets. */
  readonly #onPong: (this: WebSocket, payload: Buffer) => void;
  readonly #stop: () => void;

  constructor(options: ReceiptsOptions<C>) {
    this.#options = options;
    const { hub, clock, interval } = options;
    this.#onPong = function (payload) {
      const { session } = this as FrameSocket;
      const position = payload.toString('latin1');
      // A pong may come unasked, with anything in it.
      if (session && DIGITS.test(position)) hub.received(session, Number(position));
    };
    this.#stop = interval === 0 ? () => {} : clock.every(interval, () => this.#sweep());
  }

  /** To be called behind each write to a client. */
  written(correspondent: C): void {
    const position = this.#options.hub.written(correspondent.session);
    if (correspondent.due) this.#ask(correspondent, position);
  }

  stop(): void {
    this.#stop();
  }

  /** Who has confirmed all is asked with the next thing that it is written; who has not, for what it got until now. */
  #sweep(): void {
    for (const correspondent of this.#options.correspondents) {
      const { writtenAt, receivedAt } = correspondent.session;
      if (writtenAt === undefined || writtenAt === receivedAt) correspondent.due = true;
      else this.#ask(correspondent, writtenAt);
    }
  }

  #ask(correspondent: C, position: number): void {
    const socket = this.#options.socketOf(correspondent);
    if (!socket) return;
    correspondent.due = false;
    if (!socket.listeners('pong').includes(this.#onPong)) socket.on('pong', this.#onPong);
    socket.session = correspondent.session;
    socket.ping(String(position));
  }
}
