import { expect } from 'chai';
import type { Client } from '../../bench/load/client.ts';
import { now } from '../../bench/load/clock.ts';
import { Comeback } from '../../bench/load/comeback.ts';
import { fresh } from './frames.ts';

const MISSED = 2;

/** So many clients without sockets, that miss two messages of one lane. */
function bench(count: number) {
  const clients = Array.from({ length: count }, () => {
    const begun = now() - 5000;
    const client = { state: fresh(1), welcome: { done: false }, begun, connected: begun + 2000 };
    return client as Client;
  });
  const crowd = { size: count, listener: undefined };
  const comeback = new Comeback(crowd, [MISSED]);
  let over = false;
  void comeback.over.then(() => (over = true));
  const get = (index: number, number: number) => {
    clients[index]!.state.sequences.take(0, number);
    comeback.arrived([0, number], clients[index]!);
  };
  const welcome = (index: number) => {
    Object.assign(clients[index]!.welcome!, { done: true });
    comeback.arrived([], clients[index]!);
  };
  const isOver = async () => {
    await new Promise(setImmediate);
    return over;
  };
  return { comeback, get, welcome, lose: (index: number) => comeback.lost(clients[index]!), isOver };
}

describe('bench: Comeback', () => {
  it('is over when each has its list and the last message that it missed', async () => {
    const { comeback, get, welcome, isOver } = bench(2);
    for (const index of [0, 1]) welcome(index);
    for (const index of [0, 1]) get(index, 0);
    get(0, 1);
    expect([comeback.times.count, await isOver()]).to.deep.equal([1, false]);
    get(1, 1);
    expect([comeback.times.count, await isOver()]).to.deep.equal([2, true]);
  });

  it('does not take one for level that has not had its list, or has a gap', () => {
    const { comeback, get, welcome } = bench(2);
    for (const number of [0, 1]) get(0, number);
    welcome(1);
    get(1, 1);
    expect(comeback.times.count).to.equal(0);
    welcome(0);
    get(1, 0);
    expect(comeback.times.count).to.equal(2);
  });

  it('times each once, from the beginning of its connection', () => {
    const { comeback, get, welcome } = bench(2);
    welcome(0);
    for (const number of [0, 1, 1]) get(0, number);
    expect(comeback.times.count).to.equal(1);
    expect(comeback.times.max).to.be.at.least(5000);
    expect(comeback.connections.max).to.equal(2000);
  });

  it('does not wait for those that are lost', async () => {
    const { comeback, get, welcome, lose, isOver } = bench(2);
    welcome(0);
    for (const number of [0, 1]) get(0, number);
    lose(0);
    expect(await isOver()).to.equal(false);
    lose(1);
    expect([comeback.times.count, await isOver()]).to.deep.equal([1, true]);
  });
});
