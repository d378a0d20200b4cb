import { expect } from 'chai';
import { Polling } from '../support/polling.ts';
import { startServer } from '../support/server.ts';

describe('a farewell to a client that polls no more', () => {
  it('holds the server up no longer than CLOSE_TIMEOUT', async () => {
    const server = await startServer({ closeTimeout: '100ms', shutdownTimeout: '1h' });
    const polling = await Polling.connect(server.url);
    let packets: string[] = [];
    while (!packets.some((packet) => packet.startsWith('42["user_list"'))) packets = await polling.poll();
    const last = polling.poll();
    await server.close();
    expect((await last).join()).to.include('going_away');
  });
});
