import net, { type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { systemClock } from '../../src/hub/clock.ts';
import type { Draft, Entry, PresenceChange, Receipt } from '../../src/hub/ports.ts';
import { RedisLog, type RedisLogOptions } from '../../src/log/redis.ts';
import { Refusal } from '../../src/protocol/errors.ts';
import { chat, ephemeral, logContract, presence, state, survivingLogContract, words } from '../contracts/log.ts';
import { HandClock } from '../support/hand-clock.ts';
import { silent } from '../support/hub-bench.ts';
import { parseId } from '../support/ids.ts';
import { TcpProxy } from '../support/proxy.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { type AnyRedis, newPrefix, RedisServer, startRedis } from '../support/redis.ts';

const OPTIONS = { messages: 200, age: 60_000, clock: systemClock, logger: silent };

describe('RedisLog, whose Redis may be another’s', () => {
  let redis: AnyRedis;

  before(async function () {
    redis = await startRedis(this);
  });

  after(() => redis?.stop());

  async function bench() {
    const clock = new HandClock();
    const all = { ...OPTIONS, url: redis.url, prefix: newPrefix(), now: () => clock.now() };
    return { log: new RedisLog(all), clock, kept: all.messages, age: all.age, reopen: async () => new RedisLog(all) };
  }

  logContract('RedisLog', bench);
  survivingLogContract('RedisLog', bench, true);
});

describe('RedisLog', function () {
  this.timeout(15_000);
  let redis: RedisServer;
  let count = 0;
  const logs: RedisLog[] = [];

  before(async function () {
    redis = await RedisServer.start(this);
  });

  beforeEach(() => {
    count += 1;
  });

  afterEach(() => Promise.all(logs.splice(0).map((log) => log.close())));
  after(() => redis?.stop());

  const prefix = () => `spec${count}`;

  /** One more node of this test's deployment. */
  async function node(options: Partial<RedisLogOptions> = {}) {
    const logger = new RecordingLogger();
    const all = { ...OPTIONS, url: redis.url, prefix: prefix(), messages: 10_000, logger, ...options };
    const log = new RedisLog(all);
    logs.push(log);
    const delivered: Entry[] = [];
    const restarts: [n: number, present: readonly PresenceChange[] | undefined][] = [];
    const first = await log.start(
      (entries) => delivered.push(...entries),
      (n, present) => {
        restarts.push([n, present]);
        return [];
      },
    );
    // Whoever starts it has to know first where the order stands.
    expect(delivered).to.be.empty;
    return { log, logger, delivered, restarts, first };
  }

  const refused = async (promise: Promise<unknown>) => {
    const error = await promise.catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Refusal).with.property('code', 'unavailable');
  };

  const startOf = (options: Partial<RedisLogOptions>) =>
    new RedisLog({ ...OPTIONS, url: redis.url, prefix: prefix(), ...options })
      .start(() => {})
      .then(
        () => '',
        (error: Error) => error.message,
      );

  const places = (entries: readonly Entry[]) =>
    entries.filter((entry) => entry.class !== 'ephemeral').map(({ n }) => n);
  const dense = (first: number, length: number) => Array.from({ length }, (_, i) => first + 1 + i);
  const mixed = (name: string, i: number): Draft =>
    [chat, (text: string) => state('k', text, 'a'), (text: string) => ephemeral(text, 'a')][i % 3]!(`${name}${i}`, [
      'a',
    ]);

  /** Publishes one after another, each when the one before has been handed out. */
  async function talk(log: RedisLog, name: string, length: number): Promise<Receipt[]> {
    const receipts: Receipt[] = [];
    for (let i = 0; i < length; i++) receipts.push(await log.publish(chat(`${name}${i}`, ['a'])));
    return receipts;
  }

  describe('of two nodes', () => {
    it('hands out the same everywhere, in the same order', async () => {
      const [a, b] = [await node(), await node()];
      const publish = (log: RedisLog, name: string) =>
        Array.from({ length: 600 }, (_, i) => log.publish(mixed(name, i)));
      await Promise.all([...publish(a.log, 'a'), ...publish(b.log, 'b')]);
      await Promise.all([a.log.sync(), b.log.sync()]);
      expect(a.delivered).to.have.length(1200);
      expect(b.delivered).to.deep.equal(a.delivered);
      expect(places(a.delivered)).to.deep.equal(dense(a.first, 800));
      expect(new Set(a.delivered.map(({ message }) => message.id)).size).to.equal(1200);
    });

    it('knows a clientMsgId everywhere, and waits for its message', async () => {
      const [a, b] = [await node(), await node()];
      const draft = { ...chat('once', ['a']), clientMsgId: { user: 'ana', id: 'm1' } };
      const [one, two] = await Promise.all([a.log.publish(draft), b.log.publish(draft)]);
      expect([one.duplicate, two.duplicate]).to.have.members([true, undefined]);
      expect(one.id).to.equal(two.id);
      expect(words(a.delivered)).to.deep.equal(['once']);
      expect(words(b.delivered)).to.deep.equal(['once']);
    });

    it('goes on at the same N where one more node starts', async () => {
      const a = await node();
      await talk(a.log, 'x', 3);
      const b = await node();
      expect(b.first).to.equal(a.first + 3);
      expect((await b.log.publish(chat('next', ['a']))).n).to.equal(a.first + 4);
    });

    it('keeps deployments apart that share a Redis', async () => {
      const others = [await node(), await node({ url: `${redis.url}/1` }), await node({ prefix: `${prefix()}b` })];
      for (const { log } of others) await talk(log, 'x', 3);
      await Promise.all(others.map(({ log }) => log.sync()));
      for (const { delivered, restarts, first } of others) {
        expect(places(delivered)).to.deep.equal(dense(first, 3));
        expect(restarts).to.be.empty;
      }
    });

    it('does not let go of their order where Redis forgets the scripts', async () => {
      const { log, delivered } = await node();
      const all = [];
      for (let i = 0; i < 40; i++) {
        if (i % 10 === 5) void redis.command('SCRIPT', 'FLUSH');
        for (let j = 0; j < 25; j++) all.push(log.publish(chat(`${i * 25 + j}`, ['a'])));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(all);
      expect(words(delivered)).to.deep.equal(Array.from({ length: 1000 }, (_, i) => `${i}`));
    });

    it('is not taken in by an id that nobody gave', async () => {
      const { log } = await node();
      const { n, timestamp } = await log.publish(chat('x', ['a']));
      expect(await log.check({ n, timestamp })).to.equal('known');
      expect(await log.check({ n, timestamp: timestamp - 1 })).to.equal('unknown');
      expect(await log.check({ n: n + 1, timestamp })).to.equal('unknown');
      expect(await log.check({ n: 3, timestamp })).to.equal('unknown');
    });
  });

  describe('who is present', () => {
    const passage = (type: 'user_joined' | 'user_left', session: string): Draft => {
      const draft = presence('a');
      return { ...draft, body: { ...draft.body, type }, presence: { ...draft.presence!, session } };
    };

    it('is told to a node that starts, in the order of their coming, without those who left', async () => {
      const { log } = await node();
      const ids = Array.from({ length: 200 }, (_, i) => `s${(i * 7) % 200}`);
      await Promise.all(ids.map((id) => log.publish(passage('user_joined', id))));
      const { presence: change, ...goodbye } = passage('user_left', 's7');
      await log.publish({ ...goodbye, presence: { ...change!, claims: 'secret', lost: true } });
      await log.publish(passage('user_left', 'nobody'));
      await log.publish(passage('user_joined', 's0'));
      const b = await node();
      expect(b.log.present().map(({ session }) => session)).to.deep.equal(ids.filter((id) => id !== 's7'));
      expect(b.log.present()[0]).to.deep.equal(passage('user_joined', 's0').presence);
    });

    it('is told as of just where the order goes on', async () => {
      const a = await node();
      let going = true;
      const crowd = (async () => {
        for (let i = 0; going; i++) {
          const session = `s${i % 50}`;
          await a.log.publish(passage(i % 100 < 50 ? 'user_joined' : 'user_left', session));
        }
      })();
      const others = [];
      for (let i = 0; i < 5; i++) others.push(await node());
      going = false;
      await crowd;
      for (const { log, first, delivered } of others) {
        await log.sync();
        expect(places(delivered)).to.deep.equal(dense(first, delivered.length));
        const here = new Set(log.present().map(({ session }) => session));
        const before = new Set<string>();
        for (const { n, message, presence: change } of a.delivered) {
          if (n > first) break;
          if (message.type === 'user_joined') before.add(change!.session);
          else before.delete(change!.session);
        }
        expect([...here]).to.have.members([...before]);
      }
    });
  });

  describe('a node whose ears are cut', () => {
    it('misses nothing, and nobody is refused', async () => {
      const [a, b] = [await node(), await node()];
      const talking = [talk(a.log, 'a', 400), talk(b.log, 'b', 400)];
      for (let i = 0; i < 3; i++) {
        await new Promise((resolve) => setTimeout(resolve, 60));
        await redis.cutEars();
      }
      await Promise.all(talking);
      await Promise.all([a.log.sync(), b.log.sync()]);
      expect(places(a.delivered)).to.deep.equal(dense(a.first, 800));
      expect(b.delivered).to.deep.equal(a.delivered);
      expect([...a.restarts, ...b.restarts]).to.be.empty;
    });

    it('hears of what it published itself, though it takes no place', async () => {
      const { log, delivered } = await node();
      const receipts = [];
      for (let i = 0; i < 20; i++) {
        receipts.push(log.publish(ephemeral(`${i}`, 'a')));
        if (i === 10) await redis.cutEars();
      }
      await Promise.all(receipts);
      expect(words(delivered).sort()).to.deep.equal(Array.from({ length: 20 }, (_, i) => `${i}`).sort());
    });

    /** A node behind a network of its own, cut off while another one publishes. */
    async function cutOff(meanwhile: (log: RedisLog) => Promise<unknown>) {
      const proxy = await TcpProxy.before(redis.url);
      try {
        const [a, b] = [await node(), await node({ url: proxy.url.replace('http:', 'redis:') })];
        await a.log.publish(presence('a'));
        await b.log.sync();
        proxy.blackHole();
        await meanwhile(a.log);
        proxy.cut();
        await b.logger.said('the log takes messages again');
        await b.log.sync();
        await b.log.publish(chat('after', ['a']));
        await a.log.sync();
        return { a, b };
      } finally {
        await Promise.all(logs.splice(0).map((log) => log.close()));
        await proxy.close();
      }
    }

    it('reads what it has missed: of every class, in many parts', async () => {
      const { a, b } = await cutOff((log) =>
        Promise.all(
          Array.from({ length: 1500 }, (_, i) =>
            log.publish(i % 3 ? chat(`${i}`, ['a', 'b']) : state('k', `${i}`, 'c')),
          ),
        ),
      );
      expect(b.delivered).to.deep.equal(a.delivered);
      expect(b.restarts).to.be.empty;
    });

    it('is told that the order goes on behind a gap, where that can’t be had any more', async () => {
      const { a, b } = await cutOff(async (log) => {
        await talk(log, 'x', 5);
        await redis.command('DEL', `{${prefix()}}:moves`);
      });
      expect(b.restarts).to.deep.equal([[a.first + 6, [presence('a').presence]]]);
      expect(words(b.delivered)).to.deep.equal(['Ana', 'after']);
      expect(b.delivered.at(-1)).to.deep.equal(a.delivered.at(-1));
    });

    it('is told so, too, where one place in a large gap is gone', async () => {
      const { a, b } = await cutOff(async (log) => {
        const receipts = await Promise.all(Array.from({ length: 700 }, (_, i) => log.publish(chat(`${i}`, ['a']))));
        await redis.command('XDEL', `{${prefix()}}:moves`, `${receipts[400]!.n}-0`);
      });
      expect(b.restarts.map(([n]) => n)).to.deep.equal([a.first + 701]);
    });

    it('is told so, too, where a message of the gap is trimmed in its room', async () => {
      const { a, b } = await cutOff(async (log) => {
        await talk(log, 'x', 5);
        await redis.command('XTRIM', `{${prefix()}}:room:a`, 'MAXLEN', '2');
      });
      expect(b.restarts.map(([n]) => n)).to.deep.equal([a.first + 6]);
    });
  });

  describe('a Redis that has lost everything', () => {
    const wipe = () =>
      redis.script(`for _, key in ipairs(redis.call('KEYS', '{${prefix()}}:*')) do redis.call('DEL', key) end`);

    it('goes on far above what nodes have seen; nothing from before is known; all are told', async () => {
      const [a, b] = [await node(), await node()];
      const { n, id } = (await talk(a.log, 'x', 3)).at(-1)!;
      await a.log.saveSession({ id: 's', user: { id: 'ana', name: 'Ana' }, rooms: ['a'], open: true });
      await b.log.sync();
      await wipe();
      const after = await a.log.publish(chat('after', ['a']));
      expect(after.n).to.be.greaterThan(n + 99_999);
      await b.log.publish(chat('and on', ['a']));
      expect(await a.log.check(parseId(id))).to.equal('unknown');
      expect(await a.log.check(parseId(after.id))).to.equal('known');
      await a.log.sync();
      for (const { restarts, delivered } of [a, b]) {
        expect(restarts).to.have.length(1);
        expect(restarts[0]![1]).to.equal(undefined);
        expect(words(delivered).at(-1)).to.equal('and on');
      }
      const { entries, complete } = await a.log.read({ rooms: new Map([['a', 0]]), after: n, upTo: after.n, limit: 9 });
      expect([entries, complete]).to.deep.equal([[], false]);
      expect(await b.log.session('s')).to.include({ id: 's', open: true });
    });

    it('does not let the date go back', async () => {
      let now = Date.now() + 3_600_000;
      const { log } = await node({ now: () => now });
      const one = await log.publish(chat('1', ['a']));
      await wipe();
      now -= 3_600_000;
      expect((await log.publish(chat('2', ['a']))).timestamp).to.equal(one.timestamp);
    });

    it('is noticed though nobody says anything', async () => {
      const a = await node();
      const { n } = (await talk(a.log, 'x', 3)).at(-1)!;
      await wipe();
      await a.logger.said('the log goes on behind a gap');
      const b = await node();
      expect(b.first).to.be.greaterThan(n + 99_999);
    });
  });

  describe('sessions', () => {
    const record = (id: string, since: number, open = true) => ({
      id: 's',
      user: { id: 'ana', name: 'Ana' },
      rooms: ['a'],
      open,
      holder: { id, since },
    });

    it('are of the later holder, whoever saves or closes them', async () => {
      const [a, b] = [await node(), await node()];
      await a.log.saveSession(record('a-1', 10));
      await b.log.saveSession(record('b-1', 20));
      await a.log.saveSession(record('a-1', 10));
      await a.log.closeSession('s');
      expect(await a.log.session('s')).to.deep.equal(record('b-1', 20));
      await b.log.saveSession({ ...record('b-1', 20), rooms: ['a', 'b'] });
      expect((await a.log.session('s'))?.rooms).to.deep.equal(['a', 'b']);
      await b.log.closeSession('s');
      expect(await a.log.session('s')).to.deep.equal({ ...record('b-1', 20, false), rooms: ['a', 'b'] });
    });

    it('live on while they are open, as the node that has them says so', async () => {
      const { log } = await node({ age: 4000 });
      await log.saveSession(record('a-1', 10));
      const ttl = () => redis.command('PTTL', `{${prefix()}}:session:s`) as Promise<number>;
      await redis.command('PEXPIRE', `{${prefix()}}:session:s`, '2000');
      const before = await ttl();
      const late = Date.now() + 5000;
      while ((await ttl()) <= before && Date.now() < late) await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await ttl()).to.be.greaterThan(2000);
    });
  });

  describe('a Redis that takes nothing', () => {
    after(() => redis.command('CONFIG', 'SET', 'maxmemory', '0'));

    it('is said to be full, and heals by itself; nothing of what was refused is kept', async () => {
      const { log, logger, delivered, first } = await node();
      await redis.command('CONFIG', 'SET', 'maxmemory', '1');
      await refused(log.publish(chat('lost', ['a'])));
      expect(log.ready()[0]).to.match(/^log: OOM/);
      await redis.command('CONFIG', 'SET', 'maxmemory', '0');
      await logger.said('the log takes messages again');
      expect(log.ready()).to.be.empty;
      expect((await log.publish(chat('kept', ['a']))).n).to.equal(first + 1);
      expect(words(delivered)).to.deep.equal(['kept']);
    });
  });

  describe('a start', () => {
    it('needs a Redis, and says in one line where it looked, without the password', async () => {
      expect(await startOf({ url: 'redis://ana:geheim@127.0.0.1:1/2' })).to.equal(
        'Redis at redis://127.0.0.1:1/2 can’t be reached (connect ECONNREFUSED 127.0.0.1:1): start it, or set REDIS_URL to where it is',
      );
    });

    it('says that it is refused, and lets in who knows the password', async () => {
      await redis.command('ACL', 'SETUSER', 'ana', 'on', '>geheim', '~*', '&*', '+@all');
      const { host } = new URL(redis.url);
      const message = await startOf({ url: `redis://ana:falsch@${host}` });
      expect(message)
        .to.match(
          /^Redis at redis:\/\/127\.0\.0\.1:\d+ refuses the connection \(WRONGPASS .*\): check user and password/,
        )
        .and.not.to.include('falsch');
      const { log } = await node({ url: `redis://ana:geheim@${host}` });
      await log.publish(chat('x', ['a']));
    });

    it('says what it is not allowed', async () => {
      await redis.command('ACL', 'SETUSER', 'cy', 'on', '>geheim', '~*', '&*', '+@all', '-evalsha');
      expect(await startOf({ url: `redis://cy:geheim@${new URL(redis.url).host}` })).to.match(
        /^Redis at redis:\/\/127\.0\.0\.1:\d+ refuses what a log needs: NOPERM .*$/,
      );
    });

    it('does without what a hosted Redis forbids', async () => {
      await redis.command('ACL', 'SETUSER', 'bo', 'on', '>geheim', '~*', '&*', '+@all', '-config');
      const { log, logger } = await node({ url: `redis://bo:geheim@${new URL(redis.url).host}` });
      await log.publish(chat('x', ['a']));
      expect(logger.lines).to.be.empty;
    });

    it('warns of a Redis that forgets', async () => {
      const { logger } = await node();
      expect(logger.lines).to.deep.equal([
        'Redis may lose messages: a restart takes all of them (appendonly no, save ""): set appendonly yes',
      ]);
      await redis.command('CONFIG', 'SET', 'save', '3600 1 60 10000');
      await redis.command('CONFIG', 'SET', 'maxmemory', '1gb', 'maxmemory-policy', 'allkeys-lru');
      const { logger: again } = await node();
      await redis.command('CONFIG', 'SET', 'save', '', 'maxmemory', '0', 'maxmemory-policy', 'noeviction');
      expect(again.lines).to.deep.equal([
        'Redis may lose messages: a crash takes those of up to the last 3600 seconds (appendonly no): set appendonly yes',
        'Redis may lose messages: it drops keys when its memory is full (maxmemory-policy allkeys-lru): set noeviction',
      ]);
    });

    for (const [info, line] of [
      ['redis_version:6.2.14', 'is too old (6.2.14): Ambos needs Redis 7.0 or newer'],
      ['redis_version:7.2.4\r\nrole:slave', 'is a replica, which takes no messages: set REDIS_URL to its primary'],
    ] as const) {
      it(`refuses one that ${line.slice(0, 10).trim()}…`, async () => {
        const listener = net.createServer((socket) => {
          socket.on('error', () => {});
          socket.on('data', (bytes) =>
            socket.write(`${bytes}`.includes('info') ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n'),
          );
        });
        await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
        const { port } = listener.address() as AddressInfo;
        expect(await startOf({ url: `redis://127.0.0.1:${port}` })).to.equal(
          `Redis at redis://127.0.0.1:${port} ${line}`,
        );
        await new Promise((resolve) => listener.close(resolve));
      });
    }
  });

  describe('a Redis that is away', () => {
    it('makes it refuse at once, and say why; it is back by itself, and goes on above', async () => {
      const { log, logger } = await node();
      const { n } = (await talk(log, 'x', 3)).at(-1)!;
      await redis.stop('SIGKILL');
      await logger.said('the log takes nothing: Redis can’t be reached');
      await refused(log.publish(chat('lost', ['a'])));
      await refused(log.sync());
      await refused(log.states('a'));
      expect(log.ready()[0]).to.match(/^log: Redis can’t be reached/);
      await redis.start();
      await logger.said('the log takes messages again');
      expect(log.ready()).to.be.empty;
      expect((await log.publish(chat('after', ['a']))).n).to.be.greaterThan(n + 99_999);
    });

    it('can be closed', async () => {
      const { log, logger } = await node();
      await redis.stop('SIGKILL');
      await logger.said('the log takes nothing');
      await log.close();
      await redis.start();
    });
  });
});
