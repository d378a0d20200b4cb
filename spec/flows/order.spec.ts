import { expect } from 'chai';
import { type Client, closeAll, connect, DOORS } from '../support/client.ts';
import { type Running, startServer } from '../support/server.ts';

const SENDERS = 20;
const EACH = 500;

describe('the order of a room', () => {
  let server: Running;
  before(async () => {
    server = await startServer();
  });
  afterEach(closeAll);
  after(() => server.close());

  it(`is the same for everybody over ${SENDERS * EACH} messages from ${SENDERS} senders by both doors`, async function () {
    this.timeout(30_000);
    const clients = await Promise.all(
      Array.from({ length: SENDERS }, (_, i) =>
        connect(DOORS[i % 2]!, server.url, { username: `s${i}`, rooms: ['race'] }),
      ),
    );
    for (let turn = 0; turn < EACH; turn++) {
      for (const [i, client] of clients.entries()) client.send({ type: 'chat', content: `${i}:${turn}`, room: 'race' });
    }
    await Promise.all(
      clients.map((client) =>
        client.collect(({ type, room }) => type === 'chat' && room === 'race', SENDERS * EACH, 20_000),
      ),
    );
    const transcripts = clients.map((client) => chats(client).map(({ id, content }) => `${id} ${content}`));
    for (const transcript of transcripts) expect(transcript).to.deep.equal(transcripts[0]);
    expectEachInOrder(chats(clients[0]!).map(({ content }) => content));
    expectAscending(chats(clients[0]!).map(({ id }) => Number(id.split('-')[1])));
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

function chats(client: Client) {
  return client.messages.filter(({ type, room }) => type === 'chat' && room === 'race');
}

function expectEachInOrder(contents: string[]): void {
  for (let sender = 0; sender < SENDERS; sender++) {
    const turns = contents
      .filter((content) => content.startsWith(`${sender}:`))
      .map((content) => Number(content.split(':')[1]));
    expect(turns).to.deep.equal(Array.from({ length: EACH }, (_, i) => i));
  }
}

function expectAscending(numbers: number[]): void {
  for (const [i, n] of numbers.entries()) if (i > 0) expect(n).to.be.greaterThan(numbers[i - 1]!);
}
