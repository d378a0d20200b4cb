import { expect } from 'chai';
import { addressOf } from '../../src/client/handshake.ts';
import { type Auth, connect, io, type Options } from '../../src/client/index.ts';
import { heard, World } from './world.ts';

describe('the client’s handshake', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.close());

  const query = async (options: Options) => {
    world.io({ recovery: false, ...options });
    return [...(await world.socket()).url.searchParams].map((pair) => pair.join('='));
  };

  describe('the address', () => {
    const page = 'https://shop.test/cart?item=1#top';
    for (const [url, path, address] of [
      ['http://a.test:3000', undefined, 'ws://a.test:3000/ws'],
      ['https://a.test', undefined, 'wss://a.test/ws'],
      ['ws://a.test', undefined, 'ws://a.test/ws'],
      ['wss://a.test/', undefined, 'wss://a.test/ws'],
      ['wss://a.test/chat/ws', undefined, 'wss://a.test/chat/ws'],
      ['http://a.test', '/chat/ws', 'ws://a.test/chat/ws'],
      ['http://a.test/elsewhere', '/chat/ws', 'ws://a.test/chat/ws'],
      ['/', undefined, 'wss://shop.test/ws'],
      ['/chat/ws', undefined, 'wss://shop.test/chat/ws'],
      ['//b.test', undefined, 'wss://b.test/ws'],
      ['http://a.test/?username=Bo', undefined, 'ws://a.test/ws?username=Bo'],
    ] as const) {
      it(`of ${url}${path ? ` with the path ${path}` : ''} is ${address}`, () => {
        expect(addressOf(url, path, page).href).to.equal(address);
      });
    }

    it('is the page’s own server where no URL is given', async () => {
      const location = { href: page };
      io({ ...world.options(), page: { location } });
      expect((await world.socket()).url.host).to.equal('shop.test');
    });

    it('is needed outside a page', () => {
      expect(() => io(world.options())).to.throw(TypeError, 'Invalid URL');
    });
  });

  it('needs a WebSocket, and says so', () => {
    const none: object = { WebSocket: undefined };
    expect(() => io('http://a.test', none)).to.throw('No WebSocket here: pass one');
  });

  it('goes by the name connect, too', () => {
    expect(connect).to.equal(io);
  });

  it('carries username, userId and rooms in the query', async () => {
    const auth = { username: 'Ana María', userId: 'ana', rooms: ['a'] };
    expect(await query({ auth, rooms: ['b', 'c'] })).to.deep.equal([
      'username=Ana María',
      'userId=ana',
      'room=b',
      'room=c',
      'room=a',
    ]);
  });

  it('takes rooms with commas', async () => {
    expect(await query({ auth: { rooms: 'a,b' } })).to.deep.equal(['room=a', 'room=b']);
  });

  it('says nothing where there is nothing to say', async () => {
    expect(await query({})).to.deep.equal([]);
  });

  it('carries a token in the subprotocols, never in the URL', async () => {
    world.io({ auth: { token: 'abc.def' } });
    const ws = await world.socket();
    expect(ws.protocols).to.deep.equal(['ambos', 'bearer.abc.def']);
    expect(ws.url.href).not.to.include('abc');
  });

  it('offers no subprotocol without a token', async () => {
    world.io();
    expect((await world.socket()).protocols).to.deep.equal([]);
  });

  for (const [how, auth] of Object.entries<NonNullable<Options['auth']>>({
    returns: () => ({ username: 'Bo' }),
    promises: async () => ({ username: 'Bo' }),
    'calls back with': (done: (auth: Auth) => void) => done({ username: 'Bo' }),
  })) {
    it(`asks a function that ${how} who it is`, async () => {
      expect(await query({ auth })).to.deep.equal(['username=Bo']);
    });
  }

  it('asks again before each attempt', async () => {
    let count = 0;
    world.io({ auth: () => ({ token: `t${++count}` }) });
    (await world.socket()).end();
    await world.settle();
    await world.advance(500);
    expect(world.sockets.map(({ protocols }) => protocols[1])).to.deep.equal(['bearer.t1', 'bearer.t2']);
  });

  it('asks only when io has returned', async () => {
    const client = world.io({ auth: () => ({ username: String(client.connected) }) });
    expect((await world.socket()).url.searchParams.get('username')).to.equal('false');
  });

  it('tries again where asking has failed', async () => {
    let count = 0;
    const client = world.io({
      auth: async () => {
        if (++count === 1) throw new Error('no token yet');
        return { username: 'Ana' };
      },
    });
    const errors = heard(client, 'connect_error');
    await world.settle();
    expect(errors[0]?.[1]).to.include({ code: 'handshake_failed', message: 'Error: no token yet', retryable: true });
    await world.advance(500);
    expect(world.sockets).to.have.length(1);
  });

  it('does not connect where it was called off while it asked', async () => {
    let answer: (auth: Auth) => void = () => {};
    const client = world.io({
      auth: (done) => {
        answer = done;
      },
    });
    await world.settle();
    client.disconnect();
    answer({ username: 'Ana' });
    await world.settle();
    expect(world.sockets).to.have.length(0);
  });

  it('goes on as who the server took it for', async () => {
    const { ws } = await world.connected({}, { data: [{ id: 'user_7', username: 'Usuario7', status: 'online' }] });
    ws.end();
    await world.advance(500);
    expect(world.sockets).to.have.length(2);
    const { searchParams } = world.sockets[1]!.url;
    expect([searchParams.get('username'), searchParams.get('userId')]).to.deep.equal(['Usuario7', 'user_7']);
  });

  it('leaves it to the token who it is', async () => {
    let token = 'ana’s';
    const { ws } = await world.connected({ auth: () => ({ token }) });
    token = 'bo’s';
    ws.end();
    await world.advance(500);
    expect(world.sockets[1]?.url.searchParams.has('userId')).to.equal(false);
  });

  it('waits with autoConnect: false until it is told to connect', async () => {
    const client = world.io({ autoConnect: false });
    await world.settle();
    expect([world.sockets.length, client.active]).to.deep.equal([0, false]);
    client.connect();
    await world.settle();
    expect([world.sockets.length, client.active]).to.deep.equal([1, true]);
  });
});
