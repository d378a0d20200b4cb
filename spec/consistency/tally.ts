/** What happened. */
const EVENTS = {
  sent: 'messages written',
  resent: 'sent again',
  acknowledged: 'acknowledged',
  duplicates: 'acknowledged as duplicates',
  deliveries: 'deliveries',
  connections: 'connections',
  recoveries: 'recoveries',
  replayed: 'replayed',
  handovers: 'hand-overs between protocols',
  levels: 'fell behind and came level',
  kills: 'server kills (-9)',
  cuts: 'connections cut in mid-stream',
  resets: 'connections reset (RST)',
  holes: 'connections half-open',
  stalls: 'connections stalled',
  replacements: 'told to be replaced (4504)',
  visits: 'visits (user_joined, user_left)',
} as const;

/** What must not have happened. */
const FAILURES = {
  lost: 'lost',
  duplicated: 'delivered twice',
  disordered: 'out of order',
  altered: 'altered',
  misrouted: 'misrouted',
  refused: 'refused recoveries',
  forgotten: 'acknowledged, not kept',
  repeated: 'clientMsgId published twice',
  contradicted: 'acknowledged under another id',
  rejected: 'refused for good',
  unanswered: 'never acknowledged',
  evicted: 'closed as slow (4008)',
  late: 'readers that did not come level',
  different: 'transcripts that differ',
  crashes: 'server crashes',
} as const;

export type Event = keyof typeof EVENTS;
export type Failure = keyof typeof FAILURES;

/** Complaints that are kept in words; further ones are only counted. */
const WORDS = 20;

/** Counts what happens in a trial, and has a few words about what should not have. */
export class Tally {
  readonly events = zeros(EVENTS);
  readonly failures = zeros(FAILURES);
  readonly complaints: string[] = [];

  count(event: Event, by = 1): void {
    this.events[event] += by;
  }

  fail(failure: Failure, words: string, by = 1): void {
    if (by === 0) return;
    this.failures[failure] += by;
    if (this.complaints.length < WORDS) this.complaints.push(`${FAILURES[failure]}: ${words}`);
  }

  get failed(): boolean {
    return Object.values(this.failures).some((count) => count > 0);
  }

  /** As a table. */
  toString(): string {
    const lines = [...rows(EVENTS, this.events), '', ...rows(FAILURES, this.failures)];
    return [...lines, ...this.complaints.map((words) => `  ${words}`)].join('\n');
  }
}

function zeros<K extends string>(names: Record<K, string>): Record<K, number> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, 0])) as Record<K, number>;
}

function rows<K extends string>(names: Record<K, string>, counts: Record<K, number>): string[] {
  const keys = Object.keys(names) as K[];
  return keys.map((key) => `${names[key].padEnd(34)}${counts[key].toLocaleString('en-US').padStart(12)}`);
}
