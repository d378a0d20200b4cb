import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import type { Entry, Receipt } from '../../src/hub/ports.ts';
import { SqliteLog, type SqliteLogOptions } from '../../src/log/sqlite.ts';
import { FILE } from '../../src/log/store/database.ts';
import { Refusal } from '../../src/protocol/errors.ts';
import { chat, logContract, presence, survivingLogContract, words } from '../contracts/log.ts';
import { Deferred } from '../support/deferred.ts';
import { newFolder, removeFolders } from '../support/folder.ts';
import { HandClock } from '../support/hand-clock.ts';
import { silent } from '../support/hub-bench.ts';
import { parseId } from '../support/ids.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

const OPTIONS = { messages: 50, age: 60_000, bytes: 64 * 1024 ** 2, durability: 'normal' } as const;

function bench(options: Partial<SqliteLogOptions> = {}) {
  const clock = new HandClock();
  const all = { clock, logger: silent, folder: newFolder(), ...OPTIONS, ...options };
  return { log: new SqliteLog(all), clock, kept: all.messages, age: all.age, reopen: async () => new SqliteLog(all) };
}

logContract('SqliteLog', async () => bench());
survivingLogContract('SqliteLog', async () => bench());

describe('SqliteLog', () => {
  const logs: SqliteLog[] = [];

  afterEach(() => Promise.all(logs.splice(0).map((log) => log.close())));
  after(removeFolders);

  /** A log that is open, with its thread, and what it says to the operator. */
  async function setup(options: Partial<SqliteLogOptions> = {}) {
    const logger = new RecordingLogger();
    const { log, clock } = bench({ logger, ...options });
    logs.push(log);
    const delivered: Entry[] = [];
    const created = once(process, 'worker');
    const first = await log.start((entries) => delivered.push(...entries));
    const [thread] = (await created) as [Worker];
    return { log, clock, logger, delivered, first, thread };
  }

  /** A fault that nobody thought of. */
  const crash = (thread: Worker) => thread.postMessage(null);

  const refused = async (promise: Promise<unknown>) => {
    const error = await promise.catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Refusal).with.property('code', 'unavailable');
  };

  it('says at its start why it can’t be opened, in one line', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, FILE), 'something else');
    const { log } = bench({ folder });
    const error = await log.start(() => {}).catch((reason) => reason);
    expect(error.message).to.match(/^The log .*log\.db is damaged \(file is not a database\): move it away .*$/);
    expect(log.ready()).not.to.be.empty;
    await log.close();
  });

  it('says so where only the inside of the file is damaged', async () => {
    const folder = newFolder();
    const { log } = await setup({ folder });
    await log.publish(chat('kept', ['a']));
    await log.close();
    const file = join(folder, FILE);
    writeFileSync(file, readFileSync(file).fill(0xff, 4096));
    const { log: again } = bench({ folder });
    const error = await again.start(() => {}).catch((reason) => reason);
    expect(error.message).to.match(/^The log .*log\.db is damaged \(.*malformed\): move it away .*$/);
  });

  it('refuses everything before its start', async () => {
    const { log } = bench();
    await refused(log.publish(chat('early', ['a'])));
    await refused(log.states('a'));
    await log.close();
  });

  it('can wait for the disk at each commit', async () => {
    const { log, delivered } = await setup({ durability: 'full' });
    await log.publish(chat('kept', ['a']));
    expect(words(delivered)).to.deep.equal(['kept']);
  });

  it('ends once, whoever waits for it', async () => {
    const { log, thread } = await setup();
    const exit = once(thread, 'exit');
    expect(log.close()).to.equal(log.close());
    await log.close();
    await exit;
  });

  describe('on a disk that stands still', () => {
    it('says so, holds a bounded amount, and lets comings and goings wait', async () => {
      const { log, clock, thread } = await setup();
      thread.removeAllListeners('message');
      const large = 'x'.repeat(1024 ** 2);
      const waiting = Array.from({ length: 64 }, () => refused(log.publish(chat(large, ['a']))));
      await refused(log.publish(chat('one too many', ['a'])));
      let settled = false;
      const coming = refused(log.publish(presence('a'))).then(() => {
        settled = true;
      });
      await once(thread, 'message');
      clock.advance(10_001);
      expect(log.ready()).to.deep.equal(['log: the disk does not answer']);
      expect(settled).to.equal(false);
      crash(thread);
      await Promise.all([...waiting, coming]);
    });
  });

  describe('on a full disk', () => {
    const tooMuch = () => Array.from({ length: 100 }, () => chat('x'.repeat(10_000), ['a']));

    it('refuses and hands out nothing, and heals by itself', async () => {
      const { log, clock, logger, delivered, first } = await setup({ bytes: 256 * 1024 });
      await Promise.all(tooMuch().map((draft) => refused(log.publish(draft))));
      expect(delivered).to.be.empty;
      expect(log.ready()).to.deep.equal(['log: database or disk is full']);
      expect(logger.lines).to.deep.equal(['the log takes nothing: database or disk is full']);
      clock.advance(1000);
      await logger.said('the log takes messages again');
      expect(log.ready()).to.be.empty;
      const { n } = await log.publish(chat('after', ['a']));
      expect(n).to.equal(first + 1);
      expect(words(delivered)).to.deep.equal(['after']);
    });

    it('heals at once where something can be kept', async () => {
      const { log, delivered } = await setup({ bytes: 256 * 1024 });
      const lost = tooMuch().map((draft) => refused(log.publish(draft)));
      await Promise.all([...lost, log.sync()]);
      await log.publish(chat('small', ['a']));
      expect(log.ready()).to.be.empty;
      expect(words(delivered)).to.deep.equal(['small']);
    });
  });

  describe('when its thread ends', () => {
    it('refuses what was under way, opens again by itself, and goes on above', async () => {
      const { log, clock, logger, delivered, thread } = await setup();
      const before = await log.publish({ ...chat('before', ['a']), clientMsgId: { user: 'ana', id: 'm1' } });
      await log.saveSession({ id: 's', user: { id: 'ana', name: 'Ana' }, rooms: [], open: true });
      crash(thread);
      await Promise.all([refused(log.publish(chat('lost', ['a']))), refused(log.states('a'))]);
      expect(log.ready()[0]).to.match(/^log: its thread has failed: \w/);
      await refused(log.publish(chat('lost, too', ['a'])));
      clock.advance(1000);
      await logger.said('the log takes messages again');
      const after = await log.publish(chat('after', ['a']));
      expect(after.n).to.be.greaterThan(before.n);
      expect(words(delivered)).to.deep.equal(['before', 'after']);
      const again = await log.publish({ ...chat('again', ['a']), clientMsgId: { user: 'ana', id: 'm1' } });
      expect(again).to.deep.equal({ ...before, duplicate: true });
      expect(await log.openSessions()).to.be.empty;
    });

    it('hands out what was committed though nobody was told', async () => {
      const { log, clock, logger, delivered, thread } = await setup();
      // The answer to the commit is lost with the thread.
      thread.removeAllListeners('message');
      const receipt = log.publish({ ...chat('kept', ['a', 'b']), clientMsgId: { user: 'ana', id: 'm1' } });
      await Promise.all([refused(receipt), once(thread, 'message').then(() => crash(thread))]);
      expect(delivered).to.be.empty;
      clock.advance(1000);
      await logger.said('the log takes messages again');
      expect(words(delivered)).to.deep.equal(['kept']);
      const again = await log.publish({ ...chat('again', ['a', 'b']), clientMsgId: { user: 'ana', id: 'm1' } });
      expect(again).to.deep.include({ id: delivered[0]!.message.id, duplicate: true });
      await log.publish(chat('next', ['b']));
      expect(words(delivered)).to.deep.equal(['kept', 'next']);
    });

    it('tries until it works', async () => {
      const folder = newFolder();
      const { log, clock, logger, thread } = await setup({ folder });
      crash(thread);
      await logger.said('the log takes nothing: its thread has failed');
      const { log: other } = bench({ folder });
      await other.start(() => {});
      clock.advance(1000);
      await logger.said(`the log takes nothing: The log ${join(folder, FILE)} is in use by another process`);
      expect(log.ready()[0]).to.match(/is in use by another process$/);
      await other.close();
      clock.advance(1000);
      await logger.said('the log takes messages again');
      await log.publish(chat('after', ['a']));
    });

    it('can be closed', async () => {
      const { log, thread } = await setup();
      const lost = refused(log.publish(chat('lost', ['a'])));
      crash(thread);
      await log.close();
      await lost;
    });
  });

  describe('with another process', () => {
    const children: ChildProcess[] = [];

    afterEach(() => {
      for (const child of children.splice(0)) child.kill('SIGKILL');
    });

    /** A process that publishes as fast as it can; what it was told is kept, until it is killed. */
    async function startWriter(folder: string, name: string) {
      const path = fileURLToPath(new URL('../support/log-writer.ts', import.meta.url));
      const child = spawn(process.execPath, ['--import', 'tsx', path, folder, name]);
      children.push(child);
      const exit = once(child, 'exit');
      const lines: string[] = [];
      const enough = new Deferred<void>();
      const open = new Deferred<void>();
      let stderr = '';
      child.stderr.on('data', (text) => (stderr += text));
      const reader = createInterface(child.stdout);
      const end = once(reader, 'close');
      reader.on('line', (line) => {
        if (line === 'open') return open.resolve();
        lines.push(line);
        if (lines.length === 2000) enough.resolve();
      });
      await Promise.race([open.promise, exit.then(() => Promise.reject(new Error(stderr)))]);
      const kill = async () => {
        await enough.promise;
        child.kill('SIGKILL');
        await Promise.all([exit, end]);
        expect(stderr).to.equal('');
        return lines.map(toReceipt);
      };
      return { kill };
    }

    it('is refused while that one has the folder, and not after it was killed; nothing is lost, no N given twice', async () => {
      const folder = newFolder();
      const one = await startWriter(folder, 'one');
      const error = await bench({ folder })
        .log.start(() => {})
        .catch((reason) => reason);
      expect(error.message).to.equal(`The log ${join(folder, FILE)} is in use by another process`);
      const kept = [...(await one.kill()), ...(await (await startWriter(folder, 'two')).kill())];

      const { log, first } = await setup({ folder, messages: 1_000_000, age: 3_600_000 });
      expect(new Set(kept.map(({ n }) => n)).size).to.equal(kept.length);
      expect(first).to.be.greaterThan(Math.max(...kept.map(({ n }) => n)));
      const rooms = new Map(Array.from({ length: 5 }, (_, i) => [`room${i}`, 0]));
      const after = kept[0]!.n - 1;
      const page = await log.read({ rooms, after, upTo: first, limit: 10_000_000 });
      expect(page.complete).to.equal(true);
      const found = new Map(page.entries.map(({ n, message }) => [n, `${message.id} ${message.content}`]));
      for (const { n, id, content } of kept) expect(found.get(n)).to.equal(`${id} ${content}`);
      for (const { id } of kept.slice(-10)) expect(await log.check(parseId(id))).to.equal('known');
      const { n, id, content } = kept.at(-1)!;
      const again = await log.publish({ ...chat(content, ['room0']), clientMsgId: { user: 'ana', id: content } });
      expect(again).to.deep.equal({ n, id, timestamp: parseId(id).timestamp, duplicate: true });
    });
  });
});

function toReceipt(line: string): Pick<Receipt, 'n' | 'id'> & { content: string } {
  const [n, id = '', content = ''] = line.split(' ');
  return { n: Number(n), id, content };
}
