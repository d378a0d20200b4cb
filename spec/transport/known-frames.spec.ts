import { expect } from 'chai';
import { stamp } from '../../src/protocol/message.ts';
import { Frame } from '../../src/transport/frame.ts';
import { KnownFrames } from '../../src/transport/known-frames.ts';

describe('KnownFrames', () => {
  it('encode a message once, and another one by itself though it says the same', () => {
    const encoded: string[] = [];
    const frames = new KnownFrames(({ content }) => {
      encoded.push(content);
      return new Frame(content);
    });
    const [one, other] = [1, 2].map(() => stamp({ type: 'chat', content: 'x', from: 'a', data: null }, 'id', 1));
    expect(frames.of(one!)).to.equal(frames.of(one!));
    expect(frames.of(other!)).not.to.equal(frames.of(one!));
    expect(encoded).to.deep.equal(['x', 'x']);
  });
});
