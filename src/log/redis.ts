import { randomBytes } from 'node:crypto';
import type {
  ClientMsgId,
  Clock,
  Deliver,
  Draft,
  Entry,
  History,
  HistoryRequest,
  Log,
  Logger,
  Page,
  PresenceChange,
  ReadRequest,
  Receipt,
  Restart,
  SessionRecord,
  Verdict,
} from '../hub/ports.ts';
import { Refusal } from '../protocol/errors.ts';
import type { MessageId } from '../protocol/id.ts';
import { toEntry } from './entry.ts';
import { newBase } from './life.ts';
import { databaseOf, shownAddress } from './redis/address.ts';
import { Connection } from './redis/connection.ts';
import {
  type Echo,
  entryOf,
  readEcho,
  readMembers,
  readPlace,
  readRow,
  toMember,
  toPayload,
  toReceipt,
} from './redis/echo.ts';
import { checkServer, warningsOf } from './redis/inspection.ts';
import { Keys } from './redis/keys.ts';
import { Looks } from './redis/looks.ts';
import { OwnSessions } from './redis/own-sessions.ts';
import { PATIENCE, type Publishing, Publishings } from './redis/publishings.ts';
import { type ScriptName, Scripts } from './redis/scripts.ts';
import { Sequence } from './redis/sequence.ts';
import { verdictOn } from './verdict.ts';

export interface RedisLogOptions {
  /** `redis:` or `rediss:`, with user, password and database where needed. */
  url: string;
  /** What its keys begin with: one for each deployment that shares a Redis. */
  prefix: string;
  /** Messages kept per room. */
  messages: number;
  /** Milliseconds that a message is kept, and a session that was closed. */
  age: number;
  clock: Clock;
  logger: Logger;
  /** The time of messages, in milliseconds, for specs; that of Redis, where all nodes agree on it, if not given. */
  now?: () => number;
}

/** Someone who waits until a place has been handed out. */
interface Waiter {
  n: number;
  resolve(): void;
}

/** Where the order stands. */
interface Standing {
  /** The last place. */
  n: number;
  /** The place behind which this Redis has begun to give them. */
  base: number;
  /** At the last place. */
  present: PresenceChange[];
}

const TICK = 250;
const BEAT = 1000;
const START_PATIENCE = 10_000;
/** What a node reads at once to fill a hole. */
const HOLE_ENTRIES = 500;
const HOLE_BYTES = 4 * 1024 ** 2;
/** Open sessions that are told to Redis again at once. */
const SLICE = 500;

/**
 * A log that several nodes share. Redis gives each draft its place, keeps it and tells all nodes, in one step; every node
 * hands out what it is told in the order of the places, its own as well.
 */
export class RedisLog implements Log {
  readonly #options: RedisLogOptions;
  readonly #node = randomBytes(6).toString('base64url');
  readonly #keys: Keys;
  readonly #calls: Connection;
  /** Hears what is published, on a connection of its own. */
  readonly #ears: Connection;
  readonly #scripts: Scripts;
  readonly #publishings = new Publishings(this.#node);
  readonly #own = new OwnSessions();
  readonly #sequence: Sequence;
  readonly #looks: Looks;
  #deliver: Deliver = () => {};
  #restart: Restart = () => [];
  #present: readonly PresenceChange[] = [];
  #isOpen = false;
  /** Redis has the scripts. */
  #up = false;
  /** Why nothing can be published. */
  #trouble: string | undefined;
  /** The latest date that was handed out. */
  #date = 0;
  /** Milliseconds that this log has been open: no setting of the clock makes anybody wait. */
  #time = 0;
  /** When Redis was heard of last. */
  #heardAt = 0;
  #beating = false;
  #fresh: Entry[] = [];
  #settled: [Publishing, Receipt][] = [];
  #waiters: Waiter[] = [];
  #syncing: Promise<number> | undefined;
  #saving: Promise<unknown> = Promise.resolve();
  #timers: (() => void)[] = [];
  #closed: Promise<void> | undefined;

