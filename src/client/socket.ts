import { type Answer, type Callback, type Failure, factsOf, localError, type Outgoing } from './answer.ts';
import { pauseAfter } from './backoff.ts';
import { Connection, FIRST_FINAL, NO_HEARTBEAT, PULSE } from './connection.ts';
import { type CloseDetails, type DisconnectReason, Emitter } from './events.ts';
import { addressOf, ask, type Handshake, handshakeOf } from './handshake.ts';
import { Memory } from './memory.ts';
import type { Message } from './message.ts';
import { complete, type Options, type Settings } from './options.ts';
import { type Letter, Outbox, TOO_LARGE } from './outbox.ts';

/** A text is the content of a message. */
type Payload = string | Outgoing;

/** Called once: with an error where no answer came in time. */
type TimedCallback = (error: Error | null, answer?: Answer) => void;

/** What `timeout` gives. */
interface Timed {
  emit(type: string, payload: Payload | undefined, callback: TimedCallback): void;
  /** Rejects where no answer came in time. */
  emitWithAck(type: string, payload?: Payload): Promise<Answer>;
}

/** Sent until they are answered, with or without a callback: sent twice, they take effect once. */
const KEPT = /^(chat|notification|join|leave)$/;
const CLIENT_MSG_ID = /^[ -~]{1,64}$/;
const TOO_BIG = 1009;
const REPLACED = 4504;
/** Said to a server that is left for another one: no goodbye. */
const MOVED = 4000;
const SIGNALS = ['online', 'visibilitychange', 'pageshow', 'pagehide'];

/** A client of the raw WebSocket protocol, with the manners of Socket.IO's. */
export class Socket extends Emitter {
  readonly #settings: Settings;
  readonly #address: URL;
  readonly #memory: Memory;
  readonly #outbox: Outbox;
  readonly #rooms: Set<string>;
  /** Carries messages. */
  #connection: Connection | undefined;
  /** Is on its way, to be the first one, or where the server wants the client to move. */
  #next: Connection | undefined;
  /** While the client moves: what the connection brings, which comes again by the next one. */
  #held: Message[] | undefined;
  #welcome: Message | undefined;
  #active = false;
  /** In a row. */
  #failures = 0;
  /** Waits for the next attempt, or for a connection to prove itself. */
  #stopTimer = () => {};
  /** The server has said when to come back. */
  #told = false;

  /** @throws Error where there is no WebSocket, or the URL is none */
  constructor(url: string, options: Options) {
    super();
    const settings = complete(options);
    this.#settings = settings;
    this.#address = addressOf(url, options.path, settings.page.location?.href);
    this.#memory = new Memory(options, `ambos ${this.#address}`);
    this.#outbox = new Outbox(settings, (error) => this.tellMessage(error));
    this.#rooms = new Set(options.rooms);
    if (settings.autoConnect) this.connect();
  }

  // --- state ---

  /** The first `user_list` has come, and the connection stands. */
  get connected(): boolean {
    return !!this.#connection;
  }

  /** Is connected, or will be by itself. */
  get active(): boolean {
    return this.#active;
  }

  /** Of the latest connection: what was missed since the one before has followed, or follows. */
  get recovered(): boolean {
    return !!this.#welcome?.recovered;
  }

  /** Why it was not recovered: `session`, `unknown`, `truncated` or `too_many`. */
  get reason(): string | undefined {
    return this.#welcome?.reason;
  }

  /** The id of the last message received. */
  get lastId(): string | undefined {
    return this.#memory.lastId;
  }

  get session(): string | undefined {
    return this.#memory.session;
  }

  /** The server's word for who this is, once connected. */
  get userId(): string | undefined {
    return this.#memory.self?.id;
  }

  // --- connect ---

