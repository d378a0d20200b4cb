import { setTimeout as sleep } from 'node:timers/promises';
import { answers } from '../servers/answers.ts';
import type { Client } from './client.ts';
import { now } from './clock.ts';
import { Comeback } from './comeback.ts';
import { Crowd } from './crowd.ts';
import { Feeder } from './feeder.ts';
import { quiet } from './joining.ts';
import type { Fault, Faults, Place, Plan, RecoveryPlan, RecoveryReport } from './plan.ts';
import { busyOf, cpuOf, ownCpu } from './process-figures.ts';
import { unlessStalled } from './waiting.ts';

/** What everyone has before the drop. */
const BEFORE = 10;
const LOOK = 2;
const PATIENCE = 60_000;

/** Has the first server killed, and started again or not. @returns who is to be talked to from then on */
export type Strike = (fault: Exclude<Fault, 'none'>) => Promise<readonly Place[]>;

export interface Recovered {
  recovery: RecoveryReport;
  faults: Faults;
  /** The servers, which may be others now. */
  nodes: readonly Place[];
  complaints: string[];
}

/** A node that is to be killed has all clients. */
export function planOfCrowd(plan: Plan): Plan {
  return plan.recovery?.fault === 'kill' ? { ...plan, nodes: plan.nodes.slice(0, 1) } : plan;
}

/** Drops a crowd that has joined, has messages sent that it misses, and brings it back all at once. */
export async function recover(crowd: Crowd, plan: Plan, how: RecoveryPlan, strike: Strike): Promise<Recovered> {
  // It is where it can stay.
  const feeder = new Feeder({ ...plan, nodes: plan.nodes.slice(-1) }, how.bytes);
  await feeder.connect();
  await feeder.say(BEFORE);
  await unlessStalled(crowd, () => crowd.clients.every(({ state }) => state.sequences.missing([BEFORE]) === 0));
  const { port } = plan.nodes.at(-1)!;
  const lastId = await newestId(port);
  const survivors = how.fault === 'kill' ? await strike('kill') : plan.nodes;
  if (how.fault !== 'kill') crowd.destroy();
  await (how.fault === 'kill' ? abandoned(crowd) : alone(port));
  await feeder.say(how.missed);
  await quiet(crowd);
  const { nodes, down } = how.fault === 'restart' ? await death(port, strike) : { nodes: survivors, down: 0 };
  const back = new Crowd({ ...plan, nodes, handshakes: 0 }, { past: { clients: crowd.clients, lastId } });
  const recovery = { ...(await comeBack(back, { ...plan, nodes }, feeder.sent)), down };
  if (how.fault === 'restart') await feeder.reconnect(lastId);
  await feeder.say(1);
  await unlessStalled(back, () => back.clients.every(({ state }) => state.sequences.missing([feeder.sent]) === 0));
  const report = { recovery: { ...recovery, complete: completeOf(back, feeder.sent) }, faults: faultsOf(back, feeder) };
  const complaints = back.clients.flatMap((client) => client.complaints);
  feeder.destroy();
  back.destroy();
  return { ...report, nodes, complaints };
}

/** Brings them all back. @param sent messages that there are in all */
async function comeBack(back: Crowd, plan: Plan, sent: number): Promise<Omit<RecoveryReport, 'down' | 'complete'>> {
  const comeback = new Comeback(back, [sent]);
  const begin = sample(plan);
  void back.connect();
  await Promise.race([comeback.over, unlessStalled(back, () => false)]);
  const end = sample(plan);
  const { times, connections } = comeback;
  const serverCpu = end.serverCpu - begin.serverCpu;
  const loadCpu = end.loadCpu - begin.loadCpu;
  return {
    clients: back.size,
    seconds: (end.instant - begin.instant) / 1e6,
    p50: times.quantile(0.5) / 1000,
    p99: times.quantile(0.99) / 1000,
    max: times.max / 1000,
    connected: connections.quantile(0.99) / 1000,
    bytes: back.tally.bytes,
    serverCpu,
    loadCpu,
    others: {
      server: Math.max(0, end.serverCore - begin.serverCore - serverCpu),
      load: Math.max(0, end.loadCore - begin.loadCore - loadCpu),
    },
  };
}

function sample({ nodes, cores }: Plan) {
  const serverCore = cores ? busyOf(cores.server) : 0;
  const loadCore = cores ? busyOf(cores.load) : 0;
  return { instant: now(), serverCpu: cpuOf(nodes), loadCpu: ownCpu(), serverCore, loadCore };
}

/** Kills the server and waits until it answers again. */
async function death(port: number, strike: Strike): Promise<{ nodes: readonly Place[]; down: number }> {
  const begin = now();
  const nodes = await strike('restart');
  while (!(await answers(port))) {
    if (now() - begin > PATIENCE * 1000) throw new Error('The server does not come back');
    await sleep(LOOK);
  }
  return { nodes, down: (now() - begin) / 1e6 };
}

/** Until each has noticed that the server is dead. */
async function abandoned({ clients }: Crowd): Promise<void> {
  while (clients.some(({ phase }) => phase !== 'gone')) await sleep(LOOK);
}

/** Until the server has noticed that all but one have gone. */
async function alone(port: number): Promise<void> {
  const count = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/ws/stats`);
    return ((await response.json()) as { current_connections: number }).current_connections;
  };
  while ((await count()) > 1) await sleep(LOOK);
}

async function newestId(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/ws/history?limit=1`);
  const { messages } = (await response.json()) as { messages: { id: string }[] };
  return messages[0]!.id;
}

// --- what came of it ---

function completeOf({ clients, wronged }: Crowd, sent: number): number {
  const isComplete = ({ welcome, state }: Client) => welcome?.recovered && state.sequences.missing([sent]) === 0;
  return clients.filter((client) => isComplete(client) && !wronged.has(client)).length;
}

function faultsOf({ clients, tally, dropped }: Crowd, { sent }: Feeder): Faults {
  const missing = clients.reduce((sum, { state }) => sum + state.sequences.missing([sent]), 0);
  return { missing, duplicate: tally.duplicate, disorder: tally.late, stray: tally.stray, dropped };
}
