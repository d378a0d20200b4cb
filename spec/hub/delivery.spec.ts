import { expect } from 'chai';
import fc from 'fast-check';
import type { Audience, Entry, Transport } from '../../src/hub/ports.ts';
import { Session } from '../../src/hub/session.ts';
import { encode } from '../../src/protocol/codec.ts';
import { DEFAULT_ROOM, type Message } from '../../src/protocol/message.ts';
import { FanOut } from '../../src/transport/fanout.ts';
import { Frame } from '../../src/transport/frame.ts';
import { Pacer } from '../../src/transport/pacer.ts';
import type { Parcel } from '../../src/transport/parcel.ts';
import { textsOf } from '../support/frames.ts';
import { HandLoop } from '../support/hand-loop.ts';
import { HubBench, settled } from '../support/hub-bench.ts';
import { dataKey, idsOf, positionOf } from '../support/messages.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_231_107);
const WINDOW = 50;
const MANY = 1000;

/** A door without a network: messages wait for the end of a turn, and a socket is full when a spec says so. */
class TurnTransport implements Transport {
  readonly name: string;
  readonly #hub: () => HubBench['hub'];
  readonly #fanout: FanOut;
  readonly #received = new Map<Session, Message[]>();
  readonly #full = new Set<Session>();

  constructor(name: string, pacer: Pacer, hub: () => HubBench['hub']) {
    this.name = name;
    this.#hub = hub;
    this.#fanout = new FanOut({
      pacer,
      idle: () => true,
      write: (session, parcel) => this.#write(session, parcel),
      flushed: (messages) => hub().flushed(messages),
    });
  }

  send(message: Message, receivers: Audience | Session): void {
    const frame = new Frame(encode(message));
    if (receivers instanceof Session) this.#fanout.sendToOne(frame, receivers);
    else this.#fanout.sendToAll(frame, receivers);
  }

  replay(messages: readonly Message[], session: Session): void {
    for (const message of messages) this.send(message, session);
  }

  settle(session: Session): void {
    this.#fanout.settle(session);
  }

  pause(): boolean {
    return false;
  }

  resume(): void {}

  close(session: Session): void {
    this.#fanout.flushOne(session);
    this.#hub().disconnect(session, { goodbye: false });
  }

  received(session: Session): Message[] {
    return this.#received.get(session) ?? [];
  }

  /** The next write fills its socket. */
  fill(session: Session): void {
    this.#full.add(session);
  }

  drain(session: Session): void {
    this.#full.delete(session);
    if (session.blocked) this.#hub().drained(session);
  }

  #write(session: Session, { bytes }: Parcel): boolean {
    if (session.gone) return true;
    const messages = textsOf(bytes).map((text) => JSON.parse(text) as Message);
    this.#received.set(session, [...this.received(session), ...messages]);
    if (this.#full.has(session) && !session.blocked) this.#hub().blocked(session);
    return true;
  }
}

// --- what may happen ---

const USERS = ['ana', 'bo', 'cy', 'di', 'eva', 'flo'];
const ROOMS = ['a', 'b'];

type Step =
  | { do: 'connect'; user: string; rooms: string[]; door: number }
  | { do: 'disconnect' | 'expel' | 'fill' | 'drain'; who: number }
  | { do: 'join' | 'leave' | 'list'; who: number; room: string }
  | { do: 'chat'; who: number; room?: string; to?: string; size: number }
  | { do: 'heartbeat' | 'nonsense'; who: number }
  | { do: 'settle' | 'turn' | 'clock' };

const who = fc.nat(MANY);
const one = <const T extends string>(...names: T[]) => fc.constantFrom(...names);
const room = one(...ROOMS);
const size = fc.oneof(
  { weight: 12, arbitrary: fc.nat(100) },
  { weight: 1, arbitrary: one('20000', '60000').map(Number) },
);
const place = fc.oneof(fc.constant({}), fc.record({ room }), fc.record({ to: one(...USERS) }));
const chat = fc.tuple(place, who, size).map(([to, who, size]): Step => ({ do: 'chat', who, size, ...to }));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: one('connect'), user: one(...USERS), rooms: fc.subarray(ROOMS), door: fc.nat(1) }),
  },
  { weight: 24, arbitrary: chat },
  { weight: 8, arbitrary: fc.record({ do: one('join', 'leave', 'join', 'leave', 'list'), who, room }) },
  { weight: 8, arbitrary: fc.record({ do: one('fill', 'drain', 'drain'), who }) },
  { weight: 4, arbitrary: fc.record({ do: one('heartbeat', 'nonsense'), who }) },
  { weight: 3, arbitrary: fc.record({ do: one('disconnect', 'disconnect', 'expel'), who }) },
  { weight: 14, arbitrary: fc.record({ do: one('settle', 'settle', 'turn', 'turn', 'turn', 'clock') }) },
);

