import { cluster } from './cluster.ts';
import { durable } from './durable.ts';
import { fanout } from './fanout.ts';
import { idle } from './idle.ts';
import { join } from './join.ts';
import { latency } from './latency.ts';
import { recovery } from './recovery.ts';
import { rooms } from './rooms.ts';
import type { Scenario } from './scenario.ts';
import { slow } from './slow.ts';

export const SCENARIOS: readonly Scenario[] = [fanout, latency, join, rooms, slow, idle, durable, recovery, cluster];
