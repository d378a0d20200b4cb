import { expect } from 'chai';
import { Trial } from '../consistency/trial.ts';
import { removeFolders } from '../support/folder.ts';
import { RedisServer } from '../support/redis.ts';

describe('three servers on one Redis, with bad luck', () => {
  after(removeFolders);

  // `npm run check:consistency -- --nodes 3` goes on for longer, with more of everything.
  it('lose nothing, give nothing twice, and tell everybody the same order', async function () {
    this.timeout(120_000);
    // Where there is none the trial could not say so.
    await (await RedisServer.start(this)).stop();
    const weather = { kills: 4, gap: 100, killGap: 3000, longest: 1000 };
    const size = { seconds: 15, deliveries: 5000, nodes: 3, redis: true, clients: 18, rate: 100 };
    const tally = await new Trial({ seed: 11, patience: 3000, weather, ...size }).run();
    expect(tally.failed, String(tally)).to.equal(false);
    const { wanderings, deliveries, acknowledged, sent } = tally.events;
    expect(wanderings).to.be.at.least(1);
    expect(acknowledged).to.equal(sent);
    expect(deliveries).to.be.at.least(5000);
  });
});
