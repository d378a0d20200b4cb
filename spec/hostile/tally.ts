import { Counts, row } from '../support/counts.ts';

/** Whom an input attacks, or how. */
export const FAMILIES = {
  frames: 'broken frames (RFC 6455)',
  json: 'JSON',
  types: 'types and forged senders',
  rooms: 'rooms and names',
  direct: 'direct messages',
  packets: 'packets of Socket.IO',
  polling: 'polling',
  tokens: 'forged tokens',
  headers: 'headers and targets',
  origins: 'origins',
  slow: 'slow handshakes',
  vanishing: 'half-open and vanishing peers',
  floods: 'floods',
  api: 'administration',
  history: 'history',
  sessions: 'guessed sessions and positions',
} as const;

const EVENTS = {
  ...FAMILIES,
  refused: 'refused with a reason',
  accepted: 'harmless, and accepted',
  ended: 'ended by Engine.IO, without code',
  cut: 'cut for being slow',
  busy: 'busy (503, with a reason)',
  written: 'honest messages written',
  deliveries: 'honest messages delivered',
} as const;

/** What must not have happened. */
const FAILURES = {
  crashes: 'crashes, unhandled errors',
  spoofed: 'spoofed or misrouted messages',
  silent: 'silent refusals',
  wrong: 'answers other than PROTOCOL.md says',
  failures: 'failures of the server (5xx)',
  leaks: 'leaks of the inside, of secrets',
  lost: 'honest messages lost',
  disordered: 'honest ones twice or out of order',
  rejected: 'honest ones refused, unanswered',
  dropped: 'honest clients dropped',
  slow: 'honest p99 beyond bearing',
  admitted: 'forged tokens that opened anything',
  late: 'tokens that outlived their end',
  grown: 'memory that stayed',
} as const;

export type Family = keyof typeof FAMILIES;
type Event = keyof typeof EVENTS;
type Failure = keyof typeof FAILURES;

/** What one process has counted, on its way to another. */
export interface Numbers {
  events: Record<Event, number>;
  failures: Record<Failure, number>;
  complaints: string[];
}

/** Counts what attackers do, what becomes of it, and what should not have. */
export class Tally extends Counts<Event, Failure> {
  /** Figures that are told and not judged. */
  readonly figures: [name: string, value: string][] = [];

  constructor() {
    super(EVENTS, FAILURES);
  }

  /** All of them together. */
  get inputs(): number {
    return (Object.keys(FAMILIES) as Family[]).reduce((sum, family) => sum + this.events[family], 0);
  }

  tell(name: string, value: string): void {
    this.figures.push([name, value]);
  }

  add({ events, failures, complaints }: Numbers): void {
    for (const key of Object.keys(events) as Event[]) this.events[key] += events[key];
    for (const key of Object.keys(failures) as Failure[]) this.failures[key] += failures[key];
    this.complaints.push(...complaints);
  }

  override toString(): string {
    const figures = this.figures.map(([name, value]) => row(name, value));
    return [row('inputs', this.inputs), super.toString(), '', ...figures].join('\n');
  }
}
