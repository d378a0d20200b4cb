import { expect } from 'chai';
import { createServer, type Server, type Settings } from '../../src/index.ts';
import { closeAll, connect, type Options, type RawClient, refusal, SdkClient } from '../support/client.ts';
import { request } from '../support/http.ts';
import type { Message } from '../support/messages.ts';
import { returning } from '../support/returning.ts';

const GENERATIONS = [4, 3, 2] as const;

const ROADS: { road: string; transports: NonNullable<Options['transports']>; ends: string }[] = [
  { road: 'websocket', transports: ['websocket'], ends: 'websocket' },
  { road: 'polling', transports: ['polling'], ends: 'polling' },
  { road: 'polling, then an upgrade', transports: ['polling', 'websocket'], ends: 'websocket' },
];

const ANA = { username: 'Ana', userId: 'ana' };
const BO = { username: 'Bo', userId: 'bo' };

let server: Server;

async function start(settings: Settings = {}): Promise<void> {
  server = createServer({ port: 0, host: '127.0.0.1', logLevel: 'silent', ...settings });
  await server.start();
}

describe('flows of socket.io-client', () => {
  afterEach(async () => {
    await closeAll();
    await server?.close();
  });

  for (const sdk of GENERATIONS) {
    for (const { road, transports, ends } of ROADS) {
      describe(`version ${sdk} by ${road}`, () => {
        let ana: SdkClient;
        let bo: RawClient;

        beforeEach(async () => {
          await start();
          bo = await connect('ws', server.url, BO);
          ana = await connect('socketio', server.url, { sdk, transports, ...ANA, rooms: ['patio'] });
        });

        it('settles on its transport', async () => {
          await settled(ana, ends);
          await ana.barrier();
          expect(ana.transport).to.equal(ends);
        });

        it('comes with its identity, finds the list, and is seen to come and go', async () => {
          const rows = [BO, ANA].map(({ username, userId: id }) => ({ id, username, status: 'online' }));
          expect(ana.welcome.data).to.have.deep.members(rows);
          expect(await ana.next({ type: 'user_list', room: 'patio' })).to.have.deep.property('data', [rows[1]]);
          expect(await bo.next('user_joined')).to.have.deep.property('data', ANA);
          await ana.close();
          expect(await bo.next('user_left')).to.have.deep.property('data', ANA);
        });

        it('chats across, both ways', async () => {
          for (const [sender, content, from] of [[ana, 'Hola', 'Ana'] as const, [bo, '¿Qué tal?', 'Bo'] as const]) {
            sender.send({ type: 'chat', content, data: { n: [1, 'ñ', null] } });
            const message = await bo.next({ type: 'chat', content, from, data: { n: [1, 'ñ', null] } });
            expect(await ana.next({ type: 'chat', content })).to.deep.equal(message);
          }
        });

        it('neither loses nor reorders anything while the transport may still change', async () => {
          const half = 50;
          for (let i = 0; i < half; i += 1) {
            ana.send({ type: 'chat', content: `ana ${i}` });
            bo.send({ type: 'chat', content: `bo ${i}` });
          }
          const seen = await bo.collect('chat', 2 * half);
          expect(await ana.collect('chat', 2 * half)).to.deep.equal(seen);
          for (const [name, from] of [['ana', 'Ana'] as const, ['bo', 'Bo'] as const]) {
            const contents = seen.filter((message) => message.from === from).map(({ content }) => content);
            expect(contents).to.deep.equal(Array.from({ length: half }, (_, i) => `${name} ${i}`));
          }
        });

        it('joins a room, talks in it and leaves it', async () => {
          const room = 'sala-1';
          await bo.request({ type: 'join', room });
          ana.send({ type: 'join', room });
          expect((await ana.next({ type: 'user_list', room })).data).to.have.length(2);
          expect(await bo.next({ type: 'user_joined', room })).to.have.deep.property('data', ANA);
          ana.send({ type: 'chat', room, content: 'dentro' });
          expect(await bo.next('chat'))
            .to.deep.equal(await ana.next('chat'))
            .and.include({ room, content: 'dentro' });
          ana.send({ type: 'leave', room });
          expect(await bo.next({ type: 'user_left', room })).to.deep.equal(await ana.next({ type: 'user_left', room }));
          await bo.request({ type: 'chat', room, content: 'fuera' });
          await ana.barrier();
          expect(ana.messages.map(({ content }) => content)).not.to.include('fuera');
        });

        it('sends and gets direct messages', async () => {
          for (const [sender, to, fromId] of [[ana, 'bo', 'ana'] as const, [bo, 'ana', 'bo'] as const]) {
            sender.send({ type: 'chat', to, content: `para ${to}` });
            const message = await bo.next({ type: 'chat', to, fromId, content: `para ${to}` });
            expect(await ana.next({ type: 'chat', to }))
              .to.deep.equal(message)
              .and.not.have.property('room');
          }
        });

        it('gets its receipt by the callback, in one argument', async () => {
          const answer = await ana.call('chat', { content: 'con recibo' });
          const { id, timestamp } = await bo.next('chat');
          expect(answer).to.deep.equal([{ ok: true, id, timestamp }]);
        });

        it('is refused by the callback alone', async () => {
          const answer = await ana.call('chat', { room: 'otra', content: 'x' });
          const message = 'No estás en esa sala';
          expect(answer).to.deep.equal([{ ok: false, error: { code: 'not_in_room', retryable: false, message } }]);
          await ana.barrier();
          expect(ana.messages.map(({ type }) => type)).not.to.include('error');
        });

        it('is refused by an error event where it gave no callback, and lives on', async () => {
          ana.send({ type: 'chat', room: 'otra', content: 'x', clientMsgId: 'm-1' });
          const { from, content, data } = await ana.next('error');
          expect({ from, content }).to.deep.equal({ from: 'system', content: 'No estás en esa sala' });
          expect(data).to.deep.equal({ code: 'not_in_room', retryable: false, clientMsgId: 'm-1' });
          await ana.barrier();
        });

        it('gets every event with exactly one argument, the message', async () => {
          bo.send({ type: 'notification', data: 1 });
          const cy = await connect('ws', server.url);
          await cy.close();
          ana.send({ type: 'chat', clientMsgId: 'm-1', content: '' });
          ana.send({ type: 'Chat' });
          await server.hub.announce({ content: 'aviso' });
          await ana.barrier();
          const types = ['user_list', 'notification', 'user_joined', 'user_left', 'chat', 'ack', 'error', 'system'];
          for (const type of types) await ana.next(type);
          expect(ana.events.map(({ name }) => name)).to.include.members([...types, 'heartbeat']);
          for (const { name, args } of ana.events) {
            expect(args, name).to.have.length(1);
            expect(args[0]).to.include({ type: name });
          }
        });

        it('goes on by its lastId and its session, and gets every event with exactly one argument', async () => {
          const away = await connect('socketio', server.url, {
            sdk,
            transports,
            userId: 'cy',
            rooms: ['patio'],
            session: '',
          });
          await away.next({ type: 'user_list', room: 'patio' });
          away.socket.io.engine.close();
          await away.closed;
          await bo.request({ type: 'join', room: 'patio' });
          const missed: string[] = [];
          for (const to of [{ room: 'patio' }, {}, { to: 'cy' }]) {
            const receipt = await bo.request({ type: 'chat', content: 'mientras', data: 'un texto', ...to });
            if (receipt.ok) missed.push(receipt.id);
          }
          const back = await connect('socketio', server.url, { sdk, transports, ...returning(away) });
          expect(back.welcome).to.include({ session: away.welcome.session, recovered: true, replayed: 3 });
          for (const id of missed) await back.next({ id });
          expect(await back.call('chat', { content: 'aquí', clientMsgId: 'm-1' })).to.have.nested.property(
            '[0].ok',
            true,
          );
          await back.barrier();
          expect(back.messages.filter(({ from }) => from === 'Bo').map(({ id }) => id)).to.deep.equal(missed);
          for (const { name, args } of back.events) {
            expect(args, name).to.have.length(1);
            expect(args[0]).to.include({ type: name });
          }
        });

        it('is told why it may not come in', async () => {
          const { data } = await refusal('socketio', server.url, { sdk, transports, username: 'system' });
          const message = 'Nombre de usuario no válido: está reservado';
          expect(data).to.deep.equal({ code: 'invalid_username', message, retryable: false });
        });

        it('comes back by itself after the server has ended its transport', async () => {
          comeBackSoon(ana);
          await server.close();
          expect((await ana.next('error')).data).to.deep.equal({ code: 'going_away', retryable: true });
          expect(await ana.closed).to.include({ reason: 'transport close' });
          const lists = heard(ana, 'user_list', 2);
          await start({ port: Number(new URL(bo.url).port) });
          expect((await lists).map(({ room }) => room)).to.deep.equal([undefined, 'patio']);
          bo = await connect('ws', server.url, BO);
          expect(bo.welcome.data).to.deep.include({ id: 'ana', username: 'Ana', status: 'online' });
          await ana.call('chat', { content: 'de vuelta' });
          expect(await bo.next('chat')).to.include({ content: 'de vuelta', from: 'Ana' });
        });
      });
    }

    describe(`version ${sdk}: namespaces`, () => {
      it('meet the raw door in the namespace of the settings', async () => {
        await start({ namespace: '/chat' });
        const bo = await connect('ws', server.url, BO);
        const ana = await connect('socketio', server.url, { sdk, namespace: '/chat', ...ANA, rooms: ['patio'] });
        expect(await bo.next('user_joined')).to.have.deep.property('data', ANA);
        await ana.next({ type: 'user_list', room: 'patio' });
        bo.send({ type: 'chat', content: 'Hola' });
        expect(await ana.next('chat')).to.deep.equal(await bo.next('chat'));
        expect(await ana.call('chat', { content: 'Hola', to: 'bo' })).to.have.nested.property('[0].ok', true);
        expect(await bo.next('chat')).to.include({ from: 'Ana', fromId: 'ana' });
        const { data } = await refusal('socketio', server.url, { sdk, namespace: '/chat', username: '\u0007' });
        expect(data).to.include({ code: 'invalid_username', retryable: false });
        expect(ana.events.every(({ args }) => args.length === 1)).to.equal(true);
      });

      it('of the application stand untouched beside the hub', async () => {
        await start();
        server.io.of('/own').on('connection', (socket) => {
          socket.on('join', (bytes: Buffer, ...rest: unknown[]) => {
            const answer = rest.pop() as (...args: unknown[]) => void;
            answer(bytes.length, ...rest);
          });
          socket.emit('chat', 'several', 'arguments');
        });
        const bo = await connect('ws', server.url, BO);
        const own = new SdkClient(server.url, { sdk, namespace: '/own' });
        try {
          expect(await own.call('join', Buffer.from('123'), 'a', { b: [] })).to.deep.equal([3, 'a', { b: [] }]);
          expect(own.events).to.deep.equal([{ name: 'chat', args: ['several', 'arguments'] }]);
          await bo.barrier();
          // Version 2 always opens `/` as well, and there it is a guest of the hub.
          const guests = sdk === 2 ? ['user_joined'] : [];
          expect(bo.messages.map(({ type }) => type)).to.deep.equal(['user_list', ...guests, 'heartbeat']);
        } finally {
          await own.close();
        }
      });
    });
  }

  describe('GET /socket.io/socket.io.js', () => {
    it('serves the client for a script element', async () => {
      await start();
      const { status, headers, body } = await request(`${server.url}/socket.io/socket.io.js`);
      expect(status).to.equal(200);
      expect(headers['content-type']).to.match(/^(application|text)\/javascript/);
      expect(body).to.match(/^\/\*!\s+\* Socket\.IO v4\./);
    });
  });
});

/** Resolves when the client has come to the transport that its road ends at. */
async function settled({ socket, transport }: SdkClient, ends: string): Promise<void> {
  if (transport !== ends) await new Promise((resolve) => socket.io.engine.on('upgrade', resolve));
}

/** Lets the SDK reconnect as it does by default, without its first second of waiting. */
function comeBackSoon({ socket }: SdkClient): void {
  socket.io.reconnection(true);
  socket.io.reconnectionDelay(10);
}

/** The next events of a name, as the application hears them: also after a reconnect. */
function heard({ socket }: SdkClient, name: string, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  return new Promise((resolve) => {
    socket.on(name, (message) => {
      messages.push(message as Message);
      if (messages.length === count) resolve(messages);
    });
  });
}
