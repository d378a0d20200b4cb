import WebSocket from 'ws';
import type { Message } from '../support/messages.ts';
import { rawUrl } from '../support/raw.ts';
import { answerBy, bodyOf, type Link, type Owner } from './link.ts';
import type { Letter } from './text.ts';

/** Frames and nothing else: one connection, which ends after so many milliseconds without any. */
export class RawLink implements Link {
  readonly kind = 'raw';
  readonly #owner: Owner;
  readonly #ws: WebSocket;
  readonly #silence: NodeJS.Timeout;
  #welcomed = false;

  constructor(url: string, owner: Owner, patience: number) {
    this.#owner = owner;
    const { username, userId, rooms = [], session, lastId, token } = owner.passport();
    const query = { session, ...(lastId !== undefined && { lastId }), ...(token !== undefined && { token }) };
    this.#ws = new WebSocket(rawUrl(url, { username, userId, rooms, query }), { perMessageDeflate: false });
    this.#silence = setTimeout(() => this.#ws.terminate(), patience);
    this.#ws.on('open', () => owner.opened(this));
    this.#ws.on('message', (data) => this.#receive(String(data)));
    this.#ws.on('ping', () => this.#silence.refresh());
    this.#ws.on('error', () => {}); // 'close' follows
    this.#ws.on('close', (code) => this.#closed(code));
  }

  send({ type, ...letter }: Letter): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    this.#ws.send(JSON.stringify({ type, ...bodyOf({ type, ...letter }) }));
  }

  abandon(): void {
    clearTimeout(this.#silence);
    this.#ws.terminate();
  }

  leave(): void {
    clearTimeout(this.#silence);
    this.#ws.close(1000);
  }

  #receive(text: string): void {
    this.#silence.refresh();
    const message = JSON.parse(text) as Message;
    const first = !this.#welcomed;
    this.#welcomed = true;
    this.#owner.heard(this, message, first);
    const answered = answerBy(message);
    if (answered) this.#owner.answered(this, answered.ref, answered.answer);
  }

  #closed(code: number): void {
    clearTimeout(this.#silence);
    this.#owner.dropped(this, false, String(code));
  }
}
