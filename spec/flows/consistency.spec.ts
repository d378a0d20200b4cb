import { expect } from 'chai';
import { Trial } from '../consistency/trial.ts';
import { removeFolders } from '../support/folder.ts';

const CLIENTS = 12;
const DELIVERIES = 800;

describe('consistency', () => {
  after(removeFolders);

  // `npm run check:consistency` goes on for longer, with more of everything.
  it('loses nothing, and gives nothing twice, where connections fail and the server is killed', async () => {
    const weather = { kills: 1, gap: 40, killGap: 400, longest: 600 };
    const options = {
      seed: 7,
      seconds: 1,
      deliveries: DELIVERIES,
      nodes: 1,
      redis: false,
      clients: CLIENTS,
      rate: 200,
      patience: 3000,
      weather,
    };
    const tally = await new Trial(options).run();
    expect(tally.failed, String(tally)).to.equal(false);
    const { kills, recoveries, handovers, deliveries, acknowledged, sent } = tally.events;
    expect(kills).to.equal(1);
    expect(recoveries).to.be.at.least(CLIENTS);
    expect(handovers).to.be.at.least(1);
    expect(acknowledged).to.equal(sent);
    expect(deliveries).to.be.at.least(DELIVERIES);
  }).timeout(60_000);
});
