import { expect } from 'chai';
import { Verdicts } from '../../src/auth/verdicts.ts';
import { HandClock } from '../support/hand-clock.ts';

function start(authCache = 1000, authCacheSize = 2) {
  const clock = new HandClock();
  const verdicts = new Verdicts({ clock, authCache, authCacheSize });
  const asked: string[] = [];
  const of = (question: string, answer: () => Promise<boolean> = async () => true) =>
    verdicts.of(question, () => {
      asked.push(question);
      return answer();
    });
  return { clock, asked, of };
}

describe('Verdicts', () => {
  it('ask once, and again when the answer counts no more', async () => {
    const { clock, asked, of } = start();
    expect(await of('a', async () => false)).to.equal(false);
    clock.advance(999);
    expect(await of('a')).to.equal(false);
    clock.advance(1);
    expect(await of('a')).to.equal(true);
    expect(asked).to.deep.equal(['a', 'a']);
  });

  it('ask once for many that ask meanwhile', async () => {
    const { asked, of } = start();
    expect(await Promise.all([of('a'), of('a'), of('a')])).to.deep.equal([true, true, true]);
    expect(asked).to.deep.equal(['a']);
  });

  it('keep no failure', async () => {
    const { asked, of } = start();
    const failed = await of('a', () => Promise.reject(new Error('down'))).catch((error: Error) => error.message);
    expect(failed).to.equal('down');
    expect(await of('a')).to.equal(true);
    expect(asked).to.deep.equal(['a', 'a']);
  });

  it('keep so many at most: the oldest goes', async () => {
    const { asked, of } = start();
    for (const question of ['a', 'b', 'c', 'b', 'c', 'a']) await of(question);
    expect(asked).to.deep.equal(['a', 'b', 'c', 'a']);
  });

  it('keep none where they are to count once', async () => {
    const { asked, of } = start(0);
    await of('a');
    await of('a');
    expect(asked).to.deep.equal(['a', 'a']);
  });
});
