import { expect } from 'chai';
import { Room } from '../../src/hub/room.ts';
import { HubBench } from '../support/hub-bench.ts';

describe('Room', () => {
  it('has one live audience per transport', async () => {
    const bench = await HubBench.start();
    const one = await bench.join('1');
    const two = await bench.join('2', { transport: bench.b });
    const room = new Room('a');
    room.attach(one);
    const audience = room.audience(bench.a);
    room.attach(two);
    room.attach(one);
    expect([...(audience ?? [])]).to.deep.equal([one]);
    expect([...(room.audience(bench.b) ?? [])]).to.deep.equal([two]);
    room.detach(one);
    expect(audience?.size).to.equal(0);
    expect(room.audience(bench.a)).to.equal(undefined);
  });
});
