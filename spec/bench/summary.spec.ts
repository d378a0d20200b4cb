import { expect } from 'chai';
import type { Report } from '../../bench/load/plan.ts';
import { chart } from '../../bench/report/chart.ts';
import { median } from '../../bench/report/summary.ts';
import { markdown } from '../../bench/report/table.ts';
import { ambos, bareWs } from '../../bench/scenarios/contenders.ts';
import { faults, load, othersOnLoad, p50, perCpu, verdict } from '../../bench/scenarios/figures.ts';
import type { Scenario } from '../../bench/scenarios/scenario.ts';

const SCENARIO: Scenario = {
  name: 'one',
  title: 'One & only',
  about: 'What it is.',
  main: { ...perCpu, better: 'more' },
  figures: [faults[0]!, load],
  cases: () => [],
};

function report(deliveries: number, loadCpu = 0.5, serverCpu = 1, missing = 0): Report {
  const nothing = {
    messages: 0,
    inTime: 0,
    framesPerRead: 0,
    others: { server: 0, load: 0 },
    redisCpu: 0,
    p50: 0,
    p99: 0,
    max: 0,
    stalled: false,
  };
  return {
    joining: { clients: 1, seconds: 0, quiet: 0, frames: 0, bytes: 0, serverCpu: 0, loadCpu: 0, failed: 0 },
    memory: { before: 0, joined: 0, idle: [], end: 0, peak: 0 },
    traffic: { ...nothing, seconds: 1, deliveries, serverCpu, loadCpu },
    faults: { missing, duplicate: 0, disorder: 0, stray: 0, dropped: 0 },
    complaints: [],
  };
}

const RESULT = {
  title: 'a case',
  results: [
    { contender: ambos('raw'), reports: [report(900), report(3000, 0.5, 1, 2), report(1000, 0.5, 1, 1)] },
    { contender: bareWs, reports: [report(250, 0.9, 0.5)] },
  ],
};

describe('bench: what is told', () => {
  it('is the median of figures, and the sum of faults', () => {
    expect(markdown(SCENARIO, [RESULT])).to.include('| Ambos, raw | ×1.00 | 1,000 | 3 | 50 | 3 |');
  });

  it('begins with the ratio to the first, and marks what is void', () => {
    expect(markdown(SCENARIO, [RESULT])).to.include('| bare ws | ×2.00 | 500 | 0 | 90 | 1, 1 void |');
  });

  it('turns the ratio where less is better', () => {
    const scenario: Scenario = { ...SCENARIO, main: { ...perCpu, better: 'less' } };
    expect(markdown(scenario, [RESULT])).to.include('| bare ws | ×0.50 |');
  });

  it('shows a difference where that says more, in columns of the case', () => {
    const main = { ...perCpu, better: 'less', compare: 'difference' } as const;
    const text = markdown(SCENARIO, [{ ...RESULT, main, figures: [p50] }, RESULT]);
    expect(text).to.include('| server | this − first | deliveries per CPU-s | p50 ms | runs |');
    expect(text).to.include('| Ambos, raw | +0 | 1,000 | 0.0 | 3 |').and.include('| bare ws | −500 | 500 | 0.0 |');
    expect(text).to.include('| server | first ÷ this | deliveries per CPU-s | missing |');
    expect(chart(SCENARIO, [{ ...RESULT, main }])).to.include('a case: deliveries per CPU-s (less is better)');
  });

  it('has a chart that is well-formed, with a bar for each', () => {
    const svg = chart(SCENARIO, [RESULT]);
    expect(svg.match(/<rect /g)).to.have.length(2);
    expect(svg)
      .to.include('One &#38; only')
      .and.not.match(/&(?!#\d+;)/);
  });

  it('doubts a run whose load generator was too busy', () => {
    expect(verdict(report(1, 0.8, 0.5))).to.equal('good');
    expect(verdict(report(1, 0.81, 0.5))).to.equal('void');
    expect(verdict(report(1, 0.81, 0.95))).to.equal('busy');
  });

  it('judges a comeback by its own time', () => {
    const recovery = { clients: 1, complete: 1, p50: 0, p99: 0, max: 0, connected: 0, down: 0, bytes: 0 };
    const measured = { ...recovery, seconds: 2, serverCpu: 1, loadCpu: 1, others: { server: 0, load: 0.5 } };
    const back = { ...report(1, 0.9, 0.1), recovery: measured };
    expect([load.of(back), othersOnLoad.of(back), verdict(back)]).to.deep.equal([50, 25, 'disturbed']);
    expect(verdict({ ...back, recovery: { ...measured, loadCpu: 1.7 } })).to.equal('void');
  });

  it('takes the middle', () => {
    expect(median([5, 1, 9])).to.equal(5);
    expect(median([4, 1, 2, 9])).to.equal(3);
  });
});
