import { expect } from 'chai';
import { Frame } from '../../src/transport/frame.ts';
import { JoinedParcel, type Parcel, type Placed, SharedParcel, View } from '../../src/transport/parcel.ts';
import { textsOf } from '../support/frames.ts';

/** Frames that say their place. */
const placed = (...places: number[]): Placed[] => places.map((place) => ({ place, parcel: new Frame(`#${place}`) }));

/** What a parcel holds, whichever way it is asked. */
const read = (parcel: Parcel): string[] => {
  const texts = textsOf(parcel.bytes);
  expect(parcel.frames.map(({ text }) => text)).to.deep.equal(texts);
  expect(parcel.size).to.equal(parcel.bytes.length);
  const target = Buffer.alloc(parcel.size + 2, 7);
  expect(parcel.copy(target, 1)).to.equal(1 + parcel.size);
  expect(target).to.deep.equal(Buffer.concat([Buffer.of(7), parcel.bytes, Buffer.of(7)]));
  return texts;
};

const words = (...places: number[]) => places.map((place) => `#${place}`);

describe('SharedParcel', () => {
  it('holds what all sources were sent, by place', () => {
    const parcel = new SharedParcel([placed(0, 5, 9), placed(2, 3, 10), placed(1)]);
    expect(read(parcel)).to.deep.equal(words(0, 1, 2, 3, 5, 9, 10));
  });

  it('holds what the only source was sent, and nothing where there is none', () => {
    expect(read(new SharedParcel([placed(3, 4)]))).to.deep.equal(words(3, 4));
    expect(read(new SharedParcel([]))).to.be.empty;
    expect(read(new SharedParcel([]).between(0, 100))).to.be.empty;
  });

  it('is joined once, whoever asks', () => {
    const parcel = new SharedParcel([placed(0, 2), placed(1)]);
    expect(parcel.bytes).to.equal(parcel.bytes);
  });

  it('shows what lies between any two places, the first included, the second not', () => {
    const places = [0, 2, 3, 7, 8, 12];
    const parcel = new SharedParcel([placed(0, 7, 8), placed(2, 3, 12)]);
    for (let from = 0; from <= 14; from += 1) {
      for (let to = 0; to <= 14; to += 1) {
        const between = places.filter((place) => place >= from && place < to);
        expect(read(parcel.between(from, to)), `${from} to ${to}`).to.deep.equal(words(...between));
      }
    }
  });

  it('shows a part of it without copying', () => {
    const parcel = new SharedParcel([placed(0, 2, 3)]);
    const { bytes } = parcel.between(1, 3);
    expect(bytes.buffer).to.equal(parcel.bytes.buffer);
    expect(bytes.byteOffset - parcel.bytes.byteOffset).to.equal(new Frame('#0').bytes.length);
  });
});

describe('View', () => {
  it('holds frames with bytes that are there already', () => {
    const frames = [new Frame('a'), new Frame('b')];
    const bytes = Buffer.concat(frames.map((frame) => frame.bytes));
    const view = new View(() => frames, bytes);
    expect(view.bytes).to.equal(bytes);
    expect(read(view)).to.deep.equal(['a', 'b']);
  });
});

describe('JoinedParcel', () => {
  it('holds its parts in their order', () => {
    const shared = new SharedParcel([placed(0, 1)]);
    const parcel = new JoinedParcel([new Frame('a'), shared, new Frame('b'), new JoinedParcel([]), shared]);
    expect(read(parcel)).to.deep.equal(['a', '#0', '#1', 'b', '#0', '#1']);
  });

  it('of one part is that part', () => {
    expect(read(new JoinedParcel([new SharedParcel([placed(0, 1)])]))).to.deep.equal(words(0, 1));
  });

  it('of none is empty', () => {
    expect(read(new JoinedParcel([]))).to.be.empty;
  });
});
