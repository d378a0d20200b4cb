import type { CloseName, ErrorCode } from '../protocol/errors.ts';
import type { Lag } from './lag.ts';

interface Connections {
  current_connections: number;
  total_connections: number;
}

/** Counts by transport and type of message. */
type ByType = Record<string, Record<string, number>>;

/** The one picture of what the server does, read by `/ws/stats` and whatever else shows figures. Numbers only. */
export interface Snapshot extends Connections {
  messages_sent: number;
  messages_received: number;
  active_users: number;
  rooms: number;
  uptime_seconds: number;
  /** Memberships begun: each connection's joining of the default room and of every other one. */
  joins: number;
  transports: Record<string, Connections>;
  /** Requests that could be read, by transport and type. */
  received: ByType;
  /** Messages handed to connections, by transport and type. */
  sent: ByType;
  /** What the transports wrote together: how often, and how many messages. */
  batches: { count: number; messages: number; largest: number };
  /** How far clients have received. */
  lag: Lag;
  errors: Partial<Record<ErrorCode, number>>;
  closes: Partial<Record<CloseName, number>>;
}

/** What only the hub can tell. */
export interface Gauges {
  activeUsers: number;
  rooms: number;
  lag: Lag;
}

/** Counters with verbs, called by the hub alone. */
export class Stats {
  readonly #startedAt: number;
  readonly #now: () => number;
  readonly #transports = new Map<string, Connections>();
  readonly #received: ByType = {};
  readonly #sent: ByType = {};
  readonly #errors: Partial<Record<ErrorCode, number>> = {};
  readonly #closes: Partial<Record<CloseName, number>> = {};
  readonly #batches = { count: 0, messages: 0, largest: 0 };
  #arrived = 0;
  #handedOver = 0;
  #current = 0;
  #total = 0;
  #joins = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.#startedAt = now();
  }

  get current(): number {
    return this.#current;
  }

  /** Shows a transport in the snapshot from the start, not from its first client. */
  add(transport: string): void {
    this.#transports.set(transport, { current_connections: 0, total_connections: 0 });
    this.#received[transport] = {};
    this.#sent[transport] = {};
  }

  connected(transport: string): void {
    this.#current += 1;
    this.#total += 1;
    const counts = this.#transports.get(transport);
    if (!counts) return;
    counts.current_connections += 1;
    counts.total_connections += 1;
  }

  disconnected(transport: string): void {
    this.#current -= 1;
    const counts = this.#transports.get(transport);
    if (counts) counts.current_connections -= 1;
  }

  /** A request arrived, whatever becomes of it. */
  arrived(): void {
    this.#arrived += 1;
  }

  /** It could be read: it is of a type that is defined, so there are only so many. */
  received(transport: string, type: string): void {
    count(this.#received, transport, type, 1);
  }

  /** A message was handed to this many connections. */
  sent(transport: string, type: string, receivers: number): void {
    this.#handedOver += receivers;
    count(this.#sent, transport, type, receivers);
  }

  /** Messages were written together. */
  flushed(messages: number): void {
    this.#batches.count += 1;
    this.#batches.messages += messages;
    this.#batches.largest = Math.max(this.#batches.largest, messages);
  }

  joined(): void {
    this.#joins += 1;
  }

  refused(code: ErrorCode): void {
    this.#errors[code] = (this.#errors[code] ?? 0) + 1;
  }

  closed(why: CloseName): void {
    this.#closes[why] = (this.#closes[why] ?? 0) + 1;
  }

  snapshot(gauges: Gauges): Snapshot {
    return {
      total_connections: this.#total,
      current_connections: this.#current,
      messages_sent: this.#handedOver,
      messages_received: this.#arrived,
      active_users: gauges.activeUsers,
      rooms: gauges.rooms,
      uptime_seconds: Math.floor((this.#now() - this.#startedAt) / 1000),
      joins: this.#joins,
      transports: Object.fromEntries([...this.#transports].map(([name, counts]) => [name, { ...counts }])),
      received: structuredClone(this.#received),
      sent: structuredClone(this.#sent),
      batches: { ...this.#batches },
      lag: gauges.lag,
      errors: { ...this.#errors },
      closes: { ...this.#closes },
    };
  }
}

function count(table: ByType, transport: string, type: string, by: number): void {
  const row = table[transport];
  if (row) row[type] = (row[type] ?? 0) + by;
}
