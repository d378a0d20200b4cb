import { expect } from 'chai';
import fc from 'fast-check';
import { Frame } from '../../src/transport/frame.ts';
import { textsOf } from '../support/frames.ts';

const SEED = 20_231_107;

describe('Frame', () => {
  const HEADS: [size: number, head: number[]][] = [
    [0, [0x81, 0]],
    [1, [0x81, 1]],
    [125, [0x81, 125]],
    [126, [0x81, 126, 0, 126]],
    [65_535, [0x81, 126, 0xff, 0xff]],
    [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
    [1_048_576, [0x81, 127, 0, 0, 0, 0, 0, 0x10, 0, 0]],
  ];

  for (const [size, head] of HEADS) {
    it(`tells a size of ${size} bytes as RFC 6455 does`, () => {
      const { bytes } = new Frame('x'.repeat(size));
      expect([...bytes.subarray(0, head.length)]).to.deep.equal(head);
      expect(bytes).to.have.length(head.length + size);
      expect(textsOf(bytes)).to.deep.equal(['x'.repeat(size)]);
    });
  }

  for (const letter of ['ñ', '€', '\u{1F600}']) {
    const width = Buffer.byteLength(letter);
    for (const limit of [126, 65_536]) {
      it(`counts bytes, not characters, around ${limit} (${width} bytes a character)`, () => {
        for (let size = limit - 4; size < limit + 4; size += 1) {
          const text = letter.repeat(Math.floor(size / width)).padEnd(Math.floor(size / width) + (size % width), '.');
          expect(textsOf(new Frame(text).bytes)[0] === text, `${size} bytes`).to.equal(true);
        }
      });
    }
  }

  it('takes a lone surrogate for what UTF-8 has in its place', () => {
    for (const text of ['\ud800', 'a\udfffb', '\ude00\ud83d']) {
      expect(textsOf(new Frame(text).bytes)).to.deep.equal([text.replaceAll(/[\ud800-\udfff]/g, '\ufffd')]);
    }
  });

  it('puts its mark before the text, and keeps it out of the text', () => {
    const frame = new Frame('2["chat",{}]', '4');
    expect(frame.text).to.equal('2["chat",{}]');
    expect(textsOf(frame.bytes)).to.deep.equal(['42["chat",{}]']);
  });

  it('counts the mark in the size', () => {
    for (const size of [124, 125, 65_534, 65_535]) {
      const text = 'x'.repeat(size);
      expect(textsOf(new Frame(text, '4').bytes)).to.deep.equal([`4${text}`]);
    }
  });

  it('may come in parts, of which some are bytes already', () => {
    const frame = new Frame(['{"data":[', Buffer.from('"ñ","€"'), '', Buffer.of(), ']}'], '4');
    expect(frame.text).to.equal('{"data":["ñ","€"]}');
    expect(textsOf(frame.bytes)).to.deep.equal(['4{"data":["ñ","€"]}']);
  });

  it('knows its size, and is copied to any place without touching what is around it', () => {
    for (const size of [0, 125, 126, 65_535, 65_536]) {
      const frame = new Frame(['ñ', Buffer.alloc(size, '.')], '4');
      expect(frame.size).to.equal(frame.bytes.length);
      const target = Buffer.alloc(frame.size + 20, 7);
      expect(frame.copy(target, 10)).to.equal(10 + frame.size);
      expect(target.subarray(10, 10 + frame.size).equals(frame.bytes)).to.equal(true);
      const around = Buffer.concat([target.subarray(0, 10), target.subarray(10 + frame.size)]);
      expect(around).to.deep.equal(Buffer.alloc(20, 7));
    }
  });

  it('is a parcel of one, made once', () => {
    const frame = new Frame('x');
    expect(frame.frames).to.deep.equal([frame]);
    expect(frame.bytes).to.equal(frame.bytes);
  });

  it('is read as it was written, whatever it says and whatever stands before and behind it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: fc.integer({ min: 0xd700, max: 0xe010 }).map((code) => String.fromCharCode(code)) }),
    );
    const property = fc.property(fc.array(fc.tuple(text, fc.constantFrom('', '4'))), (pairs) => {
      const bytes = Buffer.concat(pairs.map(([content, mark]) => new Frame(content, mark).bytes));
      const texts = pairs.map(([content, mark]) => `${mark}${content.toWellFormed()}`);
      expect(textsOf(bytes)).to.deep.equal(texts);
    });
    fc.assert(property, { seed: SEED, numRuns: 200 });
  });
});
