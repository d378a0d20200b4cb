import { expect } from 'chai';
import { Attempts } from '../../src/limits/attempts.ts';
import { HandClock } from '../support/hand-clock.ts';
import { expectRefusal, refusalOf } from '../support/refusals.ts';

describe('Attempts', () => {
  let clock: HandClock;
  let attempts: Attempts;
  const fail = (times: number, address: string) => Array.from({ length: times }, () => attempts.failed(address));

  beforeEach(() => {
    clock = new HandClock();
    attempts = new Attempts(clock);
  });

  it('listens to an address until it was wrong ten times, and tells once that it no longer does', () => {
    expect(fail(9, 'a')).to.deep.equal(Array(9).fill(false));
    attempts.check('a');
    expect(fail(1, 'a')).to.deep.equal([true]);
    const refusal = refusalOf(() => attempts.check('a'));
    expectRefusal(refusal, 'rate_limited', 'attempts');
    expect(refusal.retryAfter).to.equal(60);
    attempts.check('b');
  });

  it('forgets after a minute from the first one', () => {
    fail(10, 'a');
    clock.advance(59_999);
    expect(refusalOf(() => attempts.check('a')).retryAfter).to.equal(1);
    clock.advance(1);
    attempts.check('a');
    expect(fail(9, 'a')).to.deep.equal(Array(9).fill(false));
  });

  it('counts the addresses of one /64 of IPv6 together, those of another one apart', () => {
    for (let i = 1; i <= 10; i += 1) attempts.failed(`2001:db8:1:2:${i}::${i}`);
    expectRefusal(
      refusalOf(() => attempts.check('2001:DB8:1:2::abcd')),
      'rate_limited',
      'attempts',
    );
    attempts.check('2001:db8:1:3::1');
  });

  it('takes an IPv4 address for the same however it is written, and no other one for it', () => {
    fail(5, '192.0.2.1');
    fail(5, '::ffff:192.0.2.1');
    for (const same of ['192.0.2.1', '::FFFF:c000:201']) {
      expectRefusal(
        refusalOf(() => attempts.check(same)),
        'rate_limited',
        'attempts',
      );
    }
    attempts.check('::ffff:192.0.2.2');
  });

  it('remembers a bounded number of addresses, those that were wrong last', () => {
    fail(10, 'first');
    fail(10, 'second');
    for (let i = 0; i < 9999; i += 1) attempts.failed(`other-${i}`);
    attempts.check('first');
    expectRefusal(
      refusalOf(() => attempts.check('second')),
      'rate_limited',
      'attempts',
    );
  });
});
