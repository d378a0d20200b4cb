import { expect } from 'chai';
import { Histogram } from '../../bench/load/histogram.ts';
import { Stream } from '../../bench/load/stream.ts';
import { Tally } from '../../bench/load/tally.ts';
import { chat, frame, fresh } from './frames.ts';

describe('bench: Tally', () => {
  it('adds up what was read', () => {
    const tally = new Tally();
    const bytes = Buffer.concat([chat(0, 0), chat(0, 0), frame('x'), chat(9, 0)]);
    tally.add(new Stream().read(fresh(1), bytes), bytes.length, 0);
    expect(tally).to.include({
      reads: 1,
      bytes: bytes.length,
      frames: 4,
      messages: 1,
      others: 1,
      duplicate: 1,
      stray: 1,
    });
  });

  it('times only what was sent within the span, whenever it arrives', () => {
    const tally = new Tally();
    const bytes = Buffer.concat([chat(0, 0, 9), chat(0, 1, 10), chat(0, 2, 19), chat(0, 3, 20)]);
    Object.assign(tally.span, { from: 10, to: 20 });
    tally.add(new Stream().read(fresh(1), bytes), bytes.length, 60);
    expect([tally.latency.count, tally.latency.max]).to.deep.equal([2, 50]);
  });

  it('counts all receipts, and times those of the span', () => {
    const tally = new Tally();
    const acks = [9, 10, 19, 20].map((instant) => {
      const id = `~A${'0'.repeat(12)}${instant.toString(16).padStart(12, '0')}`;
      return frame(`{"type":"ack","data":{"clientMsgId":"${id}"}}`);
    });
    Object.assign(tally.span, { from: 10, to: 20 });
    tally.add(new Stream().read(fresh(1), Buffer.concat(acks)), 0, 60);
    expect([tally.confirmed, tally.receipts.count, tally.receipts.max]).to.deep.equal([4, 2, 50]);
    expect(tally.latency.count).to.equal(0);
  });
});

describe('bench: Histogram', () => {
  it('knows small values exactly', () => {
    const histogram = new Histogram();
    for (let value = 1; value <= 50; value++) histogram.add(value);
    expect([0.5, 0.9, 1].map((share) => histogram.quantile(share))).to.deep.equal([26, 46, 50]);
  });

  it('knows large values to 1.6 %', () => {
    for (const value of [64, 127, 1000, 65_535, 1_000_000, 2 ** 31 - 1]) {
      const histogram = new Histogram();
      histogram.add(value, 3);
      expect(histogram.quantile(0.5)).to.be.within(value * 0.984, value);
      expect(histogram).to.include({ count: 3, max: value });
    }
  });

  it('is empty at first, and takes a clock that went back for 0', () => {
    const histogram = new Histogram();
    expect(histogram.quantile(0.99)).to.equal(0);
    histogram.add(-5);
    expect(histogram.quantile(0.99)).to.equal(0);
  });
});
