import { ambos } from './contenders.ts';
import { framesPerRead, perCpu, trafficFigures } from './figures.ts';
import { fanOut, light } from './logs.ts';
import type { Contender, Scenario } from './scenario.ts';

/** Rooms are full after a second: what is measured contains the removal of what is old, as in a server that has run for long. */
const SMALL = { LOG_MESSAGES: '1000' };

const ON_DISK = { LOG: 'sqlite' };
const LOGS: readonly Contender[] = [
  ambos('mixed', 'log in memory', SMALL),
  ambos('mixed', 'on a disk, normal', { ...SMALL, ...ON_DISK, DURABILITY: 'normal' }),
  ambos('mixed', 'on a disk, full', { ...SMALL, ...ON_DISK, DURABILITY: 'full' }),
];

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
  cases: (effort) => [
    fanOut(LOGS, 32, effort),
    fanOut(LOGS, 128, effort),
    light(LOGS, 10, effort),
    light(LOGS, 1000, effort),
  ],
};
