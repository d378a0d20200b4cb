import { ambos, bareSocketIo, bareWs, bun, uws } from './contenders.ts';
import { core, delivered, faults, load, longest, others, othersOnLoad, p50, p99 } from './figures.ts';
import { crowd, type Scenario } from './scenario.ts';

const RATES = [20, 60, 200];

/** Messages to everybody, at a given pace. */
export const latency: Scenario = {
  name: 'latency',
  title: 'Latency at a fixed rate, open loop',
  about:
    'So many messages per second go to every client, whatever becomes of those before. Latency counts from the instant ' +
    'at which a message was due, so that nothing is hidden by a server that is late.',
  main: { ...p99, better: 'less' },
  figures: [p50, longest, delivered, core, ...faults, load, others, othersOnLoad],
  cases: ({ quick, warm, seconds }) => {
    const count = quick ? 200 : 1000;
    return RATES.map((rate) => ({
      title: `${count} clients, 64 B, ${rate} messages/s`,
      entries: [ambos('mixed'), bareWs, bareSocketIo, bun, uws].map((contender) => {
        const traffic = { senders: 16, bytes: 64, rate, warm, seconds };
        return { contender, load: { ...crowd(count, contender), handshakes: 128, traffic } };
      }),
    }));
  },
};
