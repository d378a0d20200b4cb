import { expect } from 'chai';
import type { Auth } from '../../src/client/index.ts';
import { type FakeWebSocket, World } from './world.ts';

describe('the client’s token', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.close());

  const expiring = (ws: FakeWebSocket, type = 'system') => {
    ws.give(type, { data: { code: 'token_expiring', expiresIn: 60 } });
    return world.settle();
  };
  const renewals = (ws: FakeWebSocket) => ws.sent.filter(({ type }) => type === 'auth').map(({ token }) => token);

  it('is renewed when the server says that it expires', async () => {
    let count = 0;
    const { ws } = await world.connected({ auth: async () => ({ token: `t${++count}` }) });
    expect(ws.protocols).to.deep.equal(['ambos', 'bearer.t1']);
    await expiring(ws);
    await expiring(ws);
    expect(renewals(ws)).to.deep.equal(['t2', 't3']);
  });

  it('is not renewed where another client says so', async () => {
    const { ws } = await world.connected({ auth: { token: 't' } });
    for (const type of ['chat', 'notification', 'heartbeat']) await expiring(ws, type);
    ws.give('system', { data: { code: 'other' } });
    await world.settle();
    expect(renewals(ws)).to.deep.equal([]);
  });

  it('is asked for anew after the close that its end brings', async () => {
    let count = 0;
    const fresh = async (): Promise<Auth> =>
      ++count === 2 ? Promise.reject(new Error('no network')) : { token: `t${count}` };
    const { ws } = await world.connected({ auth: fresh });
    await expiring(ws);
    expect(renewals(ws)).to.deep.equal([]);
    ws.end(4009, 'token_expired');
    await world.advance(500);
    expect((await world.socket()).protocols).to.deep.equal(['ambos', 'bearer.t3']);
  });

  it('is none where there is none', async () => {
    const { ws } = await world.connected({ auth: { username: 'Ana' } });
    await expiring(ws);
    expect(renewals(ws)).to.deep.equal([]);
  });
});
