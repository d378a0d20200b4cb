import { expect } from 'chai';
import { systemClock } from '../../src/hub/clock.ts';
import type { Entry, PresenceChange, Receipt } from '../../src/hub/ports.ts';
import { RedisLog, type RedisLogOptions } from '../../src/log/redis.ts';
import { Refusal } from '../../src/protocol/errors.ts';
import { chat, ephemeral, presence } from '../contracts/log.ts';
import { parseId } from '../support/ids.ts';
import { Command } from '../support/process.ts';
import { TcpProxy } from '../support/proxy.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { RedisServer } from '../support/redis.ts';

const OPTIONS = { prefix: 'slow', messages: 100_000, age: 3_600_000, clock: systemClock };

/** Who is present at a node that has to say so again. */
const HERE = [presence('a').presence!];

describe('RedisLog, slowly', function () {
  this.timeout(60_000);
  let redis: RedisServer;
  const logs: RedisLog[] = [];

  afterEach(async () => {
    await Promise.all(logs.splice(0).map((log) => log.close()));
    await redis?.stop('SIGKILL');
  });

  async function node(options: Partial<RedisLogOptions> = {}) {
    const logger = new RecordingLogger();
    const log = new RedisLog({ ...OPTIONS, url: redis.url, logger, ...options });
    logs.push(log);
    const delivered: Entry[] = [];
    const restarts: [n: number, present: readonly PresenceChange[] | undefined][] = [];
    const first = await log.start(
      (entries) => delivered.push(...entries),
      (n, present) => {
        restarts.push([n, present]);
        return present ? [] : HERE;
      },
    );
    return { log, logger, delivered, restarts, first };
  }

  type Node = Awaited<ReturnType<typeof node>>;

  /** Publishes until it is told to stop; what is refused is sent again as a client would. @returns what was acknowledged */
  function talk({ log }: Node, name: string) {
    const kept: Receipt[] = [];
    let refusals = 0;
    let going = true;
    const done = (async () => {
      for (let i = 0; going; i++) {
        const draft = { ...chat(`${name}-${i}`, ['a']), clientMsgId: { user: name, id: `${i}` } };
        for (;;) {
          try {
            kept.push(await log.publish(draft));
            break;
          } catch (error) {
            expect(error).to.be.instanceOf(Refusal);
            refusals += 1;
            await pause(20);
          }
        }
      }
    })();
    const end = async () => {
      going = false;
      await done;
      return { kept, refusals };
    };
    return { kept, end };
  }

  /** Everything that was acknowledged is kept, once; both nodes have handed out the same. */
  async function judge(a: Node, b: Node, kept: Receipt[]) {
    await Promise.all([a.log.sync(), b.log.sync()]);
    expect(a.delivered.map(({ n }) => n)).to.deep.equal(a.delivered.map((_, i) => a.first + 1 + i));
    expect(b.delivered).to.deep.equal(a.delivered);
    const given = new Map(a.delivered.map(({ n, message }) => [n, message.id]));
    expect(kept.filter(({ n, id }) => given.get(n) !== id)).to.be.empty;
    const contents = a.delivered.map(({ message }) => message.content);
    expect(new Set(contents).size).to.equal(contents.length);
    const upTo = a.delivered.at(-1)!.n;
    const rooms = new Map(['a', 'b'].map((room) => [room, 0]));
    const page = await a.log.read({ rooms, after: a.first, upTo, limit: 100_000 });
    expect(page.complete).to.equal(true);
    expect(page.entries).to.have.length(a.delivered.length);
    expect([...a.restarts, ...b.restarts]).to.be.empty;
  }

  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const timed = async (promise: Promise<unknown>) => {
    const start = performance.now();
    await promise;
    return performance.now() - start;
  };

  it('refuses within 3 seconds where Redis stands still, at once from then on, and goes on when it does', async function () {
    redis = await RedisServer.start(this);
    const [a, b] = [await node(), await node()];
    const talks = [talk(a, 'a'), talk(b, 'b')];
    await pause(300);
    redis.freeze();
    const refused = (promise: Promise<unknown>) =>
      promise.then(
        () => expect.fail('published'),
        (error) => expect(error).to.be.instanceOf(Refusal),
      );
    expect(await timed(refused(a.log.publish(chat('x', ['b']))))).to.be.lessThan(3000);
    await refused(a.log.sync());
    await a.logger.said('the log takes nothing: Redis ');
    expect(await timed(refused(a.log.publish(chat('x', ['b']))))).to.be.lessThan(200);
    expect(a.log.ready()).to.have.length(1);
    await pause(7000);
    redis.thaw();
    const [back] = await Promise.all([a, b].map(({ logger }) => timed(logger.said('the log takes messages again'))));
    expect(back).to.be.lessThan(5000);
    await pause(300);
    const [one, two] = await Promise.all(talks.map(({ end }) => end()));
    // What was refused meanwhile may have been kept all the same, and is handed out then.
    const rest = a.delivered.filter(({ message }) => message.content === 'x');
    expect(rest.length).to.be.at.most(1);
    await judge(
      a,
      b,
      [...one!.kept, ...two!.kept].filter(({ duplicate }) => !duplicate),
    );
  });

  it('loses nothing that was acknowledged where Redis is killed, again and again, and writes all it says', async function () {
    redis = await RedisServer.start(this, '--appendonly', 'yes', '--appendfsync', 'always');
    const [a, b] = [await node(), await node()];
    const talks = [talk(a, 'a'), talk(b, 'b')];
    for (let i = 0; i < 4; i++) {
      await pause(500);
      await redis.stop('SIGKILL');
      await pause(i * 300);
      await redis.start();
      const back = timed(untilReady(a, b));
      expect(await back).to.be.lessThan(5000);
    }
    await pause(300);
    const [one, two] = await Promise.all(talks.map(({ end }) => end()));
    expect(one!.refusals).to.be.greaterThan(0);
    expect(one!.kept.length).to.be.greaterThan(100);
    await judge(a, b, [...one!.kept, ...two!.kept]);
  });

  const untilReady = async (...nodes: Node[]) => {
    while (nodes.some(({ log }) => log.ready().length > 0)) await pause(20);
  };

  it('gives no N again, and says so, where Redis comes back without its last moments', async function () {
    redis = await RedisServer.start(this, '--dbfilename', 'dump.rdb');
    const [a, b] = [await node(), await node()];
    const old = await a.log.publish(chat('old', ['a']));
    await a.log.publish(presence('a'));
    await redis.command('SAVE');
    const lost = await a.log.publish(chat('lost', ['a']));
    await b.log.sync();
    await redis.stop('SIGKILL');
    await redis.start();
    await untilReady(a, b);
    const { n } = await b.log.publish(chat('after', ['a']));
    expect(n).to.be.greaterThan(lost.n + 99_999);
    await a.log.sync();
    for (const { restarts, delivered } of [a, b]) {
      expect(restarts).to.have.length(1);
      expect(delivered.map(({ message }) => message.content)).to.deep.equal(['old', 'Ana', 'lost', 'after']);
      expect(restarts[0]![1]).to.equal(undefined);
    }
    // Who lives has said so again.
    expect((await node()).log.present()).to.deep.equal(HERE);
    expect(await a.log.check(parseId(lost.id))).to.equal('unknown');
    expect(await a.log.check(parseId(old.id))).to.equal('unknown');
    const page = await a.log.read({ rooms: new Map([['a', 0]]), after: old.n, upTo: n, limit: 10 });
    expect(page.complete).to.equal(false);
    expect((await a.log.history({ room: 'a', limit: 10 })).entries.map(({ message }) => message.content)).to.deep.equal(
      ['old', 'after'],
    );
  });

  const isLevel = ({ log }: Node) =>
    log.sync().then(
      () => true,
      () => false,
    );

  it('finds out by itself that a network swallows everything, and is back when it does not', async function () {
    redis = await RedisServer.start(this);
    const proxy = await TcpProxy.before(redis.url);
    const [a, b] = [await node(), await node({ url: proxy.url.replace('http:', 'redis:') })];
    await b.log.sync();
    for (let i = 0; i < 2; i++) {
      proxy.blackHole();
      const receipt = a.log.publish(chat(`${i}`, ['a']));
      const refusal = b.log.publish(chat('lost', ['a'])).catch((error: unknown) => error);
      expect(await refusal).to.be.instanceOf(Refusal);
      await receipt;
      while (!(await isLevel(b))) await pause(20);
    }
    const heard = ({ delivered }: Node) =>
      delivered.map(({ message }) => message.content).filter((text) => text !== 'lost');
    expect(heard(b)).to.deep.equal(['0', '1']);
    expect(b.restarts).to.be.empty;
    await Promise.all(logs.splice(0).map((log) => log.close()));
    await proxy.close();
  });

  it('stays in order under load while ears are cut, connections reset and scripts forgotten', async function () {
    redis = await RedisServer.start(this);
    const proxy = await TcpProxy.before(redis.url);
    const [a, b] = [await node(), await node({ url: proxy.url.replace('http:', 'redis:') })];
    const talks = Array.from({ length: 40 }, (_, i) => talk(i % 2 ? a : b, `t${i}`));
    const noise = setInterval(() => a.log.publish(ephemeral('noise', 'a')).catch(() => {}), 5);
    for (let i = 0; i < 20; i++) {
      await pause(150);
      if (i % 3 === 0) await redis.cutEars();
      if (i % 3 === 1) proxy.cut();
      if (i % 3 === 2) await redis.command('SCRIPT', 'FLUSH');
    }
    clearInterval(noise);
    await pause(500);
    const ends = await Promise.all(talks.map(({ end }) => end()));
    const durable = ({ delivered }: Node) => delivered.filter(({ class: kind }) => kind === 'durable');
    await Promise.all([a.log.sync(), b.log.sync()]);
    const kept = ends.flatMap((end) => end.kept);
    await judge({ ...a, delivered: durable(a) }, { ...b, delivered: durable(b) }, kept);
    await Promise.all(logs.splice(0).map((log) => log.close()));
    await proxy.close();
  });

  it('gives up a start where Redis stands still', async function () {
    redis = await RedisServer.start(this);
    redis.freeze();
    const error = await node().catch((reason) => reason);
    expect(error.message).to.match(
      /^Redis at redis:\/\/127\.0\.0\.1:\d+ does not answer: look after it, or set REDIS_URL/,
    );
  });

  it('ends a start without Redis in one line, with exit code 1', async () => {
    const command = new Command([], { LOG: '', REDIS_URL: 'redis://ana:geheim@127.0.0.1:1/2' });
    expect(await command.exit()).to.equal(1);
    expect(command.stderr).to.equal(
      'Redis at redis://127.0.0.1:1/2 can’t be reached (connect ECONNREFUSED 127.0.0.1:1): start it, or set REDIS_URL to where it is\n',
    );
    expect(command.stdout).to.equal('');
  });
});
