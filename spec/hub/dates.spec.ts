import { expect } from 'chai';
import type { Deliver, Draft, Receipt } from '../../src/hub/ports.ts';
import { MemoryLog } from '../../src/log/memory.ts';
import { Deferred } from '../support/deferred.ts';
import { HandClock } from '../support/hand-clock.ts';
import { HubBench, settled, silent } from '../support/hub-bench.ts';
import { nOf, positionOf } from '../support/messages.ts';

/** A log far away: what it has dated already arrives when a case says so. */
class FarLog extends MemoryLog {
  #gate: Deferred<void> | undefined;

  hold(): void {
    this.#gate = new Deferred();
  }

  release(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  override start(deliver: Deliver): Promise<number> {
    return super.start((entries) => {
      if (this.#gate) void this.#gate.promise.then(() => deliver(entries));
      else deliver(entries);
    });
  }

  override async publish(draft: Draft): Promise<Receipt> {
    const gate = this.#gate;
    const receipt = await super.publish(draft);
    await gate?.promise;
    return receipt;
  }
}

describe('the dates of ids', () => {
  let clock: HandClock;
  let log: FarLog;
  let bench: HubBench;
  beforeEach(async () => {
    clock = new HandClock();
    log = new FarLog({ clock, messages: 1000, age: 3_600_000, bytes: 1_000_000 });
    bench = await HubBench.start({ clock, log, logger: silent });
  });

  it('do not go back where a message was dated before an answer that overtakes it', async () => {
    const ana = await bench.join('ana');
    log.hold();
    bench.push(ana, { type: 'chat', content: 'on its way' });
    await settled();
    clock.advance(1000);
    await bench.send(ana, { type: 'heartbeat' });
    log.release();
    await settled();
    const ids = bench.received(ana).map(({ id }) => id);
    expect(bench.heard(ana)).to.deep.equal(['user_list', 'heartbeat:', 'chat:on its way']);
    ids.sort((a, b) => Number(nOf(a) - nOf(b)));
    const dates = ids.map((id) => positionOf(id).date);
    expect(dates).to.deep.equal([...dates].sort());
  });

  it('go on where nothing is on its way, also after a refusal of the log', async () => {
    const ana = await bench.join('ana');
    await bench.send(ana, { type: 'chat', content: 'x' });
    await log.close();
    await bench.send(ana, { type: 'chat', content: 'refused' });
    const before = bench.received(ana).at(-1)!.timestamp;
    clock.advance(2000);
    await bench.send(ana, { type: 'heartbeat' });
    expect(bench.received(ana).at(-1)!.timestamp).to.equal(before + 2);
  });
});
