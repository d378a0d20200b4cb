import { expect } from 'chai';
import { TokenBucket } from '../../src/limits/token-bucket.ts';
import { HandClock } from '../support/hand-clock.ts';

describe('TokenBucket', () => {
  const start = (rate: number, burst: number) => {
    const clock = new HandClock();
    return { clock, bucket: new TokenBucket({ clock, rate, burst }) };
  };

  /** Takes until it is refused. @returns how many there were */
  const drain = (bucket: TokenBucket): number => {
    let taken = 0;
    while (bucket.take() === 0) taken += 1;
    return taken;
  };

  it('gives a burst at once', () => {
    expect(drain(start(100, 500).bucket)).to.equal(500);
  });

  it('tells the seconds until there is one again', () => {
    const { bucket } = start(100, 1);
    bucket.take();
    expect(bucket.take()).to.be.closeTo(0.01, 1e-9);
  });

  it('tells less as time goes by', () => {
    const { clock, bucket } = start(1, 1);
    bucket.take();
    clock.advance(400);
    expect(bucket.take()).to.be.closeTo(0.6, 1e-9);
  });

  it('has exactly one after the time it told', () => {
    const { clock, bucket } = start(4, 3);
    drain(bucket);
    clock.advance(bucket.take() * 1000);
    expect(drain(bucket)).to.equal(1);
  });

  it('takes nothing where it refuses: who keeps asking does not wait longer', () => {
    const { clock, bucket } = start(1, 1);
    bucket.take();
    for (let asked = 0; asked < 999; asked += 1) {
      expect(bucket.take()).to.be.greaterThan(0);
      clock.advance(1);
    }
    clock.advance(2);
    expect(bucket.take()).to.equal(0);
  });

  const waits: [ms: number, rate: number, burst: number, then: number][] = [
    [0, 100, 500, 0],
    [9, 100, 500, 0],
    [10, 100, 500, 1],
    [1000, 100, 500, 100],
    [4990, 100, 500, 499],
    [5000, 100, 500, 500],
    [3_600_000, 100, 500, 500],
    [1000, 1, 1, 1],
    [60_000, 1, 10, 10],
    [100, 1000, 50, 50],
  ];
  for (const [ms, rate, burst, then] of waits) {
    it(`drained, it has ${then} after ${ms} ms at ${rate} a second, burst ${burst}`, () => {
      const { clock, bucket } = start(rate, burst);
      drain(bucket);
      clock.advance(ms);
      expect(drain(bucket)).to.equal(then);
    });
  }

  for (const rate of [1, 3, 7, 30, 100, 999]) {
    it(`gives ${rate} a second in the long run to whoever asks each millisecond`, () => {
      const { clock, bucket } = start(rate, 5);
      let taken = 0;
      for (let ms = 0; ms < 10_000; ms += 1) {
        if (bucket.take() === 0) taken += 1;
        clock.advance(1);
      }
      expect(taken).to.be.within(10 * rate, 10 * rate + 5);
    });
  }

  it('neither gives nor takes where the clock is set back, and goes on from there', () => {
    const { clock, bucket } = start(10, 20);
    for (let taken = 0; taken < 15; taken += 1) bucket.take();
    clock.set(clock.now() - 3_600_000);
    expect(drain(bucket)).to.equal(5);
    clock.advance(1000);
    expect(drain(bucket)).to.equal(10);
  });

  it('fills up to the burst, no more, where the clock is set forward', () => {
    const { clock, bucket } = start(10, 20);
    drain(bucket);
    clock.set(clock.now() + 86_400_000);
    expect(drain(bucket)).to.equal(20);
  });

  describe('catches up where nobody could take anything', () => {
    it('and counts that time in full', () => {
      const { clock, bucket } = start(100, 50);
      drain(bucket);
      clock.advance(3000);
      bucket.catchUp();
      expect(drain(bucket)).to.equal(300);
    });

    it('once', () => {
      const { clock, bucket } = start(100, 50);
      drain(bucket);
      clock.advance(1000);
      bucket.catchUp();
      bucket.catchUp();
      expect(drain(bucket)).to.equal(100);
      clock.advance(1000);
      expect(drain(bucket)).to.equal(50);
    });

    it('and does not lose what it has more than a burst, nor gain anything', () => {
      const { clock, bucket } = start(100, 50);
      drain(bucket);
      clock.advance(1000);
      bucket.catchUp();
      bucket.take();
      clock.advance(1000);
      expect(drain(bucket)).to.equal(99);
    });

    it('up to ten bursts', () => {
      const { clock, bucket } = start(100, 50);
      clock.advance(3_600_000);
      bucket.catchUp();
      expect(drain(bucket)).to.equal(500);
    });
  });

  it('tells the seconds until it is full', () => {
    const { clock, bucket } = start(100, 50);
    expect(bucket.untilFull()).to.equal(0);
    drain(bucket);
    expect(bucket.untilFull()).to.be.closeTo(0.5, 1e-9);
    clock.advance(400);
    expect(bucket.untilFull()).to.be.closeTo(0.1, 1e-9);
    clock.advance(200);
    expect(bucket.untilFull()).to.equal(0);
  });

  it('keeps no timer', () => {
    const { clock, bucket } = start(1, 1);
    drain(bucket);
    expect(clock.pending).to.equal(0);
  });
});
