import { ambos, onRedis, PRESENCE, socketIoOnRedis } from './contenders.ts';
import {
  core,
  faults,
  framesPerRead,
  load,
  messagesPerSecond,
  others,
  othersOnLoad,
  p50,
  p99,
  perCpu,
  perCpuWithRedis,
  perRedisCpu,
  redisCalls,
  redisCore,
  trafficFigures,
} from './figures.ts';
import { fanOut, light } from './logs.ts';
import { recoveryColumns } from './recovery.ts';
import { type Case, type Contender, crowd, type Effort, type Entry, type Scenario } from './scenario.ts';

const WINDOW = 32;
const MISSED = 300;
/** Rooms of two, of whom one is at the other node: an odd half, so that neighbours of neighbours are not at the same one. */
const PAIRS = 126;

/** As in `durable`: old messages are removed all the while. */
const SMALL = { LOG_MESSAGES: '1000' };
const LOGS: readonly Contender[] = [
  ambos('mixed', 'log in memory', SMALL),
  onRedis(1, ambos('mixed', 'one node on Redis', SMALL)),
];

/** Several servers that are one. */
export const cluster: Scenario = {
  name: 'cluster',
  title: 'Several nodes on one Redis',
  about:
    'Two nodes with one Redis, beside Socket.IO with its Redis adapter; one node on Redis beside one with its log in ' +
    'memory; many publishers with few receivers, where Redis has most to do; and the end of a node. The processor time ' +
    'is that of all nodes together; that of Redis has columns of its own. All servers and Redis share one core.',
  main: { ...perCpu, better: 'more' },
  figures: [perCpuWithRedis, redisCore, redisCalls, framesPerRead, ...trafficFigures],
  cases: (effort) => [
    beside(effort.quick ? 200 : 1000, effort),
    beside(100, effort),
    fanOut(LOGS, WINDOW, effort),
    publishes(effort),
    light([...LOGS, onRedis(2, ambos('mixed', 'two nodes on Redis', SMALL))], 10, effort),
    death(effort),
  ],
};

/** A room whose members are at both nodes. */
function beside(count: number, { warm, seconds }: Effort): Case {
  const contenders = [
    onRedis(2, ambos('mixed', '2 nodes, half raw, half Socket.IO')),
    onRedis(2, ambos('socketio', '2 nodes, Socket.IO')),
    socketIoOnRedis,
  ];
  const traffic = { senders: 16, bytes: 64, window: WINDOW, warm, seconds };
  const entries = contenders.map((contender) => {
    return { contender, load: { ...crowd(count, contender), handshakes: 128, room: 'sala', traffic } };
  });
  return { title: `a room of ${count} clients at 2 nodes, 64 B, ${WINDOW} in flight`, entries };
}

/** Each message has its sender and one other for whom it is. */
function publishes({ warm, seconds }: Effort): Case {
  const contenders = [
    onRedis(2, ambos('mixed', '2 nodes, half raw, half Socket.IO')),
    onRedis(2, ambos('raw', '2 nodes, raw')),
    socketIoOnRedis,
  ];
  const entries = [128, 512].flatMap((window) =>
    contenders.map((contender): Entry => {
      const traffic = { senders: PAIRS, bytes: 64, window, warm, seconds };
      const titled = { ...contender, title: `${contender.title}, ${window} in flight` };
      const rooms = { count: PAIRS, each: 1 };
      return { contender: titled, load: { ...crowd(2 * PAIRS, contender), handshakes: 128, rooms, traffic } };
    }),
  );
  return {
    title: `${PAIRS} rooms of one client at each of 2 nodes, 64 B`,
    main: { ...messagesPerSecond, better: 'more' },
    figures: [perRedisCpu, redisCalls, redisCore, core, p50, p99, ...faults, load, others, othersOnLoad],
    entries,
  };
}

/** A node dies, and all whom it had come to the others. */
function death({ quick }: Effort): Case {
  const count = quick ? 200 : 1000;
  const recovery = { missed: quick ? 100 : MISSED, bytes: 64, fault: 'kill' as const };
  const contenders = [2, 3].map((nodes) => onRedis(nodes, ambos('mixed', `${nodes} nodes`, PRESENCE)));
  return {
    title: `kill -9 of a node that has ${count} clients, ${recovery.missed} messages missed`,
    ...recoveryColumns,
    entries: contenders.map((contender) => {
      return { contender, load: { ...crowd(count, contender), handshakes: 128, recovery } };
    }),
  };
}
