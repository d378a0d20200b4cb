import { expect } from 'chai';
import { closeAll, connect } from '../support/client.ts';
import type { Message } from '../support/messages.ts';
import { startServer } from '../support/server.ts';

interface Page {
  room: string;
  messages: Message[];
  more: boolean;
}

describe('GET /ws/history', () => {
  let server: Awaited<ReturnType<typeof startServer>>;

  before(async () => {
    server = await startServer();
    const ana = await connect('ws', server.url, { rooms: ['a'] });
    for (let i = 1; i <= 5; i += 1) ana.send({ type: 'chat', content: String(i), room: 'a' });
    ana.send({ type: 'chat', content: 'elsewhere' });
    await ana.next({ content: 'elsewhere' });
  });

  after(async () => {
    await closeAll();
    await server.close();
  });

  const get = (query: string) => fetch(`${server.url}/ws/history?${query}`);
  const page = async (query: string) => (await (await get(query)).json()) as Page;
  const words = ({ messages }: Page) => messages.map(({ content }) => content);

  it('gives the messages of a room, as they were sent, and of the default room where none is named', async () => {
    const { room, messages, more } = await page('room=a');
    expect({ room, more }).to.deep.equal({ room: 'a', more: false });
    expect(Object.keys(messages[0]!)).to.deep.equal(['type', 'content', 'from', 'timestamp', 'id', 'data', 'room']);
    expect(words({ room, messages, more })).to.deep.equal(['1', '2', '3', '4', '5']);
    expect(words(await page(''))).to.deep.equal(['elsewhere']);
    expect(await page('room=empty')).to.deep.equal({ room: 'empty', messages: [], more: false });
  });

  it('pages back from the newest, and on from the oldest', async () => {
    const newest = await page('room=a&limit=2');
    expect([words(newest), newest.more]).to.deep.equal([['4', '5'], true]);
    const before = await page(`room=a&limit=2&before=${newest.messages[0]!.id}`);
    expect([words(before), before.more]).to.deep.equal([['2', '3'], true]);
    const first = await page(`room=a&limit=2&before=${before.messages[0]!.id}`);
    expect([words(first), first.more]).to.deep.equal([['1'], false]);
    const after = await page(`room=a&limit=3&after=${first.messages[0]!.id}`);
    expect([words(after), after.more]).to.deep.equal([['2', '3', '4'], true]);
  });

  it('may be read by pages of any origin that may connect', async () => {
    expect((await get('room=a')).headers.get('access-control-allow-origin')).to.equal('*');
  });

  const refusals: [query: string, status: number, code: string][] = [
    ['room=~ana', 400, 'invalid_room'],
    ['room=a b', 400, 'invalid_room'],
    ['before=nonsense', 400, 'invalid_message'],
    ['after=20231307132000-1', 400, 'invalid_message'],
    ['before=20231107132000-1&after=20231107132000-1', 400, 'invalid_message'],
    ['limit=0', 400, 'invalid_message'],
    ['limit=-1', 400, 'invalid_message'],
    ['limit=many', 400, 'invalid_message'],
    ['username=system', 400, 'invalid_username'],
  ];
  for (const [query, status, code] of refusals) {
    it(`refuses ?${query} with ${status} ${code}`, async () => {
      const response = await get(query);
      const { error } = (await response.json()) as { error: { code: string } };
      expect([response.status, error.code]).to.deep.equal([status, code]);
    });
  }
});
