import type { Budget, Clock, User } from '../hub/ports.ts';
import { TokenBucket } from './token-bucket.ts';

export interface BudgetsOptions {
  clock: Clock;
  /** Messages per second of a connection. */
  rateLimit: number;
  /** Messages that a connection may send at once. */
  rateBurst: number;
  /** The same of a user, over all its connections; 0: no limit. A user is never held to less than one connection. */
  userRateLimit: number;
  userRateBurst: number;
  /** How many connections a user has on other nodes: they have their part of what it may ask for. */
  elsewhere?: (userId: string) => number;
}

interface Rate {
  clock: Clock;
  rate: number;
  burst: number;
}

/** What a user's connections share: of what it may ask for, as much as there are of them here. */
class Share implements Rate {
  readonly bucket: TokenBucket;
  connections = 0;
  readonly #whole: Rate;
  readonly #elsewhere: () => number;
  #part = 1;
  #countedAt = Number.NEGATIVE_INFINITY;

  constructor(whole: Rate, elsewhere: () => number) {
    this.#whole = whole;
    this.#elsewhere = elsewhere;
    this.bucket = new TokenBucket(this);
  }

  get clock(): Clock {
    return this.#whole.clock;
  }

  get rate(): number {
    return this.#whole.rate * this.#partHere();
  }

  get burst(): number {
    return Math.max(1, this.#whole.burst * this.#partHere());
  }

  /** Counted from time to time: each request asks for it. */
  #partHere(): number {
    const now = this.#whole.clock.now();
    if (Math.abs(now - this.#countedAt) < COUNTED_FOR) return this.#part;
    const here = Math.max(1, this.connections);
    this.#countedAt = now;
    this.#part = here / (here + this.#elsewhere());
    return this.#part;
  }
}

/** Refusals that a connection may collect before it is one too many, in bursts. */
const PATIENCE = 4;
/** A user's bucket that is still filling is looked at again after so many milliseconds at the latest. */
const LONGEST = 60_000;
/** Milliseconds for which a user's connections are not counted again. */
const COUNTED_FOR = 1000;

/** How much connections, and users over all their connections of both protocols, may ask for. */
export class Budgets {
  readonly #clock: Clock;
  readonly #own: Rate;
  readonly #shared: Rate;
  readonly #elsewhere: (userId: string) => number;
  readonly #limited: boolean;
  /** User id → what its connections share, also after they have gone, until it is as good as new. */
  readonly #shares = new Map<string, Share>();

  constructor({ clock, rateLimit, rateBurst, userRateLimit, userRateBurst, elsewhere }: BudgetsOptions) {
    this.#clock = clock;
    this.#elsewhere = elsewhere ?? (() => 0);
    this.#own = { clock, rate: rateLimit, burst: rateBurst };
    const burst = Math.max(userRateBurst, rateBurst);
    this.#shared = { clock, rate: Math.max(userRateLimit, rateLimit), burst };
    this.#limited = userRateLimit > 0;
  }

  /** How many users have a share. */
  get size(): number {
    return this.#shares.size;
  }

  /** The budget of a new connection. A user whose id was made up for it has no other connection. */
  open({ id, guest }: User): Budget {
    const own = new TokenBucket(this.#own);
    if (guest || !this.#limited) return new ConnectionBudget(own, this.#own);
    const share = this.#shares.get(id) ?? new Share(this.#shared, () => this.#elsewhere(id));
    share.connections += 1;
    this.#shares.set(id, share);
    return new ConnectionBudget(own, this.#own, share, () => this.#leave(id, share));
  }

  #leave(id: string, share: Share): void {
    share.connections -= 1;
    this.#forget(id, share);
  }

  /** One that has gone must not find a full bucket when it is back at once. */
  #forget(id: string, share: Share): void {
    if (share.connections > 0 || this.#shares.get(id) !== share) return;
    const seconds = share.bucket.untilFull();
    if (seconds === 0) this.#shares.delete(id);
    else this.#clock.after(Math.min(LONGEST, Math.ceil(seconds * 1000)), () => this.#forget(id, share));
  }
}

class ConnectionBudget implements Budget {
  overdrawn = false;
  readonly #own: TokenBucket;
  readonly #options: Rate;
  readonly #share: Share | undefined;
  readonly #leave: (() => void) | undefined;
  /** Only those who are refused have one. */
  #patience: TokenBucket | undefined;

  constructor(own: TokenBucket, options: Rate, share?: Share, leave?: () => void) {
    this.#own = own;
    this.#options = options;
    this.#share = share;
    this.#leave = leave;
  }

  /** What a connection asks for beyond its own is not taken from its user: its other connections go on. */
  take(): number {
    const wait = this.#own.take() || (this.#share?.bucket.take() ?? 0);
    if (wait > 0) this.#refuse();
    return wait;
  }

  #refuse(): void {
    const { clock, rate, burst } = this.#options;
    this.#patience ??= new TokenBucket({ clock, rate, burst: PATIENCE * burst });
    if (this.#patience.take() > 0) this.overdrawn = true;
  }

  catchUp(): void {
    this.#own.catchUp();
  }

  close(): void {
    this.#leave?.();
  }
}
