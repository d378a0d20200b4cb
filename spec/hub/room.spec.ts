import { expect } from 'chai';
import { Room } from '../../src/hub/room.ts';
import { HubBench } from '../support/hub-bench.ts';

describe('Room', () => {
  const ana = { id: 'ana', name: 'Ana' };

  it('tells the first connection of a user and the last', () => {
    const room = new Room('a');
    expect([room.enter(ana, 's1'), room.enter(ana, 's2')]).to.deep.equal([true, false]);
    expect([room.exit('ana', 's1'), room.exit('ana', 's2')]).to.deep.equal([false, true]);
  });

  it('counts a connection once, however often it enters', () => {
    const room = new Room('a');
    room.enter(ana, 's1');
    room.enter(ana, 's1');
    expect(room.exit('ana', 's1')).to.equal(true);
  });

  it('does not mind the exit of one that never entered', () => {
    const room = new Room('a');
    room.enter(ana, 's1');
    expect([room.exit('ana', 'other'), room.exit('bo', 's1'), room.size]).to.deep.equal([false, false, 1]);
  });

  it('shows the newest connection’s name, and the one before when that has gone', () => {
    const room = new Room('a');
    room.enter(ana, 's1');
    room.enter({ id: 'ana', name: 'Anita' }, 's2');
    expect(room.rows('ana', 10)[0]?.username).to.equal('Anita');
    room.exit('ana', 's2');
    expect(room.rows('ana', 10)[0]?.username).to.equal('Ana');
  });

  it('lists the reader first, then the others as they came, within the limit', () => {
    const room = new Room('a');
    for (const id of ['1', '2', '3', '4']) room.enter({ id, name: id }, `s${id}`);
    expect(room.rows('3', 3).map(({ id }) => id)).to.deep.equal(['3', '1', '2']);
  });

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