/** One life of a hub; what each session must have been sent is told by the order alone. */
class Life {
  readonly #loop = new HandLoop();
  readonly #bench: HubBench;
  readonly #doors: TurnTransport[];
  readonly #gathering: boolean;
  readonly #sessions: Session[] = [];
  /** Everything that was given a place. */
  readonly #order: Entry[] = [];
  /** How much of the order a session that was closed had been due. */
  readonly #ends = new Map<Session, number>();
  /** Sessions that joined while they were behind: they read what is said there before they are given the list. */
  readonly #excused = new Set<Session>();
  #spender!: Session;
  #count = 0;
  /** Sessions for which all rules were checked; times that several came together, and that one was behind. */
  checked = 0;
  together = 0;
  behind = 0;

  constructor(gathering: boolean) {
    this.#gathering = gathering;
    const limits = { presenceWindow: gathering ? WINDOW : 0, announceLimit: MANY, userListLimit: MANY };
    this.#bench = new HubBench({ limits: { ...limits, inboxSize: MANY } });
    const pacer = new Pacer(this.#loop);
    this.#doors = ['one', 'two'].map((name) => new TurnTransport(name, pacer, () => this.#bench.hub));
    const { log } = this.#bench;
    const start = log.start.bind(log);
    log.start = (deliver) =>
      start((entries) => {
        this.#order.push(...entries);
        const moving = entries.flatMap(
          ({ presence }) => this.#sessions.find(({ id }) => id === presence?.session) ?? [],
        );
        if (new Set(moving).size > 1) this.together += 1;
        this.#excuse(moving);
        deliver(entries);
        this.#excuse(moving);
      });
  }

  async start(crowd: number): Promise<void> {
    await this.#bench.hub.start(...this.#doors);
    for (let i = 0; i < crowd; i += 1) this.#connect(`crowd${i}`, ROOMS, i % 2);
    this.#spender = this.#connect('spender', ['spent'], 0);
    await this.#turn();
    await this.#spend();
  }

  async take(step: Step): Promise<void> {
    const { hub, clock } = this.#bench;
    const session = 'who' in step ? this.#pick(step.who) : this.#spender;
    const door = session.transport as TurnTransport;
    if (step.do === 'connect') this.#connect(step.user, step.rooms, step.door);
    if (step.do === 'chat') this.#chat(session, step);
    if (step.do === 'join' || step.do === 'leave') this.#bench.push(session, { type: step.do, room: step.room });
    if (step.do === 'list') this.#bench.push(session, { type: 'user_list', room: step.room });
    if (step.do === 'heartbeat') this.#bench.push(session, { type: 'heartbeat', clientMsgId: this.#word() });
    if (step.do === 'nonsense') this.#bench.push(session, { type: 'nonsense' });
    if (step.do === 'fill') door.fill(session);
    if (step.do === 'drain') this.#drain(step.who);
    if (step.do === 'disconnect') hub.disconnect(session, { goodbye: true });
    if (step.do === 'expel') this.#expel(session);
    if (step.do === 'settle') await settled();
    if (step.do === 'turn') await this.#turn();
    if (step.do === 'clock') {
      clock.advance(WINDOW);
      await this.#spend();
    }
  }

  /** Lets everything come to rest. */
  async end(): Promise<void> {
    for (let i = 0; i < 3; i += 1) {
      for (const session of this.#sessions) (session.transport as TurnTransport).drain(session);
      this.#bench.clock.advance(WINDOW);
      await this.#turn();
    }
  }

  async check(): Promise<void> {
    for (const session of this.#sessions) {
      const received = (session.transport as TurnTransport).received(session);
      const context = `${session.user.id} ${session.id}`;
      expectOrder(received, context);
      this.#checkPosts(session, received, context);
      if (received.length === 0 || this.#excused.has(session)) continue;
      this.checked += 1;
      await this.#checkPresence(session, received, context);
    }
  }

  #excuse(joining: Session[]): void {
    for (const session of joining) if (!session.live) this.#excused.add(session);
  }

  #connect(user: string, rooms: string[], door: number): Session {
    const transport = this.#doors[door]!;
    const session = this.#bench.hub.connect(transport, { user: { id: user, name: user }, address: '', rooms });
    this.#sessions.push(session);
    return session;
  }

  #pick(who: number): Session {
    const living = this.#sessions.filter((session) => !session.gone && session !== this.#spender);
    return living[who % living.length] ?? this.#spender;
  }

