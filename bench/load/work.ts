import { setTimeout as sleep } from 'node:timers/promises';
import { Crowd } from './crowd.ts';
import { drive } from './drive.ts';
import { join } from './joining.ts';
import type { Plan, Report } from './plan.ts';
import { memoryOf } from './process-figures.ts';
import { planOfCrowd, type Recovered, recover, type Strike } from './recover.ts';

const COMPLAINTS = 5;

/** Does what a plan says, from the first connection to the last message. */
export async function work(plan: Plan, strike: Strike): Promise<Report> {
  const crowd = new Crowd(planOfCrowd(plan));
  const before = memoryOf(plan.nodes).now;
  const joining = await join(crowd, plan);
  const joined = memoryOf(plan.nodes).now;
  const idle = await rest(plan);
  const driven = plan.traffic && (await drive(crowd, plan, plan.traffic));
  const { nodes = plan.nodes, complaints = [], ...recovered } = await comeBack(crowd, plan, strike);
  const { now: end, peak } = memoryOf(nodes);
  crowd.destroy();
  return {
    joining,
    memory: { before, joined, idle, end, peak },
    faults: { missing: 0, duplicate: 0, disorder: 0, stray: 0, dropped: crowd.dropped },
    ...driven,
    ...recovered,
    complaints: [...crowd.clients.flatMap((client) => client.complaints), ...complaints].slice(0, COMPLAINTS),
  };
}

async function comeBack(crowd: Crowd, plan: Plan, strike: Strike): Promise<Partial<Recovered>> {
  return plan.recovery ? recover(crowd, plan, plan.recovery, strike) : {};
}

/** Does nothing, and looks at the server's memory now and then. */
async function rest({ nodes, idle = [] }: Plan): Promise<number[]> {
  const seen: number[] = [];
  let passed = 0;
  for (const second of idle) {
    await sleep((second - passed) * 1000);
    passed = second;
    seen.push(memoryOf(nodes).now);
  }
  return seen;
}
