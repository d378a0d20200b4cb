import { io, type Socket } from 'socket.io-client';
import type { Message } from '../support/messages.ts';
import { answerBy, bodyOf, type Kind, type Link, type Owner, toAnswer } from './link.ts';
import type { Letter } from './text.ts';

/** Transport name and, on a WebSocket, what is under it. */
interface Under {
  ws?: { terminate(): void };
}

/** Socket.IO's own client, which comes back by itself. By polling it is answered by messages, else by callbacks. */
export class SdkLink implements Link {
  readonly kind: Kind;
  readonly #owner: Owner;
  readonly #socket: Socket;
  #welcomed = false;

  constructor(url: string, owner: Owner, kind: 'sdk' | 'polling') {
    this.kind = kind;
    this.#owner = owner;
    this.#socket = io(url, {
      transports: [kind === 'sdk' ? 'websocket' : 'polling'],
      auth: (done) => done(owner.passport()),
      forceNew: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 500,
      timeout: 5000,
    });
    this.#socket.on('connect', () => {
      this.#welcomed = false;
      owner.opened(this);
    });
    this.#socket.onAny((_type, message: Message) => this.#receive(message));
    this.#socket.on('disconnect', () => owner.dropped(this, this.#socket.active));
    this.#socket.on('connect_error', ({ message }) => {
      if (this.#socket.active) owner.failed(this);
      else owner.dropped(this, false, message);
    });
  }

  send(letter: Letter): void {
    if (!this.#socket.connected) return;
    const { type, ref } = letter;
    if (this.kind === 'polling') return void this.#socket.emit(type, bodyOf(letter));
    this.#socket.emit(type, bodyOf(letter), (receipt: { ok: boolean; error?: object }) => {
      this.#owner.answered(this, ref, toAnswer(receipt.ok, receipt.error ?? receipt));
    });
  }

  abandon(): void {
    this.#socket.io.reconnection(false);
    this.#socket.off().offAny();
    const { engine } = this.#socket.io;
    const { ws } = engine.transport as Under;
    if (ws) ws.terminate();
    else engine.close();
  }

  leave(): void {
    this.#socket.disconnect();
  }

  #receive(message: Message): void {
    const first = !this.#welcomed;
    this.#welcomed = true;
    this.#owner.heard(this, message, first);
    const answered = answerBy(message);
    if (answered) this.#owner.answered(this, answered.ref, answered.answer);
  }
}
