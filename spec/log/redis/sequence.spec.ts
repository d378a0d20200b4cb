import { expect } from 'chai';
import type { Echo } from '../../../src/log/redis/echo.ts';
import { Sequence } from '../../../src/log/redis/sequence.ts';
import { Deferred } from '../../support/deferred.ts';
import { settled } from '../../support/hub-bench.ts';

const echo = (n: number, k = 0): Echo => ({ n, t: 1, k, tag: '', payload: '' });
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => echo(first + i));

describe('Sequence', () => {
  let out: string[];
  let asked: [after: number, upTo: number][];
  let answers: Deferred<Echo[] | undefined>[];
  let sequence: Sequence;
  let anew: (known: number) => number;

  beforeEach(() => {
    out = [];
    asked = [];
    answers = [];
    anew = (known) => known + 100;
    sequence = new Sequence({
      next: ({ n, k }) => out.push(k ? `${n}.${k}` : `${n}`),
      missed: (after, upTo) => {
        asked.push([after, upTo]);
        const answer = new Deferred<Echo[] | undefined>();
        answers.push(answer);
        return answer.promise;
      },
      anew: async (known) => anew(known),
      mended: () => {},
    });
  });

  const take = (...echoes: Echo[]) => {
    for (const each of echoes) sequence.take(each);
  };
  const answer = async (echoes: Echo[] | undefined) => {
    answers.shift()!.resolve(echoes);
    await settled();
  };

  it('hands out what follows, at once', () => {
    sequence.start(5);
    take(echo(6), echo(6, 2), echo(7));
    expect(out).to.deep.equal(['6', '6.2', '7']);
    expect(sequence.head).to.equal(7);
  });

  it('holds what comes before its start, and leaves out what is older than that', () => {
    take(echo(4), echo(5), echo(5, 2), echo(6));
    expect(out).to.be.empty;
    sequence.start(5);
    expect(out).to.deep.equal(['5.2', '6']);
  });

  it('hands out nothing twice', () => {
    sequence.start(5);
    take(echo(6), echo(6), echo(5), echo(7));
    expect(out).to.deep.equal(['6', '7']);
  });

  it('holds what is behind a hole until that has been filled', async () => {
    sequence.start(5);
    take(echo(8), echo(8, 2), echo(9));
    expect(out).to.be.empty;
    expect(asked).to.deep.equal([[5, 7]]);
    take(echo(10));
    await answer(range(6, 7));
    expect(out).to.deep.equal(['6', '7', '8', '8.2', '9', '10']);
    take(echo(11));
    expect(out.at(-1)).to.equal('11');
  });

  it('fills a hole before what takes no place', async () => {
    sequence.start(5);
    take(echo(7, 2));
    expect(asked).to.deep.equal([[5, 7]]);
    await answer(range(6, 7));
    expect(out).to.deep.equal(['6', '7', '7.2']);
  });

  it('fills a large hole in parts', async () => {
    sequence.start(0);
    take(echo(10));
    await answer(range(1, 4));
    expect(asked).to.deep.equal([
      [0, 9],
      [4, 9],
    ]);
    await answer(range(5, 9));
    expect(out).to.have.length(10);
  });

  it('fills holes behind holes', async () => {
    sequence.start(0);
    take(echo(2), echo(4));
    await answer([echo(1)]);
    expect(asked.at(-1)).to.deep.equal([2, 3]);
    await answer([echo(3)]);
    expect(out).to.deep.equal(['1', '2', '3', '4']);
  });

  it('finds what is missing at the end, where it is told of a place', async () => {
    sequence.start(5);
    sequence.reach(5);
    expect(asked).to.be.empty;
    sequence.reach(7);
    expect(asked).to.deep.equal([[5, 7]]);
    await answer(range(6, 7));
    expect(out).to.deep.equal(['6', '7']);
  });

  it('tries again where nobody answered, and holds everything meanwhile', async () => {
    sequence.start(5);
    take(echo(7));
    answers.shift()!.reject(new Error('gone'));
    await settled();
    take(echo(8));
    expect(out).to.be.empty;
    sequence.reach(8);
    await answer([echo(6)]);
    expect(out).to.deep.equal(['6', '7', '8']);
  });

  it('begins anew where a hole can’t be filled, and hands out what came behind that', async () => {
    sequence.start(5);
    take(echo(9), echo(10));
    anew = () => 9;
    await answer(undefined);
    expect(out).to.deep.equal(['10']);
    expect(sequence.head).to.equal(10);
  });

  it('begins anew not below a place that it knows was given', async () => {
    sequence.start(5);
    sequence.reach(8);
    let known = 0;
    anew = (n) => {
      known = n;
      return n + 100;
    };
    await answer(undefined);
    expect(known).to.equal(8);
    take(echo(109));
    expect(out).to.deep.equal(['109']);
  });

  it('holds a bounded amount, and reads the rest again', async () => {
    sequence.start(0);
    take(...range(2, 20_002));
    expect(asked).to.deep.equal([[0, 1]]);
    await answer([echo(1)]);
    expect(asked.at(-1)).to.deep.equal([1, 20_001]);
    await answer(range(2, 20_001));
    expect(out).to.have.length(20_002);
    expect(out.at(-1)).to.equal('20002');
  });
});
