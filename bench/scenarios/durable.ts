import { ambos } from './contenders.ts';
import {
  core,
  delivered,
  faults,
  framesPerRead,
  load,
  longest,
  others,
  othersOnLoad,
  p50,
  p99,
  perCpu,
  trafficFigures,
} from './figures.ts';
import { type Case, type Contender, crowd, type Effort, type Figure, type Scenario } from './scenario.ts';

/** Rooms are full after a second: what is measured contains the removal of what is old, as in a server that has run for long. */
const SMALL = { LOG_MESSAGES: '1000' };

const ON_DISK = { LOG: 'sqlite' };
const LOGS: readonly Contender[] = [
  ambos('mixed', 'log in memory', SMALL),
  ambos('mixed', 'on a disk, normal', { ...SMALL, ...ON_DISK, DURABILITY: 'normal' }),
  ambos('mixed', 'on a disk, full', { ...SMALL, ...ON_DISK, DURABILITY: 'full' }),
];

const RATE = 50;
/** A quantile wants many messages, and here they are few in a second. */
const PATIENCE = 3;

const receipt = (title: string, key: 'p50' | 'p99'): Figure => {
  return { title, of: ({ traffic }) => traffic?.receipts?.[key], digits: 2 };
};

/** What it costs that messages survive. */
export const durable: Scenario = {
  name: 'durable',
  title: 'A log on a disk',
  about:
    'The same server with its log in memory, and on a disk: `normal` survives the end of the process, `full` a power cut ' +
    'too. Rooms keep 1,000 messages, so that old ones are removed all the while. The processor time is that of the ' +
    "whole process, the log's thread included. At light load, the latency until a message has reached a client, and " +
    'until its sender has the receipt.',
  main: { ...perCpu, better: 'more' },
  figures: [framesPerRead, ...trafficFigures],
  cases: (effort) => [fanOut(32, 16, effort), fanOut(128, 64, effort), light(10, effort), light(1000, effort)],
};

function fanOut(window: number, senders: number, { quick, warm, seconds }: Effort): Case {
  const count = quick ? 200 : 1000;
  const traffic = { senders, bytes: 64, window, warm, seconds };
  return {
    title: `${count} clients, 64 B, ${window} in flight`,
    entries: LOGS.map((log) => entry(log, count, traffic)),
  };
}

function light(most: number, { quick, warm, seconds }: Effort): Case {
  const count = quick ? Math.min(most, 200) : most;
  const rate = count > 100 ? RATE / 5 : RATE;
  const traffic = { senders: 10, bytes: 64, rate, receipts: true, warm, seconds: seconds * (quick ? 1 : PATIENCE) };
  return {
    title: `${count} clients, 64 B, ${rate} messages/s with receipts`,
    main: { ...p50, title: 'delivery p50 ms', digits: 2, better: 'less', compare: 'difference' },
    figures: [
      { ...p99, title: 'delivery p99 ms', digits: 2 },
      longest,
      receipt('receipt p50 ms', 'p50'),
      receipt('receipt p99 ms', 'p99'),
      delivered,
      core,
      ...faults,
      load,
      others,
      othersOnLoad,
    ],
    entries: LOGS.map((log) => entry(log, count, traffic)),
  };
}

function entry(contender: Contender, count: number, traffic: NonNullable<Case['entries'][number]['load']['traffic']>) {
  return { contender, load: { ...crowd(count, contender), handshakes: 128, traffic } };
}
