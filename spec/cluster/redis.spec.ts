import { RedisNodes } from '../../src/cluster/redis.ts';
import { systemClock } from '../../src/hub/clock.ts';
import type { Nodes } from '../../src/hub/nodes.ts';
import { nodesContract } from '../contracts/nodes.ts';
import { silent } from '../support/hub-bench.ts';
import { TcpProxy } from '../support/proxy.ts';
import { type AnyRedis, newPrefix, startRedis } from '../support/redis.ts';

/** Shorter than in earnest, and the grace long enough for what may not happen before it is over. */
const TIMES = { beat: 20, lease: 100, patience: 250, grace: 200 };

describe('RedisNodes', function () {
  this.timeout(15_000);
  let redis: AnyRedis;

  before(async function () {
    redis = await startRedis(this);
  });
  after(() => redis?.stop());

  nodesContract('RedisNodes', async () => {
    const prefix = newPrefix();
    const proxies = new Map<Nodes, TcpProxy>();
    return {
      join: async () => {
        const proxy = await TcpProxy.before(redis.url);
        const url = proxy.url.replace('http:', 'redis:');
        const nodes = new RedisNodes({ url, prefix, clock: systemClock, logger: silent, ...TIMES });
        proxies.set(nodes, proxy);
        return nodes;
      },
      pause: (nodes) => proxies.get(nodes)!.blackHole(),
      resume: (nodes) => proxies.get(nodes)!.heal(),
      until: async (condition) => {
        while (!condition()) await turn(5);
      },
      pass: () => turn(TIMES.lease + TIMES.grace),
      close: async () => {
        const all = [...proxies];
        await Promise.all(all.map(([nodes]) => nodes.stop()));
        await Promise.all(all.map(([, proxy]) => proxy.close()));
      },
    };
  });
});

function turn(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
