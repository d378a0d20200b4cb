import { expect } from 'chai';
import { Inbox } from '../../src/hub/inbox.ts';
import { settled } from '../support/hub-bench.ts';

describe('Inbox', () => {
  const setup = () => {
    const done: string[] = [];
    const open: (() => void)[] = [];
    const quick = (name: string) => () => void done.push(name);
    const slow = (name: string) => () =>
      new Promise<void>((resolve) => open.push(resolve)).then(() => void done.push(name));
    return { inbox: new Inbox({ inboxSize: 2, inboxBytes: 100 }), done, open, quick, slow };
  };

  it('runs a task at once while nothing waits', () => {
    const { inbox, done, quick } = setup();
    inbox.push(quick('1'), 1);
    expect(done).to.deep.equal(['1']);
  });

  it('makes tasks wait for a slow one, and keeps their order', async () => {
    const { inbox, done, open, quick, slow } = setup();
    inbox.push(slow('1'), 1);
    inbox.push(quick('2'), 1);
    inbox.push(quick('3'), 1);
    expect(done).to.be.empty;
    open[0]?.();
    await settled();
    expect(done).to.deep.equal(['1', '2', '3']);
  });

  it('is full when as many tasks wait as may', () => {
    const { inbox, slow, quick } = setup();
    const full = [slow('1'), quick('2'), quick('3')].map((task) => {
      const before = inbox.full;
      inbox.push(task, 1);
      return before;
    });
    expect([...full, inbox.full]).to.deep.equal([false, false, false, true]);
  });

  it('is full when as many bytes wait as may, and has room again afterwards', async () => {
    const { inbox, open, slow, quick } = setup();
    inbox.push(slow('1'), 1000);
    expect(inbox.full).to.equal(false);
    inbox.push(quick('2'), 100);
    expect(inbox.full).to.equal(true);
    open[0]?.();
    await settled();
    expect(inbox.full).to.equal(false);
    inbox.push(slow('4'), 1);
    inbox.push(quick('5'), 60);
    expect(inbox.full).to.equal(false);
  });

  it('takes what comes although it is full, in its order', async () => {
    const { inbox, done, open, slow, quick } = setup();
    inbox.push(slow('1'), 1);
    for (const name of ['2', '3', '4', '5']) inbox.push(quick(name), 60);
    open[0]?.();
    await settled();
    expect(done).to.deep.equal(['1', '2', '3', '4', '5']);
  });

  it('tells once when it has room again, not before', async () => {
    const { inbox, open, slow } = setup();
    for (const name of ['1', '2', '3', '4']) inbox.push(slow(name), 1);
    let told = 0;
    inbox.whenRoom(() => {
      told += 1;
    });
    const tellings: number[] = [];
    for (let index = 0; index < 4; index += 1) {
      open[index]!();
      await settled();
      tellings.push(told);
    }
    expect(tellings).to.deep.equal([0, 1, 1, 1]);
  });

  it('does not grow a stack over many waiting tasks', async () => {
    const inbox = new Inbox({ inboxSize: 100_000, inboxBytes: 1e9 });
    let count = 0;
    inbox.push(() => settled(), 0);
    for (let i = 0; i < 20_000; i++) inbox.push(() => void count++, 0);
    await settled();
    await settled();
    expect(count).to.equal(20_000);
  });
});
