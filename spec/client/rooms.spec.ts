import { expect } from 'chai';
import { World } from './world.ts';

describe('the client’s rooms', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.close());

  /** The rooms that the next handshake names. */
  const next = async () => {
    world.sockets.at(-1)!.end();
    await world.advance(10_000);
    return world.sockets.at(-1)!.url.searchParams.getAll('room');
  };
  const rows = [{ id: 'ana', username: 'Ana', status: 'online' }];

  it('are those that it has joined', async () => {
    const { client, ws } = await world.connected({ rooms: ['a'] });
    const answer = client.join('b');
    expect(ws.sent[0]).to.include({ type: 'join', room: 'b' });
    ws.give('user_list', { room: 'b', data: rows });
    ws.ack(0);
    expect(await answer).to.include({ ok: true });
    expect(await next()).to.deep.equal(['a', 'b']);
  });

  it('are no longer those that it has left', async () => {
    const { client, ws } = await world.connected({ rooms: ['a'], auth: { rooms: ['b', 'c'] } });
    const answer = client.leave('b');
    ws.give('user_left', { room: 'b', data: { username: 'Ana', userId: 'ana' } });
    ws.ack(0);
    expect(await answer).to.include({ ok: true });
    expect(await next()).to.deep.equal(['a', 'c']);
  });

  it('stay when somebody else leaves', async () => {
    const { ws } = await world.connected({ rooms: ['a'] });
    ws.give('user_left', { room: 'a', data: { username: 'Bo', userId: 'bo' } });
    ws.give('user_left', { data: { username: 'Ana', userId: 'ana' } });
    expect(await next()).to.deep.equal(['a']);
  });

  it('are not those that the server refused', async () => {
    const { client, ws } = await world.connected();
    const answer = client.join('no spaces');
    ws.refuse(0, 'invalid_room');
    expect(await answer).to.include({ ok: false });
    expect(await next()).to.deep.equal([]);
  });

  it('are joined by hand as well', async () => {
    const { client, ws } = await world.connected();
    client.emit('join', { room: 'b' });
    ws.give('user_list', { room: 'b', data: rows });
    expect(await next()).to.deep.equal(['b']);
  });

  it('are joined when the connection comes, where it was not there', async () => {
    const client = world.io();
    void client.join('b');
    const ws = await world.socket();
    ws.welcome();
    expect(ws.sent[0]).to.include({ type: 'join', room: 'b' });
  });
});
