import { authorize } from '../../src/auth/authorize.ts';
import { Alone } from '../../src/cluster/alone.ts';
import { Hub } from '../../src/hub/hub.ts';
import type { HubOptions } from '../../src/hub/options.ts';
import type { Answer } from '../../src/hub/ports.ts';
import type { Session } from '../../src/hub/session.ts';
import { Budgets } from '../../src/limits/budgets.ts';
import { MemoryLog, type MemoryLogOptions } from '../../src/log/memory.ts';
import { type CodecLimits, decode } from '../../src/protocol/codec.ts';
import type { Message } from '../../src/protocol/message.ts';
import type { OwnType } from '../../src/protocol/own-type.ts';
import { HandClock } from './hand-clock.ts';
import { RecordingTransport } from './recording-transport.ts';

export const silent = { info() {}, warn() {}, error() {} };

const LIMITS = {
  maxMessageBytes: 65_536,
  maxRooms: 3,
  maxConnectionsPerUser: 0,
  inboxSize: 4,
  inboxBytes: 1_048_576,
  announceLimit: 5,
  userListLimit: 4,
  presenceWindow: 0,
  presenceGrace: 10_000,
  replayLimit: 100,
  legacyRecovery: false,
  tokenWarning: 60_000,
};

const RATES = { rateLimit: 100, rateBurst: 500, userRateLimit: 500, userRateBurst: 2500 };

export type Overrides = Partial<Omit<HubOptions, 'limits' | 'ownTypes' | 'clock'>> & {
  clock?: HandClock;
  types?: OwnType[];
  limits?: Partial<HubOptions['limits']>;
  memory?: Partial<MemoryLogOptions>;
};

/** A hub on a memory log, two recording transports and a clock moved by hand. */
export class HubBench {
  readonly clock: HandClock;
  readonly log: MemoryLog;
  readonly hub: Hub;
  readonly a = new RecordingTransport('a', () => this.hub);
  readonly b = new RecordingTransport('b', () => this.hub);

  readonly #codec: CodecLimits;

  constructor({ limits, memory, types = [], clock = new HandClock(), ...overrides }: Overrides = {}) {
    this.clock = clock;
    const ownTypes = new Map(types.map((type) => [type.name, type]));
    this.#codec = { maxJsonDepth: 16, ownTypes };
    const budgets = new Budgets({ ...RATES, clock });
    this.log = new MemoryLog({ clock, messages: 1000, age: 3_600_000, bytes: 1_000_000, ...memory });
    this.hub = new Hub({
      nodes: new Alone(),
      log: this.log,
      movable: false,
      clock,
      logger: silent,
      locale: 'es',
      ownTypes,
      newBudget: (user) => budgets.open(user),
      authorize,
      renew: async (user) => user,
      limits: { ...LIMITS, ...limits },
      ...overrides,
    });
  }

  static async start(overrides?: Overrides): Promise<HubBench> {
    const bench = new HubBench(overrides);
    await bench.hub.start(bench.a, bench.b);
    return bench;
  }

  /** Connects a user and waits for its lists. */
  async join(id: string, { transport = this.a, rooms = [] as string[], name = id } = {}): Promise<Session> {
    const session = this.hub.connect(transport, { user: { id, name }, address: '127.0.0.1', rooms });
    await settled();
    return session;
  }

  /** Sends a request as a client would and waits for all that follows at once. */
  async send(session: Session, request: Record<string, unknown>): Promise<void> {
    this.push(session, request);
    await settled();
  }

  /** Sends a request without waiting. */
  push(session: Session, request: Record<string, unknown>): void {
    const bytes = JSON.stringify(request).length;
    this.hub.receive(session, { bytes, decode: () => decode(request, this.#codec) });
  }

  /** Asks with a callback of its own. */
  ask(session: Session, request: Record<string, unknown>): Promise<Answer> {
    return new Promise((answer) => {
      const bytes = JSON.stringify(request).length;
      this.hub.receive(session, { bytes, decode: () => decode(request, this.#codec), answer });
    });
  }

  received(session: Session): Message[] {
    return (session.transport as RecordingTransport).received(session);
  }

  /** What a session got since, as short words: `chat:hola`, `user_list@room`. */
  heard(session: Session): string[] {
    return this.received(session).map(inShort);
  }
}

export function inShort({ type, content, room, data }: Message): string {
  const about = type === 'user_list' || type === 'ack' ? '' : `:${type === 'error' ? codeOf(data) : content}`;
  return `${type}${about}${room === undefined ? '' : `@${room}`}`;
}

function codeOf(data: unknown): string {
  return (data as { code: string }).code;
}

/** Waits until every promise that can go on has gone on: the memory log commits in a microtask. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