  constructor(options: RedisLogOptions) {
    const { url, prefix, messages, age } = options;
    this.#options = options;
    this.#keys = new Keys(prefix, databaseOf(url));
    const name = `${prefix}-${this.#node}`;
    const lost = (why: string) => this.#lose(why);
    this.#calls = new Connection({ url, name, lost, back: () => void this.#callAgain() });
    this.#ears = new Connection({ url, name, lost: () => {}, back: () => void this.#listenAgain() });
    this.#scripts = new Scripts(this.#calls, { ...this.#keys, messages, age });
    this.#sequence = new Sequence({
      next: (echo) => this.#next(echo),
      missed: (after, upTo) => this.#missed(after, upTo),
      anew: (known) => this.#anew(known),
      mended: () => this.#flush(),
    });
    const channel = this.#keys.node(this.#node);
    this.#looks = new Looks((mark) => this.#call('look', this.#now(), this.#sequence.given, channel, mark));
    this.#ears.redis.on('message', (heard: string, message: string) => this.#hear(heard, message));
  }

  // --- start ---

  async start(deliver: Deliver, restart: Restart = () => []): Promise<number> {
    this.#deliver = deliver;
    this.#restart = restart;
    const { clock } = this.#options;
    let cancel = () => {};
    const late = new Promise<never>((_resolve, reject) => {
      const words = `Redis at ${this.#shown} does not answer: look after it, or set REDIS_URL to another one`;
      cancel = clock.after(START_PATIENCE, () => reject(new Error(words)));
    });
    try {
      return await Promise.race([this.#open(), late]);
    } catch (error) {
      this.#letGo();
      throw isAnswer(error as Error) ? this.#complaint(error as Error) : error;
    } finally {
      cancel();
    }
  }

  #complaint({ message }: Error): Error {
    return new Error(`Redis at ${this.#shown} refuses what a log needs: ${message}`);
  }

  async #open(): Promise<number> {
    await this.#calls.open();
    await checkServer(this.#calls.redis, this.#shown);
    await this.#scripts.load();
    await this.#ears.open();
    await this.#listen();
    const { n, present } = await this.#enter(0);
    for (const words of await warningsOf(this.#calls.redis)) this.#options.logger.warn({ redis: this.#shown }, words);
    this.#present = present;
    this.#up = true;
    this.#isOpen = this.#closed === undefined;
    const { clock, age } = this.#options;
    this.#timers = [
      clock.every(TICK, () => this.#tick()),
      clock.every(Math.min(Math.max(age / 4, BEAT), 3_600_000), () => void this.#refresh()),
    ];
    // What came meanwhile is handed out once the caller knows where the order stands.
    setImmediate(() => this.#sequence.start(n));
    return n;
  }

  present(): readonly PresenceChange[] {
    return this.#present;
  }

  async #listen(): Promise<void> {
    await this.#ears.redis.subscribe(this.#keys.bus, this.#keys.node(this.#node));
  }

  /** Where the order stands, not below a place that is known, and who is present there. */
  async #enter(known: number): Promise<Standing> {
    const reply = await this.#call('enter', this.#now(), known, newBase());
    const [n, base, members] = reply as [string, string, string[]];
    return { n: Number(n), base: Number(base), present: readMembers(members) };
  }

  // --- publish ---

  publish(draft: Draft): Promise<Receipt> {
    if (!this.#takes || (this.#publishings.full && draft.class !== 'presence')) return unavailable();
    return new Promise((resolve, reject) => {
      const payload = toPayload(draft);
      const tag = this.#publishings.add({ draft, bytes: payload.length, since: this.#time, resolve, reject });
      this.#call('publish', ...this.#argumentsOf(draft, tag, payload)).then(
        (reply) => this.#answered(tag, reply as string),
        (error: Error) => this.#failed(tag, error),
      );
    });
  }

  #argumentsOf(draft: Draft, tag: string, payload: string): (string | number)[] {
    const { class: kind, rooms, presence, clientMsgId, notBefore = 0 } = draft;
    const [seat, who] = presence ? toMember(presence) : [];
    const key = seat ?? draft.key ?? '';
    const member = who !== undefined && draft.body.type === 'user_joined' ? who : '';
    const id = clientMsgId ? nameOf(clientMsgId) : '';
    const date = Math.max(notBefore, this.#date);
    return [this.#now(), this.#sequence.given, kind, date, id, tag, payload, key, member, ...rooms];
  }

  #answered(tag: string, reply: string): void {
    const publishing = this.#publishings.get(tag);
    if (!publishing) return;
    publishing.place = readPlace(reply);
    publishing.fresh = true;
    const { n, k } = publishing.place;
    if (!reply.endsWith(' 1')) {
      // The order has gone on behind it meanwhile: it is not handed out here any more.
      if (k === 0 && n <= this.#sequence.head) this.#publishings.refuse(tag);
      return;
    }
    // The first one may still be on its way to this node.
    const receipt: Receipt = { ...toReceipt(publishing.place), duplicate: true };
    void this.#reached(n).then(() => this.#publishings.take(tag)?.resolve(receipt));
  }

  #failed(tag: string, error: Error): void {
    const publishing = this.#publishings.get(tag);
    if (isAnswer(error) || isUnsent(error)) this.#publishings.refuse(tag);
    else if (publishing) publishing.cut = true;
    if (isAnswer(error)) this.#suffer(error.message);
  }

  // --- hand out ---

  #hear(channel: string, message: string): void {
    this.#heardAt = this.#time;
    if (channel === this.#keys.bus) this.#sequence.take(readEcho(message));
    else this.#sequence.reach(this.#looks.marked(message));
  }

  /** What comes in together is handed out together. */
  #next(echo: Echo): void {
    const publishing = this.#publishings.take(echo.tag);
    if (this.#fresh.length === 0) queueMicrotask(() => this.#flush());
    this.#date = Math.max(this.#date, echo.t);
    if (!publishing) return void this.#fresh.push(entryOf(echo));
    const receipt = toReceipt(echo);
    this.#fresh.push(toEntry(publishing.draft, receipt));
    this.#settled.push([publishing, receipt]);
  }

  #flush(): void {
    const fresh = this.#fresh;
    const settled = this.#settled;
    this.#fresh = [];
    this.#settled = [];
    if (fresh.length > 0) this.#deliver(fresh);
    for (const [publishing, receipt] of settled) publishing.resolve(receipt);
    if (this.#waiters.length === 0) return;
    const { head } = this.#sequence;
    for (const { n, resolve } of this.#waiters) if (n <= head) resolve();
    this.#waiters = this.#waiters.filter(({ n }) => n > head);
  }

  async #missed(after: number, upTo: number): Promise<Echo[] | undefined> {
    const echoes = await this.#call('hole', after, upTo, HOLE_ENTRIES, HOLE_BYTES);
    return (echoes as string[] | null)?.map(readEcho);
  }

  /** Something can't be had any more. Where Redis has lost it, it goes on at the beginning of what Redis has. */
  async #anew(known: number): Promise<number> {
    const { n, base, present } = await this.#enter(known);
    this.#flush();
    const lost = base > this.#sequence.head;
    const head = lost ? base : n;
    this.#publishings.pass(head);
    this.#options.logger.warn({ from: this.#sequence.head, to: head, lost }, 'the log goes on behind a gap');
    const own = this.#tellRestart(head, lost ? undefined : present);
    if (lost) void this.#seat(own);
    void this.#refresh();
    return head;
  }

  #tellRestart(n: number, present: readonly PresenceChange[] | undefined): readonly PresenceChange[] {
    try {
      return this.#restart(n, present);
    } catch (error) {
      this.#options.logger.error({ err: error }, 'the order went on behind a gap, and that went wrong');
      return [];
    }
  }

  /** Redis does not know any more who is here. Nobody has to be told: only a node that starts asks for it. */
  async #seat(own: readonly PresenceChange[]): Promise<void> {
    const seats: Promise<unknown>[] = [];
    // All in one turn: what is said of them later comes behind it.
    for (let i = 0; i < own.length; i += SLICE) {
      seats.push(this.#call('seat', this.#sequence.given, ...own.slice(i, i + SLICE).flatMap(toMember)));
    }
    try {
      await Promise.all(seats);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'who is present could not be written down again');
    }
  }

  /** Resolves when a place has been handed out. */
  #reached(n: number): Promise<void> {
    if (n <= this.#sequence.head && this.#fresh.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ n, resolve }));
  }

  sync(): Promise<void> {
    if (!this.#isOpen || !this.#up) return unavailable();
    // One look for all who ask in one turn, behind what they have published.
    this.#syncing ??= Promise.resolve().then(() => {
      this.#syncing = undefined;
      return this.#looks.take();
    });
    const reached = this.#syncing.then((n) => this.#reached(n));
    return this.#within(reached).catch(unavailable);
  }

  // --- read ---

  async receipt(clientMsgId: ClientMsgId): Promise<Receipt | undefined> {
    const place = (await this.#ask('receipt', this.#now(), nameOf(clientMsgId))) as string;
    return place === '' ? undefined : toReceipt(readPlace(place));
  }

  async read({ rooms, after, upTo, limit }: ReadRequest): Promise<Page> {
    const starts = [...rooms].flatMap(([room, since]) => [room, Math.max(after, since)]);
    const rows = (await this.#ask('read', upTo, limit, ...starts)) as string[] | null;
    return { entries: rows?.map(readRow) ?? [], complete: rows !== null };
  }

  async history({ room, before, after, limit }: HistoryRequest): Promise<History> {
    const rows = (await this.#ask('history', room, before ?? '', after ?? '', limit + 1)) as string[];
    const entries = rows.slice(0, limit).map(readRow);
    return { entries: after === undefined ? entries.reverse() : entries, more: rows.length > limit };
  }

  async states(room: string): Promise<Entry[]> {
    const rows = (await this.#ask('states', room)) as (string | null)[];
    return rows.filter((row) => row !== null).map(readRow);
  }

  async check(id: MessageId): Promise<Verdict> {
    if (!Number.isSafeInteger(id.n)) return 'unknown';
    const [head, base, second] = (await this.#ask('check', id.n)) as [string, string, string];
    if (head === '') return 'unknown';
    const secondOf = () => (second === '' ? undefined : Number(second));
    return verdictOn(id, { base: Number(base), head: Number(head), secondOf });
  }

  async #ask(name: ScriptName, ...args: (string | number)[]): Promise<unknown> {
    if (!this.#isOpen || !this.#up) return unavailable();
    try {
      return await this.#within(this.#call(name, ...args));
    } catch (error) {
      this.#options.logger.warn({ err: error, script: name }, 'the log could not be asked');
      return unavailable();
    }
  }

  // --- sessions ---

  saveSession(session: SessionRecord): Promise<void> {
    if (!this.#isOpen) return unavailable();
    this.#own.saved(session);
    return this.#change(this.#save(session));
  }

  closeSession(id: string): Promise<void> {
    if (!this.#isOpen) return unavailable();
    return this.#change(this.#ask('closeSession', this.#now(), id, this.#own.closed(id)));
  }

  async session(id: string): Promise<SessionRecord | undefined> {
    const found = (await this.#ask('session', this.#now(), id)) as [string, string] | null;
    return found ? { ...(JSON.parse(found[0]) as SessionRecord), open: found[1] === '1' } : undefined;
  }

  /** None: who was present is known to all nodes, and one that has ended is missed by the others. */
  async openSessions(): Promise<SessionRecord[]> {
    return [];
  }

  async #change(change: Promise<unknown>): Promise<void> {
    this.#saving = change.catch(() => {});
    await change;
  }

  async #save(session: SessionRecord): Promise<void> {
    const { id, open, holder } = session;
    const args = [this.#now(), id, JSON.stringify(session), open ? '1' : '0', holder?.id ?? '', holder?.since ?? 0];
    if ((await this.#ask('saveSession', ...args)) === 0) this.#own.lost(session);
  }

  /** Open ones do not grow old, and a Redis that has lost them gets them again. */
  async #refresh(): Promise<void> {
    try {
      for (const slice of this.#own.slices(SLICE)) await Promise.all(slice.map((session) => this.#save(session)));
    } catch {
      // Redis is away: they are told again when it is back.
    }
  }

  // --- trouble ---

  ready(): string[] {
    if (!this.#isOpen) return [this.#closed ? 'log closed' : 'log not open'];
    return this.#trouble === undefined ? [] : [`log: ${this.#trouble}`];
  }

  get #takes(): boolean {
    return this.#isOpen && this.#up && this.#trouble === undefined;
  }

  #tick(): void {
    this.#time += TICK;
    this.#publishings.expire(this.#time, this.#time - this.#heardAt > BEAT);
    if (this.#time % BEAT === 0) void this.#beat();
  }

  /** Once a second: is Redis there, does it write, does what it says come in, and is nothing of it missing? */
  async #beat(): Promise<void> {
    this.#calls.watch();
    this.#ears.watch();
    if (this.#beating || !this.#up || !this.#ears.ready) return;
    this.#beating = true;
    this.#publishings.look();
    try {
      await this.#within(this.#looks.take());
      for (const [tag, { place }] of this.#publishings.lost()) this.#next({ ...place!, tag, payload: '' });
      this.#heal();
    } catch (error) {
      this.#miss(error as Error);
    } finally {
      this.#beating = false;
    }
  }

  /** A look was not answered, or what it says has not come in. */
  #miss(error: Error): void {
    if (!this.#isOpen) return;
    if (isAnswer(error)) return this.#suffer(error.message);
    if (!(error instanceof Refusal)) return;
    this.#suffer('Redis does not answer');
    this.#calls.renew();
    this.#ears.renew();
  }

  #lose(why: string): void {
    this.#up = false;
    this.#suffer(`Redis can’t be reached (${why})`);
  }

  async #callAgain(): Promise<void> {
    try {
      await this.#scripts.load();
      this.#up = true;
      await this.#beat();
      void this.#refresh();
    } catch (error) {
      this.#suffer((error as Error).message);
      this.#calls.renew();
    }
  }

  async #listenAgain(): Promise<void> {
    try {
      await this.#listen();
      this.#looks.again();
      await this.#beat();
    } catch {
      this.#ears.renew();
    }
  }

  #suffer(words: string): void {
    if (!this.#isOpen || this.#trouble === words) return;
    this.#trouble = words;
    this.#options.logger.error({ redis: this.#shown }, `the log takes nothing: ${words}`);
  }

  #heal(): void {
    if (this.#trouble === undefined || !this.#up) return;
    this.#trouble = undefined;
    this.#options.logger.info({ redis: this.#shown }, 'the log takes messages again');
  }

  /** Nobody waits for ever for one that does not answer. */
  #within<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#options.clock.after(PATIENCE, () => reject(new Refusal('unavailable')));
      promise.then(resolve, reject).finally(cancel);
    });
  }

  // --- close ---

  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  async #shutDown(): Promise<void> {
    this.#isOpen = false;
    await Promise.all([this.#publishings.empty(), this.#saving]);
    this.#letGo();
  }

  #letGo(): void {
    for (const cancel of this.#timers.splice(0)) cancel();
    this.#calls.close();
    this.#ears.close();
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }

  async #call(name: ScriptName, ...args: (string | number)[]): Promise<unknown> {
    const reply = await this.#scripts.call(name, ...args);
    this.#heardAt = this.#time;
    return reply;
  }

  /** Empty: Redis looks at its own clock. */
  #now(): number | string {
    return this.#options.now?.() ?? '';
  }

  get #shown(): string {
    return shownAddress(this.#options.url);
  }
}

function nameOf({ user, id }: ClientMsgId): string {
  return `${user}\n${id}`;
}

/** Redis has said no. */
function isAnswer(error: Error): boolean {
  return error.name === 'ReplyError';
}

/** It was never sent. */
function isUnsent(error: Error): boolean {
  return error.message.startsWith('Stream isn');
}

function unavailable(): Promise<never> {
  return Promise.reject(new Refusal('unavailable'));
}
