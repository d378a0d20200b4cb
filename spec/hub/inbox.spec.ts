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

  it('does not take more tasks than its limit', () => {
    const { inbox, slow, quick } = setup();
    inbox.push(slow('1'), 1);
    expect([inbox.push(quick('2'), 1), inbox.push(quick('3'), 1), inbox.push(quick('4'), 1)]).to.deep.equal([
      true,
      true,
      false,
    ]);
  });

  it('does not take more bytes than its limit, and has room again afterwards', async () => {
    const { inbox, open, slow, quick } = setup();
    inbox.push(slow('1'), 1);
    expect(inbox.push(quick('2'), 60)).to.equal(true);
    expect(inbox.push(quick('3'), 60)).to.equal(false);
    open[0]?.();
    await settled();
    inbox.push(slow('4'), 1);
    expect(inbox.push(quick('5'), 60)).to.equal(true);
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
