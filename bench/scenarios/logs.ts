import { core, delivered, faults, load, longest, others, othersOnLoad, p50, p99, redisCalls } from './figures.ts';
import { type Case, type Contender, crowd, type Effort, type Entry, type Figure } from './scenario.ts';

const RATE = 50;
/** A quantile wants many messages, and here they are few in a second. */
const PATIENCE = 3;

/** Messages to everybody as fast as they go, beside each other with several logs. */
export function fanOut(logs: readonly Contender[], window: number, { quick, warm, seconds }: Effort): Case {
  const count = quick ? 200 : 1000;
  const traffic = { senders: window / 2, bytes: 64, window, warm, seconds };
  return {
    title: `${count} clients, 64 B, ${window} in flight`,
    entries: logs.map((log) => entry(log, count, traffic)),
  };
}

/** What a message takes at light load, with each of several logs. */
export function light(logs: readonly Contender[], most: number, { quick, warm, seconds }: Effort): Case {
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
      redisCalls,
      ...faults,
      load,
      others,
      othersOnLoad,
    ],
    entries: logs.map((log) => entry(log, count, traffic)),
  };
}

function receipt(title: string, key: 'p50' | 'p99'): Figure {
  return { title, of: ({ traffic }) => traffic?.receipts?.[key], digits: 2 };
}

function entry(contender: Contender, count: number, traffic: NonNullable<Entry['load']['traffic']>): Entry {
  return { contender, load: { ...crowd(count, contender), handshakes: 128, traffic } };
}