  /** Connects, unless it does already. */
  connect(): this {
    if (this.#active) return this;
    this.#active = true;
    this.#failures = 0;
    this.#memory.load();
    this.#hearSignals('addEventListener');
    this.#open();
    return this;
  }

  #open(): void {
    this.#stopTimer();
    if (this.#connection) this.#held = [];
    this.#next = new Connection(this.#settings, {
      handshake: () => this.#handshake(),
      connected: (list) => this.#connected(list),
      received: (message) => this.#received(message),
      ended: (failure, details) => this.#ended(failure, details),
    });
  }

  async #handshake(): Promise<Handshake> {
    const auth = await ask(this.#settings.auth);
    // Later on the rooms are those that were joined and not left.
    if (!this.#welcome) for (const room of `${auth.rooms ?? ''}`.split(',')) this.#rooms.add(room);
    return handshakeOf(this.#address, auth, this.#rooms, this.#memory, this.#settings.recovery);
  }

  #connected(list: Message): void {
    // Of a move without a loss nobody need hear.
    const unheard = this.#held && list.recovered;
    this.#connection?.close(MOVED);
    this.#connection = this.#next;
    this.#next = this.#held = undefined;
    this.#welcome = list;
    this.#memory.connected(list);
    // A server that takes clients in and throws them out again is given its pauses, too.
    this.#stopTimer = this.#settings.after(this.#settings.reconnectionDelayMax, () => {
      this.#failures = 0;
    });
    this.#outbox.open(this.#connection!);
    if (!unheard) this.tell('connect');
  }

  // --- receive ---

  #received(message: Message): void {
    if (this.#held) return void this.#held.push(message);
    this.#memory.lastId = message.id;
    const isAnswer = message.type === 'ack' || message.type === 'error';
    if (message.data === PULSE || (isAnswer && this.#outbox.take(message))) return;
    this.#followRooms(message);
    const code = message.type === 'system' && factsOf(message).code;
    if (code === 'token_expiring') this.#renew();
    if (code === 'moving') this.#open();
    this.tellMessage(message);
  }

  /** Whoever can be asked for a fresh token is: the connection goes on with it. */
  #renew(): void {
    // Where that fails the server closes the connection at the token's end, and the next attempt asks again.
    ask(this.#settings.auth).then(
      ({ token }) => token && this.emit('auth', { token }),
      () => {},
    );
  }

  /** The server's word counts, whoever has asked for the room: a list is for members, a departure of oneself for the leaver. */
  #followRooms(message: Message): void {
    const { type, room } = message;
    if (!room) return;
    if (type === 'user_list') this.#rooms.add(room);
    if (type === 'user_left' && factsOf(message).userId === this.userId) this.#rooms.delete(room);
  }

  // --- send ---

  /**
   * Sends a message. `chat`, `notification`, `join`, `leave` and whatever has a callback are sent until they are answered;
   * others once. What is emitted without a connection waits for one.
   *
   * @param callback called once, with the server's answer or with why there will be none
   */
  emit(type: string, payload?: Payload, callback?: Callback): this;
  emit(type: string, callback: Callback): this;
  emit(type: string, payload?: Payload | Callback, callback?: Callback): this {
    this.#post(type, payload, callback);
    return this;
  }

  /** Resolves with the answer, be it a refusal. */
  emitWithAck(type: string, payload?: Payload): Promise<Answer> {
    return new Promise((resolve) => void this.#post(type, payload, resolve));
  }

  /** Sends a text as a `chat`, or an object as the type that it names. */
  send(message: string | (Outgoing & { type: string }), callback?: Callback): this {
    return this.emit(typeof message === 'string' ? 'chat' : message.type, message, callback);
  }

  /** `timeout(5000).emit…`: waits so long for the answer, then the message is not sent again. */
  timeout(ms: number): Timed {
    const emitWithAck = (type: string, payload?: Payload) =>
      new Promise<Answer>((resolve, reject) => {
        let stop = () => {};
        const letter = this.#post(type, payload, (answer) => {
          stop();
          resolve(answer);
        });
        stop = this.#settings.after(ms, () => {
          this.#outbox.drop(letter);
          reject(new Error('operation has timed out'));
        });
      });
    const emit: Timed['emit'] = (type, payload, callback) => {
      emitWithAck(type, payload).then((answer) => callback(null, answer), callback);
    };
    return { emit, emitWithAck };
  }

  /** `volatile.emit(…)`: sends at once or not at all. */
  get volatile(): { emit(type: string, payload?: Payload): void } {
    return {
      emit: (type, payload) => this.#connection?.send(textOf(type, payload)),
    };
  }

  /** Joins a room, and again with each connection that comes. */
  join(room: string): Promise<Answer> {
    return this.emitWithAck('join', { room });
  }

  leave(room: string): Promise<Answer> {
    return this.emitWithAck('leave', { room });
  }

  #post(type: string, payload: Payload | Callback = {}, callback?: Callback): Letter {
    if (typeof payload === 'function') return this.#post(type, {}, payload);
    const given = (payload as Outgoing).clientMsgId;
    const id = given ?? this.#outbox.newId();
    if (!CLIENT_MSG_ID.test(id)) throw new TypeError(`Invalid clientMsgId: ${id}`);
    const answered = KEPT.test(type) || !!callback || !!given;
    const text = textOf(type, payload, answered ? id : undefined);
    const letter: Letter = { id, text, answered, callbacks: callback ? [callback] : [] };
    this.#outbox.post(letter);
    return letter;
  }

  // --- the page ---

  #hearSignals(method: 'addEventListener' | 'removeEventListener'): void {
    for (const signal of SIGNALS) this.#settings.page[method]?.(signal, this.#onSignal);
  }

  readonly #onSignal = ({ type }: { type: string }): void => {
    if (type === 'pagehide') return this.#memory.save();
    // A page that was only set aside goes on by itself.
    if (type === 'pageshow') this.#memory.clear();
    // The network may be another one now: what lives has to prove it, what waits need not.
    this.#connection?.check();
    if (!this.#connection && !this.#next && !this.#told) this.#open();
  };

  // --- disconnect ---

  /** Leaves, and does not come back by itself. What is not answered yet is answered with `disconnected`. */
  disconnect(): this {
    const up = this.#connection ?? this.#held;
    this.#stop();
    if (up) this.tell('disconnect', 'io client disconnect', { code: 1000, reason: '' });
    return this;
  }

  close(): this {
    return this.disconnect();
  }

  #ended(failure: Failure, details?: CloseDetails): void {
    const held = this.#held;
    this.#stopTimer();
    if (details) {
      this.#connection = undefined;
      if (details.code === TOO_BIG) this.#outbox.take(localError(TOO_LARGE, false));
      this.#outbox.close();
      // The next one decides what becomes of the client. It may be what this one was replaced by.
      if (this.#next && (failure.retryable || details.code === REPLACED)) return;
    } else this.#next = undefined;
    // Else all is as before, for as long as the server stays.
    const over = !this.#connection;
    this.#held = undefined;
    const again = this.#active && failure.retryable && this.#settings.reconnection;
    if (again) this.#wait(failure.retryAfter);
    for (const message of held ?? []) if (this.#active) this.#received(message);
    if (!over) return;
    if (!again) this.#stop();
    const end = details ?? (held && { code: 1001, reason: '' });
    if (end) this.tell('disconnect', reasonOf(end), end);
    else this.tell('connect_error', Object.assign(new Error(failure.message), failure, { data: failure }));
  }

  #wait(retryAfter: number | undefined): void {
    this.#told = !!retryAfter;
    const pause = pauseAfter(this.#failures++, this.#settings, retryAfter);
    this.#stopTimer = this.#settings.after(pause, () => this.#open());
  }

  #stop(): void {
    this.#active = false;
    this.#hearSignals('removeEventListener');
    this.#stopTimer();
    this.#connection?.close(1000);
    this.#next?.close(1000);
    this.#connection = this.#next = this.#held = undefined;
    this.#outbox.close();
    this.#outbox.abandon();
  }
}

function textOf(type: string, payload: Payload = {}, clientMsgId?: string): string {
  const fields = typeof payload === 'string' ? { content: payload } : payload;
  return JSON.stringify({ ...fields, type, clientMsgId });
}

function reasonOf({ code }: CloseDetails): DisconnectReason {
  if (code >= FIRST_FINAL) return 'io server disconnect';
  return code === NO_HEARTBEAT ? 'ping timeout' : 'transport close';
}
