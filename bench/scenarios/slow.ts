import { ambos } from './contenders.ts';
import { core, faults, load, others, othersOnLoad, p50, p99, perCpu, wall } from './figures.ts';
import { type Case, crowd, type Effort, type Entry, type Figure, type Scenario } from './scenario.ts';

/** One in ten. */
const SHARE = 0.1;
/** A client that reads nothing answers no ping either; here it is to be found slow, not dead. */
const PATIENT = { PING_INTERVAL: '10m' };

const fate = (title: string, key: 'level' | 'closed' | 'other' | 'duplicate' | 'disorder'): Figure => {
  return { title, of: ({ slow }) => slow?.[key], over: 'sum' };
};

/** Some clients stop reading; what do the others notice? */
export const slow: Scenario = {
  name: 'slow',
  title: 'Clients that stop reading',
  about:
    'One client in ten stops reading. The figures are those of the others, beside a run in which there are only such ' +
    'others. Then the slow ones read on: each must get all messages in order, or, where the log no longer reaches back ' +
    'to its position (as under full load), be closed with 4008.',
  main: { ...perCpu, better: 'more' },
  figures: [
    wall,
    p50,
    p99,
    core,
    { title: 'RSS growth MiB', of: ({ memory }) => (memory.end - memory.joined) / 1024 },
    { title: 'RSS peak MiB', of: ({ memory }) => memory.peak / 1024 },
    ...faults,
    fate('slow: level', 'level'),
    fate('slow: closed 4008', 'closed'),
    fate('slow: neither', 'other'),
    fate('slow: duplicate', 'duplicate'),
    fate('slow: disorder', 'disorder'),
    { title: 'slow: until then s', of: ({ slow: report }) => report?.seconds, digits: 1 },
    load,
    others,
    othersOnLoad,
  ],
  cases: (effort) => {
    const full = { window: 32 };
    const steady = { rate: 100 };
    return [compare('32 in flight', full, effort), compare('100 messages/s', steady, effort)];
  },
};

type Pace = { window: number } | { rate: number };

function compare(title: string, pace: Pace, effort: Effort): Case {
  const count = effort.quick ? 200 : 1000;
  const reading = count * (1 - SHARE);
  const entries = [entry(reading, 0, pace, effort), entry(count, SHARE, pace, effort)];
  return { title: `${reading} clients that read, 1,024 B, ${title}`, entries };
}

function entry(count: number, share: number, pace: Pace, { quick, warm, seconds }: Effort): Entry {
  const contender = ambos('mixed', share > 0 ? `and ${count * share} that stop` : 'alone', PATIENT);
  const traffic = { senders: 16, bytes: 1024, ...pace, warm, seconds: seconds * (quick ? 3 : 12), slow: share };
  return { contender, load: { ...crowd(count, contender), handshakes: 128, traffic } };
}
