import { expect } from 'chai';
import { Memo } from '../../bench/load/memo.ts';
import type { State } from '../../bench/load/reading.ts';
import { Stream } from '../../bench/load/stream.ts';
import { Tally } from '../../bench/load/tally.ts';
import { chat, frame, fresh } from './frames.ts';

const CONNECTIONS = 20;
const MESSAGES = 60;

type Read = (before: State, bytes: Buffer) => ReturnType<Stream['read']>;

describe('bench: Memo', () => {
  it('comes to the same as reading everything, whatever is cut, missing or repeated', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const stream = new Stream();
      const memo = new Memo();
      const plain = play(seed, (before, bytes) => stream.read(before, bytes));
      const remembered = play(seed, (before, bytes) => memo.read(before, bytes, bytes.length));
      expect(remembered, `seed ${seed}`).to.deep.equal(plain);
      expect(memo.hits, `seed ${seed}`).to.be.greaterThan(CONNECTIONS);
    }
  });

  it('takes over what the same bytes came to in the same state', () => {
    const memo = new Memo();
    const bytes = chat(0, 0);
    const { ear } = fresh(1);
    const first = memo.read({ ...fresh(1), ear }, bytes, bytes.length);
    expect(memo.read({ ...fresh(1), ear }, bytes, bytes.length)).to.equal(first);
  });

  for (const [what, other] of [
    ['one other byte', { bytes: chat(0, 0, 1001) }],
    ['another length', { bytes: Buffer.concat([chat(0, 0), frame('x')]) }],
    ['another door', { state: fresh(1, 'socketio') }],
    ['other messages before', { state: (ear: State['ear']) => advanced(ear) }],
    ['a rest of a frame before', { state: (ear: State['ear']) => ({ ...fresh(1), ear, carry: Buffer.from([0x81]) }) }],
    ['something to skip', { state: (ear: State['ear']) => ({ ...fresh(1), ear, skip: 1 }) }],
  ] as const) {
    it(`reads for itself with ${what}`, () => {
      const memo = new Memo();
      const { ear } = fresh(1);
      const bytes = chat(0, 0);
      memo.read({ ...fresh(1), ear }, bytes, bytes.length);
      const state = 'state' in other ? other.state : { ...fresh(1), ear };
      const mine = 'bytes' in other ? other.bytes : bytes;
      memo.read(typeof state === 'function' ? state(ear) : state, mine, mine.length);
      expect(memo.hits).to.equal(0);
    });
  }

  it('never takes over what wants an answer', () => {
    const memo = new Memo();
    const { ear } = fresh(1);
    const ping = frame('', 9);
    for (let i = 0; i < 2; i++) expect(memo.read({ ...fresh(1), ear }, ping, ping.length).controls).to.have.length(1);
    expect(memo.hits).to.equal(0);
  });

  it('does not mind that the buffer is written over', () => {
    const memo = new Memo();
    const { ear } = fresh(1);
    const shared = Buffer.alloc(1000);
    const read = (bytes: Buffer) => {
      bytes.copy(shared);
      return memo.read({ ...fresh(1), ear }, shared, bytes.length);
    };
    const first = read(chat(0, 0, 5));
    expect(read(chat(0, 0, 6)).instants).to.deep.equal([6, 1]);
    expect(read(chat(0, 0, 5))).to.equal(first);
  });
});

function advanced(ear: State['ear']): State {
  const state = { ...fresh(1), ear };
  state.sequences.take(0, 0);
  return state;
}

/** Many connections get one stream, cut and now and then spoiled; the same for the same seed. */
function play(seed: number, read: Read) {
  const random = randomOf(seed);
  const { ear } = fresh(2);
  const states = Array.from({ length: CONNECTIONS }, () => ({ ...fresh(2), ear }));
  const tally = new Tally();
  Object.assign(tally.span, { from: 0, to: MESSAGES });
  const rests = states.map(() => Buffer.alloc(0));
  for (let number = 0; number < MESSAGES; number++) {
    const message = chat(number % 2, Math.floor(number / 2), number);
    for (const [place, state] of states.entries()) {
      const bytes = Buffer.concat([rests[place]!, ...spoiled(message, random)]);
      const cut = random() < 0.1 ? Math.floor(random() * bytes.length) : bytes.length;
      rests[place] = bytes.subarray(cut);
      const reading = read(state, bytes.subarray(0, cut));
      states[place] = reading.after as typeof state;
      tally.add(reading, cut, number + 2 * place);
    }
  }
  const { latency, span: _, ...counts } = tally;
  const times = [latency.count, latency.max, latency.quantile(0.5), latency.quantile(0.99)];
  return { counts, times, missing: states.map(({ sequences }) => sequences.missing([MESSAGES / 2, MESSAGES / 2])) };
}

function spoiled(message: Buffer, random: () => number): Buffer[] {
  const chance = random();
  if (chance < 0.02) return [];
  return chance < 0.04 ? [message, message] : [message];
}

/** A small generator of the same numbers each time. */
function randomOf(seed: number): () => number {
  let state = seed * 7919;
  return () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
