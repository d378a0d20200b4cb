import { closeAll } from '../support/client.ts';
import { race } from '../support/race.ts';
import { startServer } from '../support/server.ts';

describe('the order of a room, for longer', () => {
  it('is the same for everybody over 10,000 messages from 20 senders by both doors', async function () {
    this.timeout(60_000);
    const server = await startServer();
    await race(server.url, 500);
    await closeAll();
    await server.close();
  });
});
