import { expect } from 'chai';
import { frameServerOptions } from '../../src/transport/frame-socket.ts';

describe('frameServerOptions', () => {
  const limits = frameServerOptions({ maxFrameBytes: 1_048_576, closeTimeout: 2000, compression: false });

  it('takes the size of a frame and the patience with a close from the settings', () => {
    expect(limits).to.include({ maxPayload: 1_048_576, closeTimeout: 2000 });
  });

  it('bounds fragments by number, since each costs memory however small it is', () => {
    expect(limits.maxFragments).to.equal(256);
  });

  it('is off: compression, a server of its own, a list of clients of its own', () => {
    expect(limits).to.include({ perMessageDeflate: false, noServer: true, clientTracking: false });
  });

  it('compresses when told so, without a window that each client would keep', () => {
    const { perMessageDeflate } = frameServerOptions({
      maxFrameBytes: 1_048_576,
      closeTimeout: 2000,
      compression: true,
    });
    expect(perMessageDeflate).to.include({ serverNoContextTakeover: true, clientNoContextTakeover: true });
  });
});
