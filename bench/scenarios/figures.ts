import type { RecoveryReport, RedisReport, Report, TrafficReport } from '../load/plan.ts';
import type { Figure } from './scenario.ts';

/** A figure that only runs with traffic have. */
const ofTraffic = (title: string, of: (traffic: TrafficReport) => number, digits = 0): Figure => {
  return { title, of: ({ traffic }) => traffic && of(traffic), digits };
};

/** Only runs on a Redis have it. */
function ofRedis(title: string, of: (redis: RedisReport, traffic: TrafficReport) => number, digits = 0): Figure {
  return { title, of: ({ traffic }) => traffic?.redis && of(traffic.redis, traffic), digits };
}

/** The figure to compare: what the server does with a second of processor time, whoever the limit was. */
export const perCpu = ofTraffic('deliveries per CPU-s', (t) => ratio(t.deliveries, t.serverCpu));
export const wall = ofTraffic('deliveries/s', (t) => t.deliveries / t.seconds);
export const p50 = ofTraffic('p50 ms', (t) => t.p50, 1);
export const p99 = ofTraffic('p99 ms', (t) => t.p99, 1);
export const longest = ofTraffic('max ms', (t) => t.max, 1);
export const core = ofTraffic('server core %', (t) => (100 * t.serverCpu) / t.seconds);
export const framesPerRead = ofTraffic('frames per read', (t) => t.framesPerRead);
export const loadSpeed = ofTraffic("deliveries per CPU-s of the generator's", (t) => ratio(t.deliveries, t.loadCpu));

export const messagesPerSecond = ofTraffic('messages/s', (t) => t.messages / t.seconds);

/** Of Redis, which all nodes share. */
export const redisCore = ofRedis('Redis core %', (_, { redisCpu, seconds }) => (100 * redisCpu) / seconds);
export const redisCalls = ofRedis('Redis calls per message', ({ calls, messages }) => ratio(calls, messages), 3);
export const perRedisCpu = ofRedis('messages per CPU-s of Redis', (_, t) => ratio(t.messages, t.redisCpu));
export const perCpuWithRedis: Figure = {
  title: 'deliveries per CPU-s, with that of Redis',
  of: ({ traffic: t }) => t && ratio(t.deliveries, t.serverCpu + t.redisCpu),
};

/** What had arrived by the end of the time of what had been sent in it, in percent. */
export const delivered: Figure = {
  title: 'delivered %',
  of: ({ traffic, joining }) => traffic && 100 * ratio(traffic.inTime, traffic.messages * joining.clients),
  digits: 1,
};
export const rss: Figure = { title: 'RSS MiB', of: ({ memory }) => memory.end / 1024 };
export const load: Figure = { title: 'load core %', of: loadShare };
export const others: Figure = { title: "others on server's core %", of: (report) => othersShare(report, 'server') };
export const othersOnLoad: Figure = { title: "others on load's core %", of: (report) => othersShare(report, 'load') };

/** A figure that only runs have in which clients come back. */
export const ofRecovery = (title: string, of: (recovery: RecoveryReport) => number, digits = 0): Figure => {
  return { title, of: ({ recovery }) => recovery && of(recovery), digits };
};

/** What may never be anything but 0, over all repetitions. */
export const faults: readonly Figure[] = (['missing', 'duplicate', 'disorder', 'dropped'] as const).map((key) => ({
  title: key,
  of: (report) => report.faults[key] + (key === 'disorder' ? report.faults.stray : 0),
  over: 'sum',
}));

export const trafficFigures: readonly Figure[] = [wall, p50, p99, core, rss, ...faults, load, others, othersOnLoad];

/** How much of its core the load generator used, in percent. */
function loadShare(report: Report): number {
  const { loadCpu, seconds } = measured(report);
  return (100 * loadCpu) / seconds;
}

function serverShare(report: Report): number {
  const { serverCpu, seconds } = measured(report);
  return (100 * serverCpu) / seconds;
}

function othersShare({ recovery, traffic }: Report, core: 'server' | 'load'): number | undefined {
  const span = recovery ?? traffic;
  return span && (100 * span.others[core]) / span.seconds;
}

/** The part of a run that counts. */
function measured({ recovery, traffic, joining }: Report): { seconds: number; serverCpu: number; loadCpu: number } {
  return recovery ?? traffic ?? { ...joining, seconds: joining.quiet };
}

export const VERDICTS = ['good', 'busy', 'void', 'disturbed'] as const;

/**
 * Whether a run is to be believed. `void`: the load generator was so busy that it may have been the limit. `busy`: so
 * it was, but the server had used up its core all the same, and the figure per processor second stands. `disturbed`:
 * other processes used one of the two cores.
 */
export function verdict(report: Report): (typeof VERDICTS)[number] {
  if (loadShare(report) > 80) return serverShare(report) >= 85 ? 'busy' : 'void';
  return [others, othersOnLoad].some(({ of }) => (of(report) ?? 0) > 15) ? 'disturbed' : 'good';
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
