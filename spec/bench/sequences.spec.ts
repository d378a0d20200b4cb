import { expect } from 'chai';
import { Sequences } from '../../bench/load/sequences.ts';

describe('bench: Sequences', () => {
  const taken = (...numbers: number[]) => {
    const sequences = Sequences.of(2);
    const verdicts = numbers.map((number) => sequences.take(1, number));
    return { sequences, verdicts };
  };

  it('expects each number once and in turn', () => {
    const { sequences, verdicts } = taken(0, 1, 2);
    expect(verdicts).to.deep.equal(['next', 'next', 'next']);
    expect(sequences.missing([0, 3])).to.equal(0);
  });

  it('tells a repetition', () => {
    expect(taken(0, 0, 1, 0).verdicts).to.deep.equal(['next', 'duplicate', 'next', 'duplicate']);
  });

  it('counts what was passed over', () => {
    const { sequences, verdicts } = taken(0, 4);
    expect(verdicts).to.deep.equal(['next', 'ahead']);
    expect(sequences.missing([0, 5])).to.equal(3);
    expect([0, 1, 2, 3, 4, 5].map((number) => sequences.has(1, number))).to.deep.equal([
      true,
      false,
      false,
      false,
      true,
      false,
    ]);
  });

  it('tells what comes late from what comes again', () => {
    const { sequences, verdicts } = taken(4, 2, 2, 0, 4, 3, 1);
    expect(verdicts).to.deep.equal(['ahead', 'late', 'duplicate', 'late', 'duplicate', 'late', 'late']);
    expect(sequences.missing([0, 5])).to.equal(0);
  });

  it('counts what never came, of each lane', () => {
    const { sequences } = taken(0);
    expect(sequences.missing([2, 4])).to.equal(5);
  });

  it('keeps its copies apart', () => {
    const { sequences } = taken(0);
    const copy = sequences.copy();
    expect(copy.equals(sequences)).to.equal(true);
    copy.take(1, 1);
    expect(copy.equals(sequences)).to.equal(false);
    expect(sequences.has(1, 1)).to.equal(false);
  });

  it('takes nothing with gaps for equal, but itself', () => {
    const { sequences } = taken(3);
    expect(sequences.equals(sequences)).to.equal(true);
    expect(sequences.equals(sequences.copy())).to.equal(false);
  });
});
