import { expect } from 'chai';
import type { Session } from '../../src/hub/session.ts';
import { HubBench, settled } from '../support/hub-bench.ts';
import { expectRefusal, refusalOf } from '../support/refusals.ts';

describe('Places of a user', () => {
  let bench: HubBench;
  beforeEach(async () => {
    bench = await HubBench.start({ limits: { maxConnectionsPerUser: 2 } });
  });

  const check = (id: string, session?: string) =>
    bench.hub.checkPlace({ user: { id, name: id }, ...(session !== undefined && { session }) });
  const expectFull = (id: string, session?: string) => {
    const refusal = refusalOf(() => check(id, session));
    expectRefusal(refusal, 'rate_limited', 'user_connections');
    expect(refusal.retryAfter).to.be.at.least(1);
  };
  /** Connects one that may come back. */
  const enter = async (session = '', id = 'ana'): Promise<Session> => {
    const newcomer = { user: { id, name: id }, address: '', rooms: [], session };
    bench.hub.checkPlace(newcomer);
    const entered = bench.hub.connect(bench.a, newcomer);
    await settled();
    return entered;
  };

  it('are refused where all are taken, over both doors, and nobody else', async () => {
    await bench.join('ana');
    check('ana');
    await bench.join('ana', { transport: bench.b });
    expectFull('ana');
    check('bo');
  });

  it('are there again when a connection has ended', async () => {
    const ana = await bench.join('ana');
    await bench.join('ana');
    bench.hub.disconnect(ana, { goodbye: true });
    check('ana');
  });

  it('are not limited by default', async () => {
    bench = await HubBench.start();
    for (let i = 0; i < 50; i += 1) await bench.join('ana');
    check('ana');
  });

  it('are not taken by one that vanished and counts as present', async () => {
    const [ghost] = [await enter(), await enter()];
    bench.hub.disconnect(ghost, { goodbye: false });
    await enter(ghost.secret);
    expectFull('ana');
  });

  it('let one in that takes over its own, dead or not', async () => {
    bench.a.close = () => {};
    const [half, tab] = [await enter(), await enter()];
    expectFull('ana');
    const back = await enter(half.secret);
    expect(back.secret).to.be.a('string');
    expectFull('ana');
    bench.hub.disconnect(tab, { goodbye: true });
    check('ana');
    await enter();
    bench.hub.disconnect(half, { goodbye: false });
    expectFull('ana');
    bench.hub.disconnect(back, { goodbye: true });
    check('ana');
  });

  it('let one in, not several, at once', async () => {
    bench.a.close = () => {};
    const [half] = [await enter(), await enter()];
    const newcomer = { user: half.user, address: '', rooms: [], session: half.secret! };
    bench.hub.checkPlace(newcomer);
    bench.hub.connect(bench.a, newcomer);
    expectFull('ana', half.secret);
  });

  it("are not given for another one's session", async () => {
    const bo = await enter('', 'bo');
    await enter();
    await enter();
    expectFull('ana', bo.secret);
    expectFull('ana', 'nonsense');
  });
});
