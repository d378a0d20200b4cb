import { expect } from 'chai';
import type { Entry } from '../../src/hub/ports.ts';
import { Ring } from '../../src/hub/ring.ts';
import type { Json } from '../../src/protocol/message.ts';

const MANY_BYTES = 1_000_000;

describe('Ring', () => {
  it('has nothing after the head that it starts at', () => {
    const ring = new Ring(3, MANY_BYTES);
    ring.start(7);
    expect(ring.after(7)).to.deep.equal([]);
    expect(ring.after(9)).to.deep.equal([]);
  });

  it('does not know what came before it started', () => {
    const ring = new Ring(3, MANY_BYTES);
    ring.start(7);
    expect(ring.after(6)).to.equal(undefined);
  });

  it('holds nothing of what came before it starts anew', () => {
    const ring = filled(3, 8, 9, 12);
    ring.start(5);
    ring.push(entry(6));
    expect(numbers(ring, 5)).to.deep.equal([6]);
  });

  it('gives what came after an N, in order', () => {
    const ring = filled(3, 8, 9, 12);
    expect(numbers(ring, 7)).to.deep.equal([8, 9, 12]);
    expect(numbers(ring, 9)).to.deep.equal([12]);
    expect(numbers(ring, 12)).to.deep.equal([]);
  });

  it('takes an N that it does not hold for a place between two that it does', () => {
    const ring = filled(3, 8, 9, 12);
    expect(numbers(ring, 10)).to.deep.equal([12]);
    expect(numbers(ring, 11)).to.deep.equal([12]);
  });

  it('holds at least as many as it was made for, whatever it lets go', () => {
    const ring = new Ring(3, MANY_BYTES);
    ring.start(0);
    for (let n = 1; n <= 50; n += 1) {
      ring.push(entry(n));
      const oldest = Math.max(0, n - 3);
      expect(numbers(ring, oldest), `after ${oldest} of ${n}`).to.deep.equal(upTo(n).slice(oldest));
    }
  });

  it('lets go of the older ones, and says so', () => {
    const ring = filled(2, 1, 2, 3, 4);
    expect(ring.after(1)).to.equal(undefined);
    expect(numbers(ring, 2)).to.deep.equal([3, 4]);
  });

  it('holds fewer where they are large, by their content or their data', () => {
    for (const large of [{ content: 'x'.repeat(1000) }, { data: { text: 'x'.repeat(1000) } }]) {
      const ring = new Ring(100, 10_000);
      ring.start(0);
      for (let n = 1; n <= 50; n += 1) {
        ring.push(entry(n, large));
        const { floor } = ring;
        expect(n - floor, `of ${n}`).to.be.within(Math.min(n, 4), 7);
        expect(numbers(ring, floor)).to.deep.equal(upTo(n).slice(floor));
        if (floor > 0) expect(ring.after(floor - 1)).to.equal(undefined);
      }
      ring.push(entry(51, { content: 'x'.repeat(10_000) }));
      expect(ring.floor).to.equal(51);
      expect(ring.after(51)).to.deep.equal([]);
      ring.push(entry(52));
      expect(numbers(ring, 51)).to.deep.equal([52]);
    }
  });

  it('gives an array that later entries do not change', () => {
    const ring = filled(3, 8);
    const found = ring.after(7);
    ring.push(entry(9));
    expect(found).to.have.length(1);
  });
});

function filled(size: number, ...ns: number[]): Ring {
  const ring = new Ring(size, MANY_BYTES);
  ring.start(ns[0]! - 1);
  for (const n of ns) ring.push(entry(n));
  return ring;
}

function numbers(ring: Ring, n: number): number[] | undefined {
  return ring.after(n)?.map((found) => found.n);
}

function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1);
}

function entry(n: number, { content = '', data = null }: { content?: string; data?: Json } = {}): Entry {
  const message = { type: 'chat', content, from: 'Ana', timestamp: 0, id: `19700101000000-${n}`, data };
  return { n, class: 'durable', rooms: ['general'], message };
}
