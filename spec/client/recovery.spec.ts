import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { WebSocket, WebSocketServer } from 'ws';
import { io, type Message, type StorageLike } from '../../src/client/index.ts';
import { World } from './world.ts';

describe('the client’s recovery', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.close());

  const asked = async () => {
    const { searchParams } = (await world.socket()).url;
    return { session: searchParams.get('session'), lastId: searchParams.get('lastId') };
  };
  const again = async () => {
    world.sockets.at(-1)!.end();
    await world.advance(10_000);
    return asked();
  };

  it('asks for a session at first', async () => {
    world.io();
    expect(await asked()).to.deep.equal({ session: '', lastId: null });
  });

  it('gives the session back, and the id of the last message, of whatever type', async () => {
    const { client, ws } = await world.connected({}, { session: 's-1', id: '20231107132000-7.1' });
    expect([client.session, client.lastId]).to.deep.equal(['s-1', '20231107132000-7.1']);
    client.emit('chat', 'hola', () => {});
    for (const [type, id] of [
      ['chat', '20231107132000-8'],
      ['user_joined', '20231107132000-9'],
      ['ack', '20231107132000-9.1'],
      ['typing', '20231107132000-9.2'],
      ['error', '20231107132000-9.3'],
    ] as const) {
      ws.give(type, { id, data: { clientMsgId: ws.sent[0]?.['clientMsgId'] } });
      expect(client.lastId).to.equal(id);
      const { session, lastId } = client;
      expect({ session, lastId }).to.deep.equal({ session: 's-1', lastId: id });
    }
    expect(await again()).to.deep.equal({ session: 's-1', lastId: '20231107132000-9.3' });
    expect(await again(), 'after one that came to nothing').to.deep.equal({
      session: 's-1',
      lastId: '20231107132000-9.3',
    });
  });

  it('tells at connect whether it was recovered, and why not', async () => {
    const client = world.io();
    const told: unknown[] = [];
    client.on('connect', () => told.push([client.recovered, client.reason]));
    for (const fields of [
      { session: 's-1', recovered: false },
      { session: 's-1', recovered: true, replayed: 2 },
      { session: 's-2', recovered: false, reason: 'session' },
      {},
    ]) {
      const ws = await world.socket();
      ws.welcome(fields);
      ws.end();
      await world.advance(10_000);
    }
    expect(told).to.deep.equal([
      [false, undefined],
      [true, undefined],
      [false, 'session'],
      [false, undefined],
    ]);
    expect(client.session).to.equal('s-2');
  });

  it('is left alone with recovery: false', async () => {
    await world.connected({ recovery: false }, { session: 's-1' });
    expect(await again()).to.deep.equal({ session: null, lastId: null });
  });

  it('begins where an earlier life of the program has ended', async () => {
    world.io({ session: 's-1', lastId: '20231107132000-7' });
    expect(await asked()).to.deep.equal({ session: 's-1', lastId: '20231107132000-7' });
  });

  it('goes on where it was after a disconnect of its own', async () => {
    const { client } = await world.connected({}, { session: 's-1', id: '20231107132000-7.1' });
    client.disconnect().connect();
    expect(await asked()).to.deep.equal({ session: 's-1', lastId: '20231107132000-7.1' });
  });

  describe('over a reload of the page', () => {
    let items: Map<string, string>;
    let storage: StorageLike;
    beforeEach(() => {
      items = new Map();
      storage = {
        getItem: (key) => items.get(key) ?? null,
        setItem: (key, value) => void items.set(key, value),
        removeItem: (key) => void items.delete(key),
      };
    });
    /** As browsers do it when a page goes. */
    const hide = () => {
      for (const signal of ['pagehide', 'visibilitychange']) world.page.dispatchEvent(new Event(signal));
    };
    const connected = () => world.connected({ storage }, { session: 's-1', id: '20231107132000-7.1' });

    it('goes on where the page before was, as the same user', async () => {
      await connected();
      hide();
      world.io({ storage });
      expect(await asked()).to.deep.equal({ session: 's-1', lastId: '20231107132000-7.1' });
      expect((await world.socket()).url.searchParams.get('userId')).to.equal('ana');
    });

    it('leaves nothing in the storage while the page lives, so that a duplicated tab begins anew', async () => {
      await connected();
      expect(items.size).to.equal(0);
      hide();
      expect(items.size).to.equal(1);
      world.io({ storage });
      await world.settle();
      expect(items.size).to.equal(0);
    });

    it('takes its own back when the page was only set aside', async () => {
      const { client } = await connected();
      hide();
      world.page.dispatchEvent(new Event('pageshow'));
      expect([items.size, client.session]).to.deep.equal([0, 's-1']);
    });

    it('keeps nothing of a client that has left', async () => {
      const { client } = await connected();
      client.disconnect();
      hide();
      expect(items.size).to.equal(0);
    });

    it('begins anew where the storage is denied, full or written by others', async () => {
      const deny = () => {
        throw new Error('denied');
      };
      world.io({ storage: { getItem: deny, setItem: deny, removeItem: deny } });
      expect(await asked()).to.deep.equal({ session: '', lastId: null });
      hide();
      world.io({ storage: { ...storage, getItem: () => '{"session' } });
      expect(await asked()).to.deep.equal({ session: '', lastId: null });
    });

    it('keeps servers apart', async () => {
      await connected();
      hide();
      io('http://other.test', { ...world.options(), storage });
      expect(await asked()).to.deep.equal({ session: '', lastId: null });
    });
  });

  it('asks a server over real sockets', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/ws' });
    await once(server, 'listening');
    const queries: string[] = [];
    const message = { content: '', from: 'system', timestamp: 1_699_363_200, data: null };
    server.on('connection', (ws: WebSocket, { url = '' }: IncomingMessage) => {
      const give = (fields: object) => ws.send(JSON.stringify({ ...message, ...fields }));
      const resumed = queries.push(url.slice(url.indexOf('?'))) > 1;
      give({
        type: 'user_list',
        id: '20231107132000-7.1',
        session: 's-1',
        recovered: resumed,
        replayed: resumed ? 1 : 0,
      });
      give({ type: 'chat', id: `20231107132000-${resumed ? 9 : 8}`, content: resumed ? 'missed' : 'before' });
      if (!resumed) ws.once('message', () => ws.terminate());
    });
    const { port } = server.address() as AddressInfo;
    const client = io(`ws://127.0.0.1:${port}`, {
      WebSocket,
      auth: { userId: 'ana' },
      reconnectionDelay: 1,
    });
    const chats: Message[] = [];
    const missed = new Promise<void>((resolve) => {
      client.on('chat', (chat) => {
        chats.push(chat);
        if (chat.content === 'missed') resolve();
        else client.volatile.emit('typing');
      });
    });
    await missed;
    expect(queries).to.deep.equal(['?userId=ana&session=', '?userId=ana&session=s-1&lastId=20231107132000-8']);
    expect([client.recovered, client.lastId]).to.deep.equal([true, '20231107132000-9']);
    client.disconnect();
    server.close();
    await once(server, 'close');
  });
});
