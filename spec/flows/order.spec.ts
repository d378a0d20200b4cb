import { closeAll, connect } from '../support/client.ts';
import { expectAscending, race } from '../support/race.ts';
import { type Running, startServer } from '../support/server.ts';

describe('the order of a room', () => {
  let server: Running;
  before(async () => {
    server = await startServer();
  });
  afterEach(closeAll);
  after(() => server.close());

  it('is the same for everybody over 2000 messages from 20 senders by both doors', async () => {
    await race(server.url, 100);
  });

  it('holds over several rooms and direct messages together', async () => {
    const rooms = ['x', 'y', 'z'];
    const [ana, bo, cy] = await Promise.all([
      connect('ws', server.url, { userId: 'o-ana', rooms }),
      connect('socketio', server.url, { userId: 'o-bo', rooms }),
      connect('socketio', server.url, { userId: 'o-cy', rooms, transports: ['polling'] }),
    ]);
    for (let i = 0; i < 100; i++) {
      for (const room of rooms) ana.send({ type: 'chat', content: `${room}${i}`, room });
      bo.send({ type: 'chat', content: `dm${i}`, to: 'o-ana' });
      cy.send({ type: 'notification', content: `all${i}` });
    }
    await Promise.all([
      ana.request({ type: 'heartbeat' }),
      bo.request({ type: 'heartbeat' }),
      cy.request({ type: 'heartbeat' }),
    ]);
    await Promise.all([ana, bo, cy].map((client) => client.collect({ type: 'notification' }, 100)));
    await Promise.all([ana, bo].map((client) => client.collect({ to: 'o-ana' }, 100)));
    for (const client of [ana, bo, cy]) {
      const numbers = client.messages.filter(({ id }) => !id.includes('.')).map(({ id }) => Number(id.split('-')[1]));
      expectAscending(numbers);
    }
  });
});
