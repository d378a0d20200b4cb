import { expect } from 'chai';
import type { Entry } from '../../src/hub/ports.ts';
import { MemoryLog } from '../../src/log/memory.ts';
import { chat, logContract } from '../contracts/log.ts';
import { HandClock } from '../support/hand-clock.ts';

const OPTIONS = { messages: 50, age: 60_000, bytes: 10_000_000 };

logContract('MemoryLog', async () => {
  const clock = new HandClock();
  return { log: new MemoryLog({ clock, ...OPTIONS }), clock, kept: OPTIONS.messages, age: OPTIONS.age };
});

describe('MemoryLog', () => {
  const setup = async (options: Partial<typeof OPTIONS> = {}) => {
    const clock = new HandClock();
    const log = new MemoryLog({ clock, ...OPTIONS, ...options });
    const delivered: Entry[] = [];
    const first = await log.start((entries) => delivered.push(...entries));
    const read = (room: string, after = first) =>
      log.read({ rooms: new Map([[room, 0]]), after, upTo: Number.MAX_SAFE_INTEGER, limit: 1000 });
    return { clock, log, delivered, first, read };
  };

  it('starts anywhere below a million, so that two lives hardly share an id', async () => {
    const starts = await Promise.all([setup(), setup(), setup()]);
    const numbers = starts.map(({ first }) => first);
    expect(new Set(numbers).size).to.be.greaterThan(1);
    expect(Math.max(...numbers)).to.be.below(1_000_000);
  });

  it('lets go of messages by age', async () => {
    const { clock, log, read, first } = await setup();
    await log.publish(chat('old', ['a']));
    clock.advance(61_000);
    await log.publish(chat('new', ['a']));
    expect((await read('a')).complete).to.equal(false);
    expect((await read('a', first + 1)).entries).to.have.length(1);
  });

  it('lets go of the oldest messages of all rooms beyond its size', async () => {
    const { log, read, first } = await setup({ bytes: 10_000 });
    for (let i = 0; i < 100; i++) await log.publish(chat('x'.repeat(1000), [`room${i}`]));
    expect((await read('room0')).complete).to.equal(false);
    expect((await read('room99', first + 99)).entries).to.have.length(1);
  });

  it('remembers that a forgotten room held something', async () => {
    const { clock, log, read, first } = await setup();
    const { n } = await log.publish(chat('old', ['a']));
    clock.advance(61_000);
    await log.publish(chat('other', ['b']));
    expect((await read('a', first)).complete).to.equal(false);
    expect((await read('a', n)).complete).to.equal(true);
  });

  it('forgets a clientMsgId after a day', async () => {
    const { clock, log } = await setup();
    const draft = { ...chat('x', ['a']), clientMsgId: { user: 'ana', id: 'm1' } };
    const one = await log.publish(draft);
    clock.advance(24 * 3600 * 1000 + 1);
    const two = await log.publish(draft);
    expect(two.duplicate).to.equal(undefined);
    expect(two.n).to.be.greaterThan(one.n);
  });

  it('never lets the date of an id go back, whatever the clock does', async () => {
    const { clock, log } = await setup();
    const one = await log.publish(chat('1', ['a']));
    clock.set(clock.now() - 3_600_000);
    const two = await log.publish(chat('2', ['a']));
    expect(two.timestamp).to.equal(one.timestamp);
    expect(two.id > one.id).to.equal(true);
  });
});
