import { Redis } from 'ioredis';
import { shownAddress } from './address.ts';

export interface ConnectionOptions {
  url: string;
  /** How Redis calls it, in its list of clients. */
  name: string;
  /** It is there again, after it was lost. */
  back(): void;
  /** It has ended; it is tried again until it works. */
  lost(why: string): void;
}

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 500;
const CONNECT_TIMEOUT = 2000;
const DISCONNECT_TIMEOUT = 200;
/** Seconds. */
const LONGEST_ATTEMPT = 5;

/** A connection to Redis that comes back by itself. Nothing is sent twice, and nothing waits for a connection. */
export class Connection {
  readonly redis: Redis;
  readonly #url: string;
  #open = false;
  /** Seconds that it has not been there. */
  #waits = 0;
  #fault: Error | undefined;

  constructor({ url, name, back, lost }: ConnectionOptions) {
    this.#url = url;
    this.redis = new Redis(url, {
      lazyConnect: true,
      connectionName: name,
      protocol: 2,
      disableClientInfo: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      // What was under way when it ended is told so.
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_TIMEOUT,
      // One that does not answer does not say goodbye either.
      disconnectTimeout: DISCONNECT_TIMEOUT,
      retryStrategy: (times) => (this.#open ? Math.min(FIRST_PAUSE * 2 ** (times - 1), LONGEST_PAUSE) : null),
    });
    this.redis.on('error', (error: Error) => {
      this.#fault = error;
    });
    this.redis.on('ready', () => {
      if (this.#open) back();
    });
    this.redis.on('close', () => {
      if (this.#open) lost(this.#why());
    });
  }

  /** @throws Error in words for the operator */
  async open(): Promise<void> {
    try {
      await this.redis.connect();
      this.#open = true;
    } catch {
      throw new Error(`${this.#complaint()}: ${ADVICE[this.#refused ? 'refused' : 'unreachable']}`);
    }
  }

  get ready(): boolean {
    return this.redis.status === 'ready';
  }

  /** What is sent in this turn goes out together. */
  gather(): void {
    const { stream } = this.redis;
    if (!stream || stream.writableCorked > 0) return;
    stream.cork();
    queueMicrotask(() => stream.uncork());
  }

  /** It does not answer: begins anew. */
  renew(): void {
    this.#waits = 0;
    this.redis.disconnect(true);
  }

  /** To be called every second: an attempt that nobody answers is not waited for. */
  watch(): void {
    this.#waits = this.ready ? 0 : this.#waits + 1;
    if (this.#waits > LONGEST_ATTEMPT) this.renew();
  }

  close(): void {
    this.#open = false;
    this.redis.disconnect();
  }

  /** It was reached, and let nobody in. */
  get #refused(): boolean {
    return /NOAUTH|WRONGPASS|NOPERM|invalid password|AUTH/.test(this.#fault?.message ?? '');
  }

  #complaint(): string {
    const verb = this.#refused ? 'refuses the connection' : 'can’t be reached';
    return `Redis at ${shownAddress(this.#url)} ${verb} (${this.#why()})`;
  }

  #why(): string {
    const { message, code } = (this.#fault ?? {}) as NodeJS.ErrnoException;
    return message || code || 'the connection was closed';
  }
}

const ADVICE = {
  refused: 'check user and password in REDIS_URL',
  unreachable: 'start it, or set REDIS_URL to where it is',
};
