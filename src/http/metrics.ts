import { Counter, Gauge, Registry } from 'prom-client';
import type { Snapshot } from '../hub/stats.ts';
import type { Calls } from './calls.ts';
import type { RuntimeFigures } from './runtime.ts';

export type Figures = Snapshot & RuntimeFigures;

/** What is shown here alone. */
export interface Extras {
  /** Seconds until the certificate expires; absent where there is none of ours. */
  certificate?: (() => number) | undefined;
  /** What backends have asked for; absent where none may. */
  calls?: Calls | undefined;
}

type Sample = readonly [labels: Record<string, string>, value: number];

/** `/metrics` for Prometheus, made of the same figures as `/ws/stats`. Labels are of bounded sets: never names. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #figures: () => Figures;
  readonly #rows: readonly Row[];

  constructor(figures: () => Figures, { certificate, calls }: Extras = {}) {
    const gauges = [...GAUGES, ...(certificate ? [certificateRow(certificate)] : [])];
    const counters = [...COUNTERS, ...(calls ? [callsRow(calls)] : [])];
    this.#figures = figures;
    this.#rows = [...gauges, ...counters];
    for (const [name, help] of gauges) this.#add(Gauge, name, help);
    for (const [name, help] of counters) this.#add(Counter, name, help);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The figures of this moment in the text format of Prometheus. */
  text(): Promise<string> {
    this.#registry.resetMetrics();
    const figures = this.#figures();
    for (const [name, , read] of this.#rows) {
      const metric = this.#registry.getSingleMetric(PREFIX + name) as Gauge | Counter;
      for (const [labels, value] of read(figures)) metric.inc(labels, value);
    }
    return this.#registry.metrics();
  }

  #add(Kind: typeof Gauge | typeof Counter, name: string, help: string): void {
    new Kind({ name: PREFIX + name, help, labelNames: LABELS[name] ?? [], registers: [this.#registry] });
  }
}

const PREFIX = 'ambos_';

const LABELS: Record<string, string[]> = {
  connections: ['transport'],
  connections_total: ['transport'],
  messages_received_total: ['transport', 'type'],
  deliveries_total: ['transport', 'type'],
  errors_total: ['code'],
  closes_total: ['close'],
  event_loop_delay_seconds: ['quantile'],
  api_calls_total: ['route', 'status'],
};

type Row = readonly [name: string, help: string, read: (figures: Figures) => Sample[]];

const one = (value: number): Sample[] => [[{}, value]];

const GAUGES: readonly Row[] = [
  ['connections', 'Connections open now', (f) => perTransport(f, 'current_connections')],
  ['users', 'Distinct users connected now', (f) => one(f.active_users)],
  ['rooms', 'Rooms where somebody is present', (f) => one(f.rooms)],
  ['batch_messages_largest', 'Most messages that were written together', (f) => one(f.batches.largest)],
  ['lag_measured_connections', 'Connections that have confirmed something', (f) => one(f.lag.measured)],
  ['lag_level_connections', 'Of these, the ones that have confirmed all', (f) => one(f.lag.level)],
  ['lag_places_largest', 'Places in the order that the slowest is behind', (f) => one(f.lag.largest)],
  ['lag_reading_connections', 'Connections that read on from the log', (f) => one(f.lag.reading)],
  ['uptime_seconds', 'Seconds since the start', (f) => one(f.uptime_seconds)],
  ['memory_rss_bytes', 'Resident memory', (f) => one(f.memory.rss_bytes)],
  ['memory_heap_used_bytes', 'Used JavaScript heap', (f) => one(f.memory.heap_used_bytes)],
  ['event_loop_delay_seconds', 'How late timers are', loopDelay],
];

const COUNTERS: readonly Row[] = [
  ['connections_total', 'Connections since the start', (f) => perTransport(f, 'total_connections')],
  ['joins_total', 'Memberships of rooms begun', (f) => one(f.joins)],
  ['requests_total', 'Requests that arrived, refused ones too', (f) => one(f.messages_received)],
  ['messages_received_total', 'Requests that could be read', (f) => perType(f.received)],
  ['deliveries_total', 'Messages handed to connections', (f) => perType(f.sent)],
  ['batches_total', 'Times that a transport wrote what had gathered', (f) => one(f.batches.count)],
  ['batch_messages_total', 'Messages in them', (f) => one(f.batches.messages)],
  ['errors_total', 'Refusals by code', (f) => perName(f.errors, 'code')],
  ['closes_total', 'Connections ended by the server, by reason', (f) => perName(f.closes, 'close')],
];

/** A gauge that has nothing to show would show 0: it must not be there at all. */
function certificateRow(seconds: () => number): Row {
  return [
    'certificate_seconds_left',
    'Seconds until the TLS certificate expires; negative once it has',
    () => one(Math.floor(seconds())),
  ];
}

function callsRow(calls: Calls): Row {
  const samples = () =>
    [...calls.counts()].map(({ route, status, calls }): Sample => [{ route, status: String(status) }, calls]);
  return ['api_calls_total', 'Calls of /api, by route and status', samples];
}

function perTransport(figures: Figures, key: 'current_connections' | 'total_connections'): Sample[] {
  return Object.entries(figures.transports).map(([transport, counts]) => [{ transport }, counts[key]]);
}

function perType(table: Snapshot['sent']): Sample[] {
  return Object.entries(table).flatMap(([transport, row]) =>
    Object.entries(row).map(([type, value]): Sample => [{ transport, type }, value]),
  );
}

function perName(table: Partial<Record<string, number>>, label: string): Sample[] {
  return Object.entries(table).map(([name, value]) => [{ [label]: name }, value ?? 0]);
}

function loopDelay({ event_loop_delay_ms: { p50, p99, max } }: Figures): Sample[] {
  return [
    [{ quantile: '0.5' }, p50 / 1000],
    [{ quantile: '0.99' }, p99 / 1000],
    [{ quantile: '1' }, max / 1000],
  ];
}
