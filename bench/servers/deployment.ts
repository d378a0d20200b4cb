import type { Fault, Place } from '../load/plan.ts';
import { launch, type RunningServer } from './launch.ts';
import { launchRedis, type RunningRedis } from './redis.ts';

/** A server, or several on one Redis. */
export interface Deployment {
  readonly places: readonly Place[];
  readonly redis?: Place;
  /** False where one has ended by itself. */
  alive(): boolean;
  /** Does something to the first of them. @returns who there is from then on */
  strike(fault: Exclude<Fault, 'none'>): Promise<readonly Place[]>;
  stop(): Promise<void>;
}

/** @param count nodes that share a Redis; a server that has none where it is not given */
export async function deploy(
  command: readonly string[],
  settings: Record<string, string>,
  count?: number,
): Promise<Deployment> {
  const redis = count === undefined ? undefined : await launchRedis();
  const shared = redis ? { ...settings, LOG: 'redis', REDIS_URL: redis.url } : settings;
  const servers: RunningServer[] = [];
  const stop = () => stopAll(servers, redis);
  try {
    for (let i = 0; i < (count ?? 1); i += 1) servers.push(await launch(command, shared));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    places: servers.map(placeOf),
    ...(redis && { redis: placeOf(redis) }),
    alive: () => servers.every((server) => server.alive()),
    strike: (fault) => (fault === 'kill' ? kill(servers) : restart(servers)),
    stop,
  };
}

const placeOf = ({ port, pid }: Place): Place => ({ port, pid });

async function kill(servers: RunningServer[]): Promise<readonly Place[]> {
  await servers.shift()?.kill();
  return servers.map(placeOf);
}

async function restart([first, ...others]: readonly RunningServer[]): Promise<readonly Place[]> {
  const pid = await first!.restart();
  return [{ port: first!.port, pid }, ...others.map(placeOf)];
}

async function stopAll(servers: readonly RunningServer[], redis: RunningRedis | undefined): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
  await redis?.stop();
}
