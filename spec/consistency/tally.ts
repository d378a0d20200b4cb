import { Counts } from '../support/counts.ts';

/** What happened. */
const EVENTS = {
  sent: 'messages written',
  resent: 'sent again',
  acknowledged: 'acknowledged',
  absences: 'for somebody who was not there',
  duplicates: 'acknowledged as duplicates',
  deliveries: 'deliveries',
  connections: 'connections',
  recoveries: 'recoveries',
  replayed: 'replayed',
  postponed: 'turned away for a while (1001, 1013)',
  handovers: 'hand-overs between protocols',
  levels: 'fell behind and came level',
  kills: 'server kills (-9)',
  ends: 'servers ended (SIGTERM)',
  freezes: 'servers stopped for a while (SIGSTOP)',
  severances: 'servers cut off from Redis',
  deafenings: 'servers cut off from what Redis tells',
  strandings: 'servers half-open to Redis',
  wanderings: 'recoveries at another node',
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
  disagreed: 'readers that disagree about an N',
  miscounted: 'lists that are wrong in the end',
  crashes: 'server crashes',
} as const;

export type Event = keyof typeof EVENTS;
export type Failure = keyof typeof FAILURES;

/** Counts what happens in a trial, and has a few words about what should not have. */
export class Tally extends Counts<Event, Failure> {
  constructor() {
    super(EVENTS, FAILURES);
  }
}
