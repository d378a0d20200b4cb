import { expect } from 'chai';
import type { Entry } from '../../src/hub/ports.ts';
import { Stretches } from '../../src/hub/stretches.ts';
import { stamp } from '../../src/protocol/message.ts';

describe('Stretches', () => {
  let n = 0;

  const entry = (rooms: string[], content = 'x'): Entry => {
    n += 1;
    const message = stamp({ type: 'chat', content, from: 'a', data: null }, `id-${n}`, 1);
    return { n, class: 'durable', rooms, message };
  };

  const cut = (page: Entry[]) => new Stretches().of(page).map(({ entries }) => entries);

  it('hold what goes to the same rooms, as long as nothing comes in between', () => {
    const [a1, a2, b3, ab4, ab5, a6] = [['a'], ['a'], ['b'], ['a', 'b'], ['a', 'b'], ['a']].map((r) => entry(r)) as [
      Entry,
      Entry,
      Entry,
      Entry,
      Entry,
      Entry,
    ];
    expect(cut([a1, a2, b3, ab4, ab5, a6])).to.deep.equal([[a1, a2], [b3], [ab4, ab5], [a6]]);
  });

  it('are not larger than 32 KiB, but for one message that is', () => {
    const page = [8, 16, 40, 1, 1].map((size) => entry(['a'], 'x'.repeat(size * 1024)));
    expect(cut(page).map((entries) => entries.length)).to.deep.equal([2, 1, 2]);
    const small = Array.from({ length: 1000 }, () => entry(['a'], 'x'.repeat(64)));
    const stretches = cut(small);
    expect(stretches.flat()).to.deep.equal(small);
    for (const entries of stretches.slice(0, -1)) expect(entries).to.have.length(102);
  });

  it('are the same for everyone who is sent the same page', () => {
    const stretches = new Stretches();
    const page = [entry(['a']), entry(['a'])];
    expect(stretches.of(page)).to.equal(stretches.of(page));
    expect(stretches.of([...page])).not.to.equal(stretches.of(page));
    expect(stretches.of(page)[0]?.messages).to.deep.equal(page.map(({ message }) => message));
  });

  it('of nothing are none', () => {
    expect(cut([])).to.deep.equal([]);
  });
});
