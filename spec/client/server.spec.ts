import { expect } from 'chai';
import { WebSocket } from 'ws';
import { type Answer, type ConnectError, io, type Message, type Options, type Socket } from '../../src/client/index.ts';
import { closeAll, connect } from '../support/client.ts';
import { TcpProxy } from '../support/proxy.ts';
import { type Running, startServer } from '../support/server.ts';

describe('the client with a server', () => {
  const clients: Socket[] = [];
  let server: Running;
  before(async () => {
    server = await startServer({ locale: 'en' });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    await closeAll();
  });
  after(() => server.close());

  const open = (options: Options = {}, url = server.url) => {
    const client = io(url, { WebSocket, reconnectionDelay: 1, ...options });
    clients.push(client);
    return client;
  };
  /** The next message of a type. */
  const next = (client: Socket, type: string) => new Promise<Message>((resolve) => client.once(type, resolve));
  const refusal = (client: Socket) => new Promise<ConnectError>((resolve) => client.once('connect_error', resolve));
  const connected = async (options: Options = {}, url?: string) => {
    const client = open(options, url);
    await next(client, 'user_list');
    return client;
  };

  it('talks with a client of Socket.IO', async () => {
    const ana = await connected({ auth: { username: 'Ana', userId: 'c-ana' }, rooms: ['tea'] });
    const bo = await connect('socketio', server.url, { username: 'Bo', rooms: ['tea'] });
    const answer = ana.emitWithAck('chat', { content: 'hola', room: 'tea' });
    const received = await bo.next({ type: 'chat', room: 'tea' });
    expect(received).to.include({ content: 'hola', from: 'Ana' });
    expect(await answer).to.deep.equal({ ok: true, id: received.id, timestamp: received.timestamp });
    const reply = next(ana, 'chat');
    bo.send({ type: 'chat', content: 'hi', to: 'c-ana' });
    expect(await reply).to.include({ content: 'hi', from: 'Bo', to: 'c-ana' });
    expect(ana.userId).to.equal('c-ana');
  });

  it('joins and leaves', async () => {
    const client = await connected();
    expect(await client.join('tea')).to.include({ ok: true });
    expect(await client.emitWithAck('chat', { content: 'x', room: 'tea' })).to.include({ ok: true });
    expect(await client.leave('tea')).to.include({ ok: true });
    const refused = await client.emitWithAck('chat', { content: 'x', room: 'tea' });
    expect(refused).to.have.nested.property('error.code', 'not_in_room');
  });

  it('learns why it is refused, and stays away', async () => {
    const client = open({ auth: { username: 'system' } });
    const error = await refusal(client);
    expect(error).to.include({ code: 'invalid_username', retryable: false });
    expect(client.active).to.equal(false);
  });

  it('learns that the server is full, and will come back when it is told to', async () => {
    const small = await startServer({ maxConnections: 1 });
    const first = await connected({}, small.url);
    const second = open({}, small.url);
    const error = await refusal(second);
    expect(error).to.include({ code: 'over_capacity', retryable: true });
    expect(error.retryAfter).to.be.greaterThan(0);
    expect(second.active).to.equal(true);
    for (const client of [first, second]) client.disconnect();
    await small.close();
  });

  it('gets everything through that exceeds the rate, each message once', async () => {
    const slow = await startServer({ rateBurst: 20, rateLimit: 200 });
    const client = await connected({}, slow.url);
    const echoes: string[] = [];
    client.on('chat', ({ content }) => echoes.push(content));
    const contents = Array.from({ length: 30 }, (_, i) => `${i}`);
    const answers = await Promise.all(contents.map((content) => client.emitWithAck('chat', content)));
    expect(answers.filter(({ ok }) => !ok)).to.deep.equal([]);
    expect([...echoes].sort()).to.deep.equal([...contents].sort());
    client.disconnect();
    await slow.close();
  });

  it('hears of a message that is too large: refused, or the end of the connection', async () => {
    const client = await connected();
    for (const length of [100_000, 3_000_000]) {
      const small = client.emitWithAck('chat', 'small');
      const large = client.emitWithAck('chat', 'x'.repeat(length));
      expect(await large, `${length}`).to.have.nested.property('error.code', 'too_large');
      expect(await small).to.include({ ok: true });
    }
  });

  it('loses nothing and sends nothing twice where its connection is cut again and again', async () => {
    const proxy = await TcpProxy.before(server.url);
    const listener = await connect('ws', server.url, { rooms: ['cut'] });
    const client = await connected({ rooms: ['cut'] }, proxy.url);
    const answers: Promise<Answer>[] = [];
    for (let i = 0; i < 200; i++) {
      answers.push(client.emitWithAck('chat', { content: `${i}`, room: 'cut' }));
      if (i % 40 === 20) await answers.at(-20);
      if (i % 40 === 20) proxy.cut();
    }
    expect((await Promise.all(answers)).filter(({ ok }) => !ok)).to.deep.equal([]);
    const chats = await listener.collect({ type: 'chat', room: 'cut' }, 200);
    expect(chats.map(({ content }) => content)).to.deep.equal(Array.from({ length: 200 }, (_, i) => `${i}`));
    await listener.barrier();
    expect(listener.messages.filter(({ type }) => type === 'chat')).to.have.length(200);
    client.disconnect();
    await proxy.close();
  });

  it('finds a server that was started anew, and delivers what was said meanwhile', async () => {
    const first = await startServer();
    const port = Number(new URL(first.url).port);
    const client = await connected({ rooms: ['tea'] }, first.url);
    const ended = new Promise((resolve) => client.once('disconnect', (reason, { code }) => resolve([reason, code])));
    await first.close();
    expect(await ended).to.deep.equal(['transport close', 1001]);
    const answer = client.emitWithAck('chat', { content: 'still here', room: 'tea' });
    const second = await startServer({ port });
    expect(await answer).to.include({ ok: true });
    client.disconnect();
    await second.close();
  });

  it('gives up a connection that only looks alive', async () => {
    const proxy = await TcpProxy.before(server.url);
    const client = await connected({ heartbeatInterval: 50, heartbeatTimeout: 50 }, proxy.url);
    proxy.blackHole();
    const reason = await new Promise((resolve) => client.once('disconnect', resolve));
    expect(reason).to.equal('ping timeout');
    client.disconnect();
    await proxy.close();
  });
});
