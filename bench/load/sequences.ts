/** What a number turned out to be: the one expected, one too far ahead, one of a gap that came late, or a repetition. */
export type Verdict = 'next' | 'ahead' | 'late' | 'duplicate';

/** Numbers of a lane that were passed over: from `from` up to but without `to`. */
interface Gap {
  lane: number;
  from: number;
  to: number;
}

/** Which numbers of each lane have come, exactly. Each lane counts 0, 1, 2 … */
export class Sequences {
  readonly #expected: number[];
  #gaps: readonly Gap[];

  constructor(expected: readonly number[], gaps: readonly Gap[] = []) {
    this.#expected = [...expected];
    this.#gaps = gaps;
  }

  static of(lanes: number): Sequences {
    return new Sequences(new Array<number>(lanes).fill(0));
  }

  copy(): Sequences {
    return new Sequences(this.#expected, this.#gaps);
  }

  equals(other: Sequences): boolean {
    if (this === other) return true;
    if (this.#gaps.length > 0 || other.#gaps.length > 0) return false;
    for (let lane = 0; lane < this.#expected.length; lane++) {
      if (this.#expected[lane] !== other.#expected[lane]) return false;
    }
    return this.#expected.length === other.#expected.length;
  }

  take(lane: number, number: number): Verdict {
    const expected = this.#expected[lane]!;
    if (number < expected) return this.#fill(lane, number) ? 'late' : 'duplicate';
    this.#expected[lane] = number + 1;
    if (number === expected) return 'next';
    this.#gaps = [...this.#gaps, { lane, from: expected, to: number }];
    return 'ahead';
  }

  has(lane: number, number: number): boolean {
    return number < this.#expected[lane]! && !this.#gaps.some((gap) => covers(gap, lane, number));
  }

  /** How many are missing, where each lane has counted up to its end. */
  missing(ends: readonly number[]): number {
    const within = this.#gaps.reduce((sum, { from, to }) => sum + to - from, 0);
    return ends.reduce((sum, end, lane) => sum + Math.max(0, end - this.#expected[lane]!), within);
  }

  #fill(lane: number, number: number): boolean {
    const gap = this.#gaps.find((candidate) => covers(candidate, lane, number));
    if (!gap) return false;
    const rest = [
      { lane, from: gap.from, to: number },
      { lane, from: number + 1, to: gap.to },
    ].filter(({ from, to }) => from < to);
    this.#gaps = [...this.#gaps.filter((other) => other !== gap), ...rest];
    return true;
  }
}

function covers({ lane, from, to }: Gap, wanted: number, number: number): boolean {
  return lane === wanted && number >= from && number < to;
}
