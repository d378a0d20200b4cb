import { expect } from 'chai';
import type { Budget } from '../../src/hub/ports.ts';
import { Budgets, type BudgetsOptions } from '../../src/limits/budgets.ts';
import { HandClock } from '../support/hand-clock.ts';

const RATES = { rateLimit: 10, rateBurst: 20, userRateLimit: 30, userRateBurst: 50 };

describe('Budgets', () => {
  const start = (rates: Partial<BudgetsOptions> = {}) => {
    const clock = new HandClock();
    return { clock, budgets: new Budgets({ ...RATES, clock, ...rates }) };
  };
  const ana = { id: 'ana', name: 'Ana' };
  const guest = { id: 'user_1', name: 'Usuario1', guest: true } as const;

  /** Takes until it is refused. @returns how many there were */
  const drain = (budget: Budget): number => {
    let taken = 0;
    while (budget.take() === 0) taken += 1;
    return taken;
  };

  it('give each connection its own, as long as its user has a share', () => {
    const { budgets } = start();
    const tabs = [budgets.open(ana), budgets.open(ana), budgets.open(ana), budgets.open({ id: 'bo', name: 'Bo' })];
    expect(tabs.map(drain)).to.deep.equal([20, 20, 10, 20]);
  });

  it('tell the seconds until there is something again, of the connection or of the user', () => {
    const { budgets } = start();
    const tabs = [budgets.open(ana), budgets.open(ana), budgets.open(ana)];
    tabs.map(drain);
    expect(tabs[0]!.take()).to.be.closeTo(0.1, 1e-9);
    expect(tabs[2]!.take()).to.be.closeTo(1 / 30, 1e-9);
  });

  it('let a connection that is refused take nothing from the others of its user', () => {
    const { budgets } = start();
    const [loud, quiet] = [budgets.open(ana), budgets.open(ana)];
    drain(loud);
    for (let asked = 0; asked < 1000; asked += 1) loud.take();
    expect(drain(quiet)).to.equal(20);
  });

  it('hold a guest to its connection alone', () => {
    const { budgets } = start();
    const tabs = [budgets.open(guest), budgets.open(guest), budgets.open(guest)];
    expect(tabs.map(drain)).to.deep.equal([20, 20, 20]);
    expect(budgets.size).to.equal(0);
  });

  it('hold nobody to a share where that is 0', () => {
    const { budgets } = start({ userRateLimit: 0 });
    const tabs = [budgets.open(ana), budgets.open(ana), budgets.open(ana)];
    expect(tabs.map(drain)).to.deep.equal([20, 20, 20]);
  });

  it('never hold a user to less than one connection', () => {
    const { clock, budgets } = start({ userRateLimit: 1, userRateBurst: 1 });
    const only = budgets.open(ana);
    expect(drain(only)).to.equal(20);
    clock.advance(1000);
    expect(drain(only)).to.equal(10);
  });

  describe('know a connection that goes on and on', () => {
    it('by its refusals: four bursts of them', () => {
      const only = start().budgets.open(ana);
      drain(only); // the last one was refused
      for (let refused = 1; refused < 80; refused += 1) only.take();
      expect(only.overdrawn).to.equal(false);
      only.take();
      expect(only.overdrawn).to.equal(true);
    });

    it('and forgive one by one, as fast as it may ask', () => {
      const { clock, budgets } = start();
      const only = budgets.open(ana);
      for (let asked = 0; asked < 5000; asked += 1) {
        only.take();
        if (asked % 2 === 1) clock.advance(100);
      }
      expect(only.overdrawn).to.equal(false);
    });
  });

  describe('keep what is spent of a share', () => {
    it('when all connections have gone: who is back at once finds no full one', () => {
      const { budgets } = start();
      for (let back = 0, taken = 50; back < 4; back += 1) {
        const budget = budgets.open(ana);
        expect(drain(budget)).to.equal(Math.min(20, taken));
        taken = Math.max(0, taken - 20);
        budget.close();
      }
    });

    it('until it is as good as new', () => {
      const { clock, budgets } = start();
      const tabs = [budgets.open(ana), budgets.open(ana)];
      for (const tab of tabs) drain(tab);
      for (const tab of tabs) tab.close();
      expect([budgets.size, clock.pending]).to.deep.equal([1, 1]);
      clock.advance(1400);
      expect([budgets.size, clock.pending]).to.deep.equal([0, 0]);
    });

    it('for as long as it takes, and looks at it from time to time', () => {
      const { clock, budgets } = start({ userRateLimit: 10, userRateBurst: 10_000, rateBurst: 10_000 });
      const only = budgets.open(ana);
      drain(only);
      only.close();
      clock.advance(999_999);
      expect(budgets.size).to.equal(1);
      clock.advance(1000);
      expect([budgets.size, clock.pending]).to.deep.equal([0, 0]);
    });

    it('and nothing of one that spent nothing, or is back when it would be forgotten', () => {
      const { clock, budgets } = start();
      budgets.open(ana).close();
      expect([budgets.size, clock.pending]).to.deep.equal([0, 0]);
      const first = budgets.open(ana);
      drain(first);
      first.close();
      const second = budgets.open(ana);
      clock.advance(60_000);
      expect([budgets.size, clock.pending]).to.deep.equal([1, 0]);
      second.close();
      expect(budgets.size).to.equal(0);
    });
  });

  it('have room for what came while nothing was read', () => {
    const { clock, budgets } = start();
    const only = budgets.open(ana);
    drain(only);
    clock.advance(4000);
    only.catchUp();
    expect(drain(only)).to.equal(40);
  });
});
