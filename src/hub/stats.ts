import type { CloseName, ErrorCode } from '../protocol/errors.ts';

interface Connections {
  current_connections: number;
  total_connections: number;
}

/** The one picture of what the server does, read by `/ws/stats` and whatever else shows figures. Numbers only. */
export interface Snapshot extends Connections {
  messages_sent: number;
  messages_received: number;
  active_users: number;
  rooms: number;
  uptime_seconds: number;
  transports: Record<string, Connections>;
  errors: Partial<Record<ErrorCode, number>>;
  closes: Partial<Record<CloseName, number>>;
}

/** What only the hub can tell. */
export interface Gauges {
  activeUsers: number;
  rooms: number;
}

/** Counters with verbs, called by the hub alone. */
export class Stats {
  readonly #startedAt: number;
  readonly #now: () => number;
  readonly #transports = new Map<string, Connections>();
  readonly #errors: Partial<Record<ErrorCode, number>> = {};
  readonly #closes: Partial<Record<CloseName, number>> = {};
  #sent = 0;
  #received = 0;
  #current = 0;
  #total = 0;

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
  received(): void {
    this.#received += 1;
  }

  /** A message was handed to this many connections. */
  sent(receivers: number): void {
    this.#sent += receivers;
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
      messages_sent: this.#sent,
      messages_received: this.#received,
      active_users: gauges.activeUsers,
      rooms: gauges.rooms,
      uptime_seconds: Math.floor((this.#now() - this.#startedAt) / 1000),
      transports: Object.fromEntries([...this.#transports].map(([name, counts]) => [name, { ...counts }])),
      errors: { ...this.#errors },
      closes: { ...this.#closes },
    };
  }
}
