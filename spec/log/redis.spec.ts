import { systemClock } from '../../src/hub/clock.ts';
import { RedisLog, type RedisLogOptions } from '../../src/log/redis.ts';
import { logContract, survivingLogContract } from '../contracts/log.ts';
import { HandClock } from '../support/hand-clock.ts';
import { silent } from '../support/hub-bench.ts';
import { RedisServer } from '../support/redis.ts';

const OPTIONS = { messages: 200, age: 60_000, clock: systemClock, logger: silent };

describe('RedisLog', () => {
  let redis: RedisServer;
  let count = 0;

  before(async function () {
    redis = await RedisServer.start(this);
  });

  after(() => redis?.stop());

  async function bench(options: Partial<RedisLogOptions> = {}) {
    const clock = new HandClock();
    const prefix = `spec${++count}`;
    const all = { ...OPTIONS, url: redis.url, prefix, now: () => clock.now(), ...options };
    return { log: new RedisLog(all), clock, kept: all.messages, age: all.age, reopen: async () => new RedisLog(all) };
  }

  logContract('RedisLog', bench);
  survivingLogContract('RedisLog', bench, true);
});
