import type { History } from './history.ts';
import type { Journal } from './journal.ts';
import type { Ledger } from './ledger.ts';
import type { Participant } from './participant.ts';
import type { Tally } from './tally.ts';

export interface Evidence {
  people: readonly Participant[];
  history: History;
  ledger: Ledger;
  /** What the history and the ledger are written down in. */
  journals: { history: Journal; ledger: Journal };
  tally: Tally;
}

/** Ns that are named where some are missing. */
const NAMED = 5;

/** Holds what was acknowledged to what is kept, and what was read to both. */
export function judge(evidence: Evidence): void {
  judgeWriting(evidence);
  for (const person of evidence.people) judgeReading(person, evidence);
}

/** Whatever was acknowledged is kept, once, under the id that was given. Direct messages have no history. */
function judgeWriting({ people, history, ledger, tally }: Evidence): void {
  for (const { options } of people) {
    if (options.pen?.waiting) tally.fail('unanswered', `${options.name}: ${options.pen.first}`, options.pen.waiting);
  }
  for (const [stream, acknowledged] of ledger.streams) {
    if (stream.includes('@')) continue;
    const missing = acknowledged.count - history.countOf(stream);
    tally.fail('forgotten', stream, Math.max(0, missing));
    const kept = history.streams.get(stream);
    if (missing === 0 && kept?.count === acknowledged.count && !kept.equals(acknowledged)) {
      tally.fail('contradicted', `${stream}: ids in the history are others than those acknowledged`);
    }
  }
}

/** Each room reads for each of its members as it is kept. */
function judgeReading(person: Participant, { history, ledger, journals, tally }: Evidence): void {
  const { transcript, name, journal } = person.options;
  for (const [place, scroll] of transcript.scrolls) {
    const room = history.rooms.get(place);
    const direct = ledger.direct.get(place);
    const count = room?.count ?? direct?.count ?? 0;
    const same = room ? room.digest === scroll.digest : (direct?.equals(scroll.bag) ?? scroll.count === 0);
    if (!same) tally.fail('different', `${name} in ${place}: ${scroll.count} of ${count}`);
    if (scroll.count >= count) continue;
    const missing = difference((room ? journals.history : journals.ledger).of(place), journal.of(place));
    tally.fail('lost', `${name} in ${place}: N ${missing}`, count - scroll.count);
  }
}

/** The first of what is in one set and not in the other. */
function difference(all: Set<number>, some: Set<number>): string {
  const missing = [...all].filter((n) => !some.has(n)).sort((a, b) => a - b);
  return missing.length > NAMED ? `${missing.slice(0, NAMED).join(', ')}, …` : missing.join(', ');
}
