import { type Failure, failureOf } from './answer.ts';
import type { CloseDetails } from './events.ts';
import type { Handshake } from './handshake.ts';
import { type Message, readMessage } from './message.ts';
import type { Settings, WebSocketLike } from './options.ts';
import { whyRefused } from './refusal.ts';

/** Who a connection is for. */
export interface Owner {
  /** What it takes to connect; may take its time, and fail. */
  handshake(): Promise<Handshake>;
  /** The first list has come: from here on the connection carries messages. */
  connected(list: Message): void;
  /** A message has come, that list included. */
  received(message: Message): void;
  /**
   * It has ended by itself; what `close` ends is not told.
   * @param details absent where it had never carried messages
   */
  ended(failure: Failure, details?: CloseDetails): void;
}

/** From this close code on the server wants the client to stay away. */
export const FIRST_FINAL = 4500;
export const NO_HEARTBEAT = 4012;
const ABNORMAL = 1006;

/** The data of the client's own heartbeats. */
export const PULSE = 'ambos-pulse';

/** One connection, from the first try to its end: a WebSocket, and the doubt whether it still lives. */
export class Connection {
  readonly #settings: Settings;
  readonly #owner: Owner;
  readonly #abort = new AbortController();
  #ws: WebSocketLike | undefined;
  #stopTimer = () => {};
  #connected = false;

  constructor(settings: Settings, owner: Owner) {
    this.#settings = settings;
    this.#owner = owner;
    void this.#open();
  }

  // --- open ---

  async #open(): Promise<void> {
    this.#after(this.#settings.timeout, () => this.#end(failureOf('timeout')));
    try {
      // Whoever has just called may still have to name what the handshake asks for.
      await undefined;
      const handshake = await this.#owner.handshake();
      if (!this.#abort.signal.aborted) this.#dial(handshake);
    } catch (error) {
      this.#end(failureOf('handshake_failed', `${error}`));
    }
  }

  #dial(handshake: Handshake): void {
    const ws = new this.#settings.WebSocket(handshake.url, handshake.protocols);
    this.#ws = ws;
    ws.onmessage = ({ data }: { data: string }) => this.#receive(data);
    let why: Promise<Failure> | undefined;
    // Where an upgrade is refused, Node's own leaves it at an error; others close as well.
    ws.onerror = ws.onclose = async ({ code, reason }: { code?: number; reason: string }) => {
      if (!this.#connected && (code ?? ABNORMAL) === ABNORMAL) {
        why ??= whyRefused(handshake, this.#settings.fetch, this.#abort.signal);
        this.#end(await why);
      } else if (code) this.#closed(code, reason);
    };
  }

  // --- carry ---

  send(text: string): void {
    this.#ws?.send(text);
  }

  #receive(frame: string): void {
    const message = readMessage(frame);
    if (this.#connected) this.#listen();
    if (!this.#connected && message?.type === 'user_list') this.#welcome(message);
    // The owner may have closed it meanwhile.
    if (this.#connected && message) this.#owner.received(message);
  }

  #welcome(list: Message): void {
    this.#connected = true;
    this.#listen();
    this.#owner.connected(list);
  }

  // --- doubt: a half-open connection says nothing, and a browser hides the server's pings ---

  #listen(): void {
    this.#after(this.#settings.heartbeatInterval, () => this.check());
  }

  /** Asks for a sign of life; without one the connection ends. */
  check(): void {
    this.send(JSON.stringify({ type: 'heartbeat', data: PULSE }));
    this.#after(this.#settings.heartbeatTimeout, () => {
      // Where the server still hears it, it should know that this is no goodbye.
      this.#ws?.close(NO_HEARTBEAT);
      this.#closed(NO_HEARTBEAT, 'no_heartbeat');
    });
  }

  // --- end ---

  #closed(code: number, reason: string): void {
    this.#end(failureOf(reason || 'closed', `Closed with ${code}`, code < FIRST_FINAL), { code, reason });
  }

  #end(failure: Failure, details?: CloseDetails): void {
    if (this.#abort.signal.aborted) return;
    const known = this.#connected ? details : undefined;
    this.close();
    this.#owner.ended(failure, known);
  }

  /** Ends it, without a word to its owner. */
  close(code?: number): void {
    this.#connected = false;
    this.#stopTimer();
    this.#abort.abort();
    const ws = this.#ws;
    if (!ws) return;
    ws.onmessage = ws.onerror = ws.onclose = () => {};
    ws.close(code);
  }

  #after(ms: number, task: () => void): void {
    this.#stopTimer();
    this.#stopTimer = this.#settings.after(ms, task);
  }
}
