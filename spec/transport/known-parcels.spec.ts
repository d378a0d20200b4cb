import { expect } from 'chai';
import { stamp } from '../../src/protocol/message.ts';
import { Frame } from '../../src/transport/frame.ts';
import { KnownParcels } from '../../src/transport/known-parcels.ts';
import { textsOf } from '../support/frames.ts';

describe('KnownParcels', () => {
  let encoded: string[];
  let parcels: KnownParcels;

  beforeEach(() => {
    encoded = [];
    parcels = new KnownParcels(({ content }) => {
      encoded.push(content);
      return new Frame(content);
    });
  });

  const message = (content: string) => stamp({ type: 'chat', content, from: 'a', data: null }, 'id', 1);

  it('encode a message once, and another one by itself though it says the same', () => {
    const [one, other] = [message('x'), message('x')];
    expect(parcels.of([one])).to.equal(parcels.of([one]));
    expect(parcels.of([other])).not.to.equal(parcels.of([one]));
    expect(encoded).to.deep.equal(['x', 'x']);
  });

  it('encode a list of messages once, as one piece that is ready', () => {
    const list = [message('x'), message('y')];
    const parcel = parcels.of(list);
    expect(parcels.of(list)).to.equal(parcel);
    expect(encoded).to.deep.equal(['x', 'y']);
    expect(parcel.ready).to.equal(true);
    expect(textsOf(parcel.bytes)).to.deep.equal(['x', 'y']);
    expect(parcel.frames.map(({ text }) => text)).to.deep.equal(['x', 'y']);
  });

  it('take another list for another one', () => {
    const [x, y, z] = [message('x'), message('y'), message('z')];
    expect(textsOf(parcels.of([x, y]).bytes)).to.deep.equal(['x', 'y']);
    expect(textsOf(parcels.of([x, z]).bytes)).to.deep.equal(['x', 'z']);
  });
});
