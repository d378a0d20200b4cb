import { expect } from 'chai';
import { Turnstile, type TurnstileOptions } from '../../src/auth/turnstile.ts';
import { HandLoop } from '../support/hand-loop.ts';
import { settled } from '../support/hub-bench.ts';
import { expectRefusal, refusalOf } from '../support/refusals.ts';

describe('Turnstile', () => {
  const start = (limits: Partial<TurnstileOptions> = {}) => {
    const loop = new HandLoop();
    const endOfTurn = (task: () => void) => loop.endOfTurn(task);
    const turnstile = new Turnstile({ maxHandshakes: 1000, handshakeQueue: 10_000, endOfTurn, ...limits });
    const begun: number[] = [];
    const leaves: (() => void)[] = [];
    const come = (count: number) => {
      for (let i = 0; i < count; i += 1) {
        const name = leaves.length;
        leaves.push(() => {});
        leaves[name] = turnstile.enter(() => void begun.push(name));
      }
    };
    return { loop, turnstile, begun, leaves, come };
  };

  it('lets those in at once who come when nobody waits', () => {
    const { begun, come } = start();
    come(3);
    expect(begun).to.deep.equal([0, 1, 2]);
  });

  it('begins with so many in a turn and no more, in their order', () => {
    const { loop, begun, come } = start();
    come(100);
    const turns = [begun.length];
    while (loop.pending > 0) {
      loop.endTurn();
      turns.push(begun.length);
    }
    expect(turns).to.deep.equal([16, 32, 48, 64, 80, 96, 100, 100]);
    expect(begun).to.deep.equal(Array.from({ length: 100 }, (_, i) => i));
  });

  it('lets nobody pass those who wait, in whatever turn', () => {
    const { loop, begun, come } = start();
    come(20);
    loop.endTurn();
    come(20);
    while (loop.pending > 0) loop.endTurn();
    expect(begun).to.deep.equal(Array.from({ length: 40 }, (_, i) => i));
  });

  it('has so many inside at once, and the next one in when one leaves', () => {
    const { loop, begun, leaves, come } = start({ maxHandshakes: 3 });
    come(5);
    loop.endTurn();
    expect(begun).to.deep.equal([0, 1, 2]);
    leaves[1]!();
    expect(begun).to.deep.equal([0, 1, 2, 3]);
    leaves[1]!();
    expect(begun).to.deep.equal([0, 1, 2, 3]);
  });

  it('passes over those who left while they waited', () => {
    const { begun, leaves, come } = start({ maxHandshakes: 1 });
    come(4);
    leaves[1]!();
    leaves[0]!();
    expect(begun).to.deep.equal([0, 2]);
  });

  it('refuses with over_capacity when too many wait, and says when to come again, not to all the same', () => {
    const { turnstile, leaves, come } = start({ maxHandshakes: 1, handshakeQueue: 2 });
    come(3);
    const refusals = Array.from({ length: 100 }, () => refusalOf(() => turnstile.enter(() => {})));
    for (const refusal of refusals) expectRefusal(refusal, 'over_capacity');
    expectRefusal(
      refusalOf(() => turnstile.check()),
      'over_capacity',
    );
    const waits = new Set(refusals.map(({ retryAfter }) => retryAfter!));
    expect(waits.size).to.be.greaterThan(1);
    for (const wait of waits) expect(wait).to.be.within(1, 5);
    leaves[0]!();
    turnstile.check();
  });

  it('lets in without a queue, too', () => {
    const { turnstile, begun, leaves, come } = start({ maxHandshakes: 1, handshakeQueue: 0 });
    come(1);
    expectRefusal(
      refusalOf(() => turnstile.check()),
      'over_capacity',
    );
    leaves[0]!();
    turnstile.check();
    expect(begun).to.deep.equal([0]);
  });

  it('has everybody in again after a crowd', () => {
    const { loop, begun, leaves, come } = start({ maxHandshakes: 7 });
    come(500);
    for (let step = 0; begun.length < 500; step += 1) {
      leaves[step]!();
      loop.endTurn();
    }
    for (const leave of leaves) leave();
    loop.endTurn();
    come(7);
    expect(begun).to.have.lengthOf(507);
  });

  it('gives others their turn in the real event loop while 2,000 come in', async () => {
    const turnstile = new Turnstile({ maxHandshakes: 100, handshakeQueue: 10_000 });
    let begun = 0;
    const identify = async () => {
      begun += 1;
    };
    for (let i = 0; i < 2000; i += 1) {
      const leave = turnstile.enter(() => void identify().then(() => leave()));
    }
    const steps: number[] = [];
    for (let before = 0; begun < 2000; before = begun) {
      await settled();
      steps.push(begun - before);
    }
    // What others do comes once in a turn: between two of their turns few of the crowd have been looked at.
    expect(Math.max(...steps)).to.be.at.most(32);
  });
});