  #drain(who: number): void {
    const blocked = this.#sessions.filter((session) => session.blocked && !session.gone);
    const session = blocked[who % blocked.length];
    if (!session) return;
    this.behind += 1;
    (session.transport as TurnTransport).drain(session);
  }

  #chat(session: Session, { room, to, size }: { room?: string; to?: string; size: number }): void {
    const content = this.#word().padEnd(size, '.');
    const address = { ...(room !== undefined && { room }), ...(to !== undefined && { to }) };
    this.#bench.push(session, { type: 'chat', content, clientMsgId: this.#word(), ...address });
  }

  #expel(session: Session): void {
    if (session === this.#spender) return;
    if (session.live) this.#ends.set(session, this.#order.length);
    this.#bench.hub.expel(session, 'going_away');
  }

  async #turn(): Promise<void> {
    await settled();
    this.#loop.endTurn();
    await settled();
    this.#loop.endTurn();
  }

  /** Uses up what comes and goes at once: from here on passages wait for the window. */
  async #spend(): Promise<void> {
    if (!this.#gathering) return;
    for (let i = 0; i < 500; i += 1) void this.#bench.hub.join(this.#spender, 'spent');
    await this.#turn();
  }

  #word(): string {
    this.#count += 1;
    return `w${this.#count}`;
  }

  /** Every chat of its rooms and to its user, from its coming on, in order; up to its end where it has ended. */
  #checkPosts(session: Session, received: Message[], context: string): void {
    const due = this.#dueTo(session, this.#order);
    const got = received.filter(({ type }) => type === 'chat').map(({ id }) => id);
    expect(got, context).to.deep.equal(session.gone ? due.slice(0, got.length) : due);
    const atLeast = this.#dueTo(session, this.#order.slice(0, this.#ends.get(session) ?? 0));
    expect(got.length, `${context}, closed`).to.be.at.least(atLeast.length);
  }

  #dueTo(session: Session, order: readonly Entry[]): string[] {
    const hears = new Set<string>();
    const due: string[] = [];
    for (const { message, rooms, presence } of order) {
      if (!presence && rooms.some((name) => hears.has(name))) due.push(message.id);
      if (presence?.session !== session.id) continue;
      if (message.type === 'user_left') hears.delete(presence.room);
      else hears.add(presence.room);
      if (presence.room === DEFAULT_ROOM) hears.add(`~${session.user.id}`);
    }
    return due;
  }

  /** Lists and events fit together, and at the end they tell who is there. */
  async #checkPresence(session: Session, received: Message[], context: string): Promise<void> {
    const present = new Map<string, Set<string>>();
    expect(received[0], context).to.include({ type: 'user_list' }).and.not.have.property('room');
    for (const message of received) this.#follow(present, session, message, context);
    if (session.gone) return;
    for (const [name, users] of present) {
      const there = (await this.#bench.hub.users(name)).map(({ id }) => id);
      expect([...users].sort(), `${context} in ${name}`).to.deep.equal(there.sort());
    }
    expect([...present.keys()], context).to.have.members(this.#roomsOf(session));
  }

  /** Where it is, by the order. */
  #roomsOf(session: Session): string[] {
    const rooms = new Set<string>();
    for (const { message, presence } of this.#order) {
      if (presence?.session !== session.id) continue;
      if (message.type === 'user_left') rooms.delete(presence.room);
      else rooms.add(presence.room);
    }
    return [...rooms];
  }

  #follow(present: Map<string, Set<string>>, session: Session, message: Message, context: string): void {
    const { type, to, room = DEFAULT_ROOM } = message;
    const user = String(dataKey(message, 'userId'));
    const users = present.get(room);
    const what = `${context}: ${type} ${room} ${user}`;
    if (type === 'user_list') return void present.set(room, new Set(idsOf(message)));
    if (type === 'chat' && to === undefined) expect(users, `${what} before the list`).not.to.equal(undefined);
    if (type === 'user_joined') {
      expect(users?.has(user), `${what}, known`).to.equal(false);
      users?.add(user);
    }
    if (type !== 'user_left') return;
    expect(users?.has(user), `${what}, unknown`).to.equal(true);
    if (user === session.user.id) present.delete(room);
    else users?.delete(user);
  }
}

/** Ascending N, answers between them with the N that has been reached, and each receipt behind what it is for. */
function expectOrder(received: Message[], context: string): void {
  let last = 0n;
  for (const { id, type, data } of received) {
    const { n, k } = positionOf(id);
    if (k === undefined) expect(n > last, `${context}: ${type} ${id} after ${last}`).to.equal(true);
    else expect(n >= last, `${context}: ${type} ${id} after ${last}`).to.equal(true);
    last = n;
    if (type === 'ack') expect(positionOf((data as { id: string }).id).n <= n, `${context}: ${id}`).to.equal(true);
  }
}

describe('delivery by a hub and its doors', () => {
  for (const gathering of [false, true]) {
    const name = gathering ? 'with comings and goings gathered' : 'without a window';
    it(`gives every session what the order says, in any life, ${name}`, async () => {
      const met = { checked: 0, together: 0, behind: 0 };
      const steps = fc.array(step, { maxLength: 80, size: 'max' });
      const property = fc.asyncProperty(fc.constantFrom(0, 2, 8), steps, async (crowd, steps) => {
        const life = new Life(gathering);
        await life.start(crowd);
        for (const next of steps) await life.take(next);
        await life.end();
        await life.check();
        for (const what of ['checked', 'together', 'behind'] as const) met[what] += life[what];
      });
      await fc.assert(property, { seed: SEED, numRuns: 100 });
      for (const [what, times] of Object.entries(met)) expect(times, what).to.be.greaterThan(20);
    }).timeout(20_000);
  }
});
