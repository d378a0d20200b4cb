import type {
  ClientMsgId,
  Deliver,
  Draft,
  Entry,
  HistoryRequest,
  Log,
  PresenceChange,
  ReadRequest,
  Receipt,
  Restart,
  SessionRecord,
} from '../../src/hub/ports.ts';
import { MemoryLog } from '../../src/log/memory.ts';
import { Refusal } from '../../src/protocol/errors.ts';
import type { MessageId } from '../../src/protocol/id.ts';
import type { HandClock } from './hand-clock.ts';

/** One log of several nodes, on a bare machine: a memory log with a face for each of them. */
export class SharedLog {
  readonly clock: HandClock;
  readonly memory: MemoryLog;
  readonly #faces = new Set<LogFace>();
  readonly #members = new Map<string, PresenceChange>();
  /** Id → its place among all that was handed out, also of what has none in the order. */
  readonly #places = new Map<string, number>();
  #count = 0;
  head = 0;

  private constructor(clock: HandClock) {
    this.clock = clock;
    this.memory = new MemoryLog({ clock, messages: 1000, age: 3_600_000, bytes: 1_000_000 });
  }

  static async start(clock: HandClock): Promise<SharedLog> {
    const log = new SharedLog(clock);
    log.head = await log.memory.start((entries) => log.#handOut(entries));
    return log;
  }

  /** How much was handed out. */
  get count(): number {
    return this.#count;
  }

  face(): LogFace {
    const face = new LogFace(this);
    this.#faces.add(face);
    return face;
  }

  present(): PresenceChange[] {
    return [...this.#members.values()];
  }

  placeOf(id: string): number {
    return this.#places.get(id) ?? 0;
  }

  #handOut(entries: readonly Entry[]): void {
    for (const entry of entries) this.#note(entry);
    for (const face of this.#faces) face.take(entries, this.#count);
  }

  #note({ n, message, presence }: Entry): void {
    this.head = n;
    this.#count += 1;
    this.#places.set(message.id, this.#count);
    if (!presence) return;
    const key = `${presence.room} ${presence.session}`;
    if (message.type === 'user_left') this.#members.delete(key);
    else this.#members.set(key, presence);
  }
}

/** How one node sees it: everything in the same order, at a time of its own. */
export class LogFace implements Log {
  /** Milliseconds by which it hears of things later. */
  delay = 0;
  /** What was published, also by others: class and type. */
  readonly published: string[] = [];
  readonly #shared: SharedLog;
  readonly #own = new Map<string, SessionRecord>();
  #queue: { entries: readonly Entry[]; upTo: number }[] = [];
  #waiting: { place: number; resolve(): void; reject(error: Error): void }[] = [];
  #deliver: Deliver | undefined;
  #restart: Restart = () => [];
  #present: readonly PresenceChange[] = [];
  #handedOut = 0;
  #state: 'open' | 'held' | 'cut' | 'dead' = 'open';

  constructor(shared: SharedLog) {
    this.#shared = shared;
  }

  async start(deliver: Deliver, restart: Restart = () => []): Promise<number> {
    this.#deliver = deliver;
    this.#restart = restart;
    this.#handedOut = this.#shared.count;
    this.#present = this.#shared.present();
    return this.#shared.head;
  }

  present(): readonly PresenceChange[] {
    return this.#present;
  }

  // --- what may go wrong ---

  /** It hears of nothing, as one that was stopped or whose bus has a hole: until `release` everything waits, in order. */
  hold(): void {
    this.#state = 'held';
  }

  release(): void {
    this.#state = 'open';
    for (const { entries, upTo } of this.#queue.splice(0)) this.#pass(entries, upTo);
  }

  /** It neither hears nor is heard of, and what it misses can't be had later. */
  cut(): void {
    this.#state = 'cut';
    for (const { reject } of this.#waiting.splice(0)) reject(new Refusal('unavailable'));
  }

  /** It is back: the order begins anew for it. */
  heal(): void {
    this.#state = 'open';
    this.#queue = [];
    this.#handedOut = this.#shared.count;
    this.#restart(this.#shared.head, this.#shared.present());
  }

  /** Everything was lost. @returns who is present here */
  lose(): readonly PresenceChange[] {
    return this.#restart(this.#shared.head);
  }

  /** Its node is no more. */
  kill(): void {
    this.#state = 'dead';
  }

  // --- what is published ---

  async publish(draft: Draft): Promise<Receipt> {
    if (this.#state === 'dead') return new Promise(() => {});
    if (this.#state === 'cut') throw new Refusal('unavailable');
    this.published.push(`${draft.class}:${draft.body.type}`);
    const receipt = await this.#shared.memory.publish(structuredClone(draft));
    await this.#reached(this.#shared.placeOf(receipt.id));
    return receipt;
  }

  async sync(): Promise<void> {
    if (this.#state === 'cut') throw new Refusal('unavailable');
    await this.#shared.memory.sync();
    await this.#reached(this.#shared.count);
  }

  #reached(place: number): Promise<void> {
    if (place <= this.#handedOut) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ place, resolve, reject }));
  }

  /** Something was published, by any node. */
  take(entries: readonly Entry[], upTo: number): void {
    if (!this.#deliver || this.#state === 'dead' || this.#state === 'cut') return;
    this.#queue.push({ entries: structuredClone(entries), upTo });
    if (this.delay > 0) this.#shared.clock.after(this.delay, () => this.#next());
    else queueMicrotask(() => this.#next());
  }

  #next(): void {
    if (this.#state !== 'open') return;
    const next = this.#queue.shift();
    if (next) this.#pass(next.entries, next.upTo);
  }

  #pass(entries: readonly Entry[], upTo: number): void {
    this.#deliver?.(entries);
    this.#handedOut = upTo;
    const reached = this.#waiting.filter(({ place }) => place <= upTo);
    this.#waiting = this.#waiting.filter(({ place }) => place > upTo);
    for (const { resolve } of reached) resolve();
  }

  // --- what is kept ---

  receipt(id: ClientMsgId) {
    return this.#shared.memory.receipt(id);
  }
  read(request: ReadRequest) {
    return this.#shared.memory.read(request);
  }
  history(request: HistoryRequest) {
    return this.#shared.memory.history(request);
  }
  states(room: string) {
    return this.#shared.memory.states(room);
  }
  check(id: MessageId) {
    return this.#shared.memory.check(id);
  }
  session(id: string) {
    return this.#shared.memory.session(id);
  }

  async saveSession(session: SessionRecord): Promise<void> {
    const known = await this.session(session.id);
    if ((known?.holder?.since ?? 0) > (session.holder?.since ?? 0)) return;
    this.#own.set(session.id, session);
    await this.#shared.memory.saveSession(session);
  }

  async closeSession(id: string): Promise<void> {
    const known = await this.session(id);
    if (known?.holder?.id === this.#own.get(id)?.holder?.id) await this.#shared.memory.closeSession(id);
  }

  async openSessions(): Promise<SessionRecord[]> {
    return [];
  }

  ready(): string[] {
    return [];
  }

  async close(): Promise<void> {
    this.#state = 'dead';
  }
}
