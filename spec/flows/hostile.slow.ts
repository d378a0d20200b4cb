import { expect } from 'chai';
import { Siege } from '../hostile/siege.ts';
import { removeFolders } from '../support/folder.ts';

const INPUTS = 1500;
const CLIENTS = 12;

describe('hostile clients', () => {
  after(removeFolders);

  // `npm run check:hostile` goes on for longer, with more of everything, and judges times.
  it('harm nobody, and are answered, whatever they send', async () => {
    const settings = { HANDSHAKE_TIMEOUT: '500', CLOSE_TIMEOUT: '100', RATE_LIMIT: '50', RATE_BURST: '100' };
    const options = {
      seed: 7,
      inputs: INPUTS,
      seconds: 40,
      clients: CLIENTS,
      rate: 40,
      peace: 0.1,
      hands: 12,
      attacks: 1,
    };
    const tally = await new Siege({ ...options, strict: false, settings }).run();
    expect(tally.failed, String(tally)).to.equal(false);
    expect(tally.inputs).to.be.at.least(INPUTS);
    expect(tally.events.deliveries).to.be.above(0);
  }).timeout(60_000);
});
