import WebSocket from 'ws';
import { io, type Socket } from '../../src/client/index.ts';
import type { Message } from '../support/messages.ts';
import { bodyOf, type Link, type Owner, toAnswer } from './link.ts';
import type { Letter } from './text.ts';

/** The client of `ambos/client`, which comes back, remembers and sends again by itself. */
export class AmbosLink implements Link {
  readonly kind = 'ambos';
  readonly #owner: Owner;
  readonly #socket: Socket;
  /** What its client has taken over. */
  readonly #sent = new Set<string>();
  #wire: WebSocket | undefined;
  #welcomed = false;

  constructor(url: string, owner: Owner, patience: number) {
    this.#owner = owner;
    const { username, userId, rooms = [], session, lastId } = owner.passport();
    this.#socket = io(url, {
      auth: { username, userId },
      rooms,
      ...(session && { session }),
      ...(lastId !== undefined && { lastId }),
      reconnectionDelay: 50,
      reconnectionDelayMax: 500,
      ackTimeout: patience / 2,
      heartbeatInterval: patience / 2,
      heartbeatTimeout: patience / 2,
      timeout: patience,
      WebSocket: this.#wires(),
    });
    this.#socket.on('connect', () => {
      this.#welcomed = false;
      owner.opened(this);
    });
    this.#socket.onAny((_type, message) => this.#receive(message as Message));
    this.#socket.on('disconnect', (_reason, { code }) => owner.dropped(this, this.#socket.active, String(code)));
    this.#socket.on('connect_error', ({ message }) => {
      if (this.#socket.active) owner.failed(this);
      else owner.dropped(this, false, message);
    });
  }

  get lastId(): string | undefined {
    return this.#socket.lastId;
  }

  send(letter: Letter): void {
    const { type, ref } = letter;
    if (this.#sent.has(ref)) return;
    this.#sent.add(ref);
    this.#socket.emit(type, bodyOf(letter), (answer) => {
      this.#sent.delete(ref);
      this.#owner.answered(this, ref, toAnswer(answer.ok, answer.ok ? answer : answer.error));
    });
  }

  /** To take leave of a connection that has ended says nothing to the server. */
  abandon(): void {
    this.#socket.off();
    this.#wire?.terminate();
    this.#socket.disconnect();
  }

  leave(): void {
    this.#socket.disconnect();
  }

  /** WebSockets that can be ended from here. */
  #wires(): new (url: string, protocols: string[]) => WebSocket {
    const opened = (wire: WebSocket) => {
      this.#wire = wire;
    };
    return class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { perMessageDeflate: false });
        opened(this);
      }
    };
  }

  #receive(message: Message): void {
    const first = !this.#welcomed;
    this.#welcomed = true;
    this.#owner.heard(this, message, first);
  }
}
