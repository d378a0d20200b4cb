import { expect } from 'chai';
import { GroupCommit } from '../../src/log/group-commit.ts';
import { Deferred } from '../support/deferred.ts';
import { settled } from '../support/hub-bench.ts';

interface Commit {
  changes: string[];
  answer: Deferred<string>;
}

/** A store whose commits end when the spec says so, and what became of what was pushed. */
function setup() {
  const commits: Commit[] = [];
  const events: string[] = [];
  const group = new GroupCommit<string, { change: string; bytes: number }, string>({
    commit: (changes) => {
      const answer = new Deferred<string>();
      commits.push({ changes, answer });
      events.push(`sent ${changes.length}`);
      return answer.promise;
    },
    committed: (items, result) => events.push(`${items.map(({ change }) => change).join(' ')}: ${result}`),
    failed: (items, error) => events.push(`${items.map(({ change }) => change).join(' ')}: ${error.message}`),
  });
  const push = (...changes: string[]) => {
    for (const change of changes) group.push({ change, bytes: 1 });
  };
  const end = async (i: number, error?: string) => {
    if (error) commits[i]!.answer.reject(new Error(error));
    else commits[i]!.answer.resolve('ok');
    await settled();
  };
  return { group, commits, events, push, end };
}

describe('GroupCommit', () => {
  it('sends together what comes in one turn', async () => {
    const { push, commits } = setup();
    push('a');
    push('b');
    expect(commits).to.be.empty;
    await settled();
    expect(commits.map(({ changes }) => changes)).to.deep.equal([['a', 'b']]);
  });

  it('gathers what comes while a commit is under way', async () => {
    const { push, commits, end } = setup();
    push('a');
    await settled();
    push('b');
    await settled();
    push('c');
    await settled();
    expect(commits).to.have.length(1);
    await end(0);
    expect(commits[1]?.changes).to.deep.equal(['b', 'c']);
  });

  it('sends the next before the last is handed out', async () => {
    const { push, events, end } = setup();
    push('a');
    await settled();
    push('b');
    await end(0);
    expect(events).to.deep.equal(['sent 1', 'sent 1', 'a: ok']);
  });

  it('goes on where handing out brings more', async () => {
    const commits: string[][] = [];
    const group = new GroupCommit<string, { change: string; bytes: number }, void>({
      commit: async (changes) => void commits.push(changes),
      committed: () => commits.length < 3 && group.push({ change: 'more', bytes: 1 }),
      failed: () => {},
    });
    group.push({ change: 'first', bytes: 1 });
    await settled();
    expect(commits).to.deep.equal([['first'], ['more'], ['more']]);
  });

  it('sends a bounded number at once', async () => {
    const { push, commits, end } = setup();
    push(...Array.from({ length: 2500 }, (_, i) => `${i}`));
    await settled();
    for (const i of [0, 1, 2]) await end(i);
    expect(commits.map(({ changes }) => changes.length)).to.deep.equal([1000, 1000, 500]);
    expect(commits.flatMap(({ changes }) => changes)[2499]).to.equal('2499');
  });

  it('sends a bounded size at once', async () => {
    const { group, commits } = setup();
    for (let i = 0; i < 10; i++) group.push({ change: `${i}`, bytes: 1024 ** 2 });
    await settled();
    expect(commits[0]?.changes).to.have.length(4);
  });

  it('fails a batch as a whole, and that alone', async () => {
    const { push, events, end } = setup();
    push('a', 'b');
    await settled();
    push('c');
    await end(0, 'full');
    await end(1);
    expect(events.slice(2)).to.deep.equal(['a b: full', 'c: ok']);
  });

  it('is settled when what was pushed before has been handed out, or has failed', async () => {
    const { group, push, events, end } = setup();
    const note = (what: string) => void group.settled().then(() => events.push(what));
    note('nothing');
    await settled();
    push('a');
    note('a is through');
    await settled();
    push('b');
    note('b is through');
    await end(0);
    expect(events).to.deep.equal(['nothing', 'sent 1', 'sent 1', 'a: ok', 'a is through']);
    await end(1, 'full');
    expect(events.slice(5)).to.deep.equal(['b: full', 'b is through']);
  });

  it('is full where too much waits, until less does', async () => {
    const { group, push, end } = setup();
    for (let i = 0; i < 64; i++) {
      expect(group.full).to.equal(false);
      group.push({ change: 'big', bytes: 1024 ** 2 });
    }
    expect(group.full).to.equal(true);
    await settled();
    await end(0);
    expect(group.full).to.equal(false);
    push(...Array.from({ length: 50_000 - 60 }, () => 'small'));
    expect(group.full).to.equal(true);
  });
});
