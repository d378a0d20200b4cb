import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.ts';
import { now } from './clock.ts';
import type { Crowd } from './crowd.ts';
import type { Histogram } from './histogram.ts';
import { closedLoop, openLoop } from './loops.ts';
import type { Faults, Plan, SlowReport, TrafficPlan, TrafficReport } from './plan.ts';
import { busyOf, cpuOf, ownCpu } from './process-figures.ts';
import { redisCalls } from './redis-figures.ts';
import { Traffic } from './traffic.ts';
import { unlessStalled } from './waiting.ts';

/** Repetitions may come late. */
const AFTERMATH = 100;

export interface Drive {
  traffic: TrafficReport;
  faults: Faults;
  slow?: SlowReport;
}

/** Sends messages for a while, measures, and lets everything arrive. */
export async function drive(crowd: Crowd, plan: Plan, how: TrafficPlan): Promise<Drive> {
  const slow = chooseSlow(crowd, how.slow ?? 0);
  const traffic = new Traffic(crowd, plan, how);
  const before = await redisCalls(plan);
  const stop = how.window === undefined ? openLoop(traffic, how.rate ?? 1) : closedLoop(traffic, how.window);
  await sleep(how.warm * 1000);
  for (const client of slow) client.pause();
  const span = await measure(crowd, plan, traffic, how.seconds);
  stop();
  const stalled = await unlessStalled(crowd, () => traffic.inFlight === 0);
  const fate = slow.length > 0 ? { slow: await catchUp(crowd, slow, traffic) } : {};
  await sleep(AFTERMATH);
  const latency = latencyOf(crowd);
  const redis = await redisWork(plan, before, traffic);
  return { traffic: { ...span, ...latency, ...redis, stalled }, faults: faultsOf(crowd, traffic), ...fate };
}

// --- measuring ---

type Span = Omit<TrafficReport, 'p50' | 'p99' | 'max' | 'receipts' | 'redis' | 'stalled'>;

async function measure(crowd: Crowd, plan: Plan, traffic: Traffic, seconds: number): Promise<Span> {
  const { tally } = crowd;
  const begin = sample(crowd, plan, traffic);
  tally.span.from = begin.instant;
  await unlessStalled(crowd, () => now() - begin.instant >= seconds * 1e6);
  const end = sample(crowd, plan, traffic);
  tally.span.to = end.instant;
  const serverCpu = end.serverCpu - begin.serverCpu;
  const loadCpu = end.loadCpu - begin.loadCpu;
  const redisCpu = end.redisCpu - begin.redisCpu;
  return {
    seconds: (end.instant - begin.instant) / 1e6,
    messages: end.sent - begin.sent,
    deliveries: end.messages - begin.messages,
    inTime: tally.latency.count,
    framesPerRead: (end.frames - begin.frames) / Math.max(1, end.reads - begin.reads),
    serverCpu,
    loadCpu,
    redisCpu,
    others: {
      server: Math.max(0, end.serverCore - begin.serverCore - serverCpu - redisCpu),
      load: Math.max(0, end.loadCore - begin.loadCore - loadCpu),
    },
  };
}

/** Of the whole run, so that no message is between two counts. */
async function redisWork(
  plan: Plan,
  before: number | undefined,
  { sent }: Traffic,
): Promise<Pick<TrafficReport, 'redis'>> {
  const after = await redisCalls(plan);
  return before === undefined || after === undefined ? {} : { redis: { calls: after - before, messages: sent } };
}

/** Of all that was sent in the span, also of what arrived after it. */
function latencyOf({ tally }: Crowd): Pick<TrafficReport, 'p50' | 'p99' | 'max' | 'receipts'> {
  const quantiles = (times: Histogram) => ({ p50: times.quantile(0.5) / 1000, p99: times.quantile(0.99) / 1000 });
  const receipts = tally.receipts.count > 0 ? { receipts: quantiles(tally.receipts) } : {};
  return { ...quantiles(tally.latency), max: tally.latency.max / 1000, ...receipts };
}

function sample({ tally }: Crowd, { nodes, redis, cores }: Plan, { sent }: Traffic) {
  const serverCore = cores ? busyOf(cores.server) : 0;
  const loadCore = cores ? busyOf(cores.load) : 0;
  const cpu = { serverCpu: cpuOf(nodes), redisCpu: redis ? cpuOf([redis]) : 0, loadCpu: ownCpu() };
  return { instant: now(), ...tally.counts(), ...cpu, serverCore, loadCore, sent };
}

function faultsOf({ clients, tally, dropped }: Crowd, traffic: Traffic): Faults {
  const reading = clients.filter(({ phase, slow }) => phase === 'ready' && !slow);
  const unconfirmed = traffic.receipts ? traffic.sent - tally.confirmed : 0;
  const missing = reading.reduce((sum, client) => sum + missingOf(client, traffic), unconfirmed);
  return { missing, duplicate: tally.duplicate, disorder: tally.late, stray: tally.stray, dropped };
}

function missingOf(client: Client, traffic: Traffic): number {
  return client.state.sequences.missing(traffic.ends(client));
}

// --- the slow ones ---

/** Two neighbours each time, so that both doors have their share. */
function chooseSlow({ clients }: Crowd, share: number): Client[] {
  const period = 2 * Math.round(1 / share);
  const chosen = share > 0 ? clients.filter((_, index) => index % period < 2) : [];
  for (const client of chosen) client.slow = true;
  return chosen;
}

async function catchUp(crowd: Crowd, slow: readonly Client[], traffic: Traffic): Promise<SlowReport> {
  const begin = now();
  for (const client of slow) client.resume();
  const isLevel = (client: Client) => client.phase === 'ready' && missingOf(client, traffic) === 0;
  await unlessStalled(crowd, () => slow.every((client) => client.phase === 'gone' || isLevel(client)));
  const level = slow.filter(isLevel).length;
  const closed = slow.filter(wasTold).length;
  const { duplicate, late: disorder } = crowd.slowTally;
  const seconds = (now() - begin) / 1e6;
  return { clients: slow.length, level, closed, other: slow.length - level - closed, duplicate, disorder, seconds };
}

/** Socket.IO has no close codes: there an `error` event says it. */
function wasTold({ phase, closeCode, complaints }: Client): boolean {
  return phase === 'gone' && (closeCode === 4008 || complaints.some((text) => text.includes('slow_consumer')));
}
