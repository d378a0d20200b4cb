import type { Fault } from '../load/plan.ts';
import { ambos, PRESENCE } from './contenders.ts';
import { faults, load, ofRecovery, others, othersOnLoad } from './figures.ts';
import { type Case, type Columns, crowd, type Effort, type Entry, type Scenario } from './scenario.ts';

const MISSED = 300;
const NORMAL = { LOG: 'sqlite', DURABILITY: 'normal' };
const FULL = { LOG: 'sqlite', DURABILITY: 'full' };

/** How coming back is told. */
export const recoveryColumns: Columns = {
  main: { ...ofRecovery('p99 ms', ({ p99 }) => p99), better: 'less' },
  figures: [
    ofRecovery('p50 ms', ({ p50 }) => p50),
    ofRecovery('max ms', ({ max }) => max),
    ofRecovery('connected p99 ms', ({ connected }) => connected),
    ofRecovery('complete %', ({ complete, clients }) => (100 * complete) / clients, 1),
    ofRecovery('CPU s', ({ serverCpu }) => serverCpu, 2),
    ofRecovery('server core %', ({ serverCpu, seconds }) => (100 * serverCpu) / seconds),
    ofRecovery('down s', ({ down }) => down, 2),
    ofRecovery('MB', ({ bytes }) => bytes / 1e6, 1),
    { title: 'RSS peak MiB', of: ({ memory }) => memory.peak / 1024 },
    ...faults,
    load,
    others,
    othersOnLoad,
  ],
};

/** Everybody drops, misses something and comes back. */
export const recovery: Scenario = {
  name: 'recovery',
  title: 'Everybody comes back at once',
  about:
    `All clients drop at the same time, each misses ${MISSED} messages of the room, and all connect again in the same ` +
    'instant with their session and the id of their last message. Times are from the beginning of a client’s connection ' +
    'to the last message that it missed. Complete is who got all of them, each once and in order, was told so, and ' +
    'then got a live one.',
  ...recoveryColumns,
  cases: (effort) => [alive(effort), killed(effort)],
};

function alive(effort: Effort): Case {
  const missed = missedOf(effort);
  const entries = [
    entry('on a disk, normal', NORMAL, missed, 'none', effort),
    entry('log in memory', {}, missed, 'none', effort),
    entry('on a disk, nothing missed', NORMAL, 0, 'none', effort),
  ];
  return { title: `${countOf(effort)} clients, ${missed} messages missed, the server alive`, entries };
}

function killed(effort: Effort): Case {
  const missed = missedOf(effort);
  const entries = [
    entry('on a disk, normal', NORMAL, missed, 'restart', effort),
    entry('on a disk, full', FULL, missed, 'restart', effort),
  ];
  return { title: `${countOf(effort)} clients, ${missed} messages missed, after kill -9 and a restart`, entries };
}

const countOf = ({ quick }: Effort): number => (quick ? 200 : 1000);
const missedOf = ({ quick }: Effort): number => (quick ? 100 : MISSED);

function entry(remark: string, settings: Record<string, string>, missed: number, fault: Fault, effort: Effort): Entry {
  const contender = ambos('mixed', remark, { ...PRESENCE, ...settings });
  const recovery = { missed, bytes: 64, fault };
  return { contender, load: { ...crowd(countOf(effort), contender), handshakes: 128, recovery } };
}
