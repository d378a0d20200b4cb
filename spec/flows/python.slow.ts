import { expect } from 'chai';
import { type Client, closeAll, connect, DOORS } from '../support/client.ts';
import type { Message } from '../support/messages.ts';
import { PythonClient, pythonMissing } from '../support/python.ts';
import { rawUrl } from '../support/raw.ts';
import { drop, returning } from '../support/returning.ts';
import { type Running, startServer } from '../support/server.ts';
import { skip } from '../support/skip.ts';

const PY = { username: 'Py', userId: 'py' };
const ROOM = 'sala-1';
// Python takes its time to start and to import.
const START = 10_000;

type Identity = typeof PY & { session?: string; lastId?: string };

const overSocketIo =
  (...transports: string[]) =>
  (url: string, identity: Identity) =>
    new PythonClient('socketio_client.py', url, { ...identity, rooms: [ROOM] }, transports);

const RAW = (url: string, identity: Identity) =>
  new PythonClient('websockets_client.py', rawUrl(url, { ...identity, rooms: [ROOM] }));

const CLIENTS = [
  { library: 'websockets', named: false, open: RAW, refusal: 400, comesBack: true },
  ...[['websocket'], ['polling'], ['polling', 'websocket']].map((transports) => ({
    library: `python-socketio over ${transports.join(' and ')}`,
    named: true,
    open: overSocketIo(...transports),
    // Where it polls, python-engineio takes the server's close for its last word.
    comesBack: transports.includes('websocket'),
    refusal: {
      message: 'Nombre de usuario no válido: está reservado',
      data: { code: 'invalid_username', message: 'Nombre de usuario no válido: está reservado', retryable: false },
    },
  })),
];

describe('flows of Python clients', function () {
  this.timeout(START + 5000);

  before(function () {
    const missing = pythonMissing();
    if (missing) skip(this, 'Python clients', missing);
  });

  // The steps of one life: each case goes on where the one before has ended.
  for (const { library, named, open, refusal, comesBack } of CLIENTS) {
    describe(library, () => {
      let server: Running;
      let py: PythonClient;
      let peers: Client[];

      /** What all three have received must be the same. */
      async function everyoneGets(wanted: Partial<Message>): Promise<Message> {
        const message = await py.next(wanted);
        for (const peer of peers) expect(await peer.next(wanted)).to.deep.equal(message);
        return message;
      }

      async function connectPeers(): Promise<void> {
        const identities = DOORS.map((door) => ({ username: door, userId: door, rooms: [ROOM] }));
        peers = await Promise.all(DOORS.map((door, i) => connect(door, server.url, identities[i])));
      }

      before(async () => {
        server = await startServer();
        await connectPeers();
      });

      after(async () => {
        await py?.close();
        await closeAll();
        await server?.close();
      });

      it('connects, gets its lists and is announced at both doors', async () => {
        py = open(server.url, PY);
        const [list, inRoom] = [await py.next('user_list', START), await py.next({ type: 'user_list', room: ROOM })];
        for (const { data } of [list, inRoom]) {
          expect((data as { id: string }[]).map(({ id }) => id)).to.have.members([...DOORS, 'py']);
        }
        for (const peer of peers) await peer.next({ type: 'user_joined', data: PY });
      });

      it('chats with a Node client of each door', async () => {
        const data = { ñ: [1.5, null, '🐍'] };
        for (const sender of [py, ...peers]) {
          sender.send({ type: 'chat', content: '¿Qué tal?', data });
          expect((await everyoneGets({ type: 'chat' })).data).to.deep.equal(data);
        }
      });

      it('talks in a room, joins another and leaves it', async () => {
        py.send({ type: 'chat', room: ROOM, content: 'en la sala' });
        await everyoneGets({ type: 'chat', room: ROOM, content: 'en la sala' });
        py.send({ type: 'join', room: 'otra' });
        expect((await py.next({ type: 'user_list', room: 'otra' })).data).to.have.length(1);
        py.send({ type: 'leave', room: 'otra' });
        expect((await py.next({ type: 'user_left', room: 'otra' })).data).to.deep.equal(PY);
      });

      it('exchanges direct messages with both doors', async () => {
        for (const [i, peer] of peers.entries()) {
          py.send({ type: 'chat', to: DOORS[i], content: 'para ti' });
          expect(await peer.next('chat'))
            .to.deep.equal(await py.next('chat'))
            .and.include({ to: DOORS[i] });
          peer.send({ type: 'chat', to: 'py', content: 'y para ti' });
          expect(await py.next('chat'))
            .to.deep.equal(await peer.next('chat'))
            .and.include({ fromId: DOORS[i] });
        }
      });

      it('gets a receipt', async () => {
        py.send({ type: 'chat', content: 'con recibo', clientMsgId: 'm-1' });
        const { id, timestamp } = await everyoneGets({ type: 'chat', content: 'con recibo' });
        expect((await py.next('ack')).data).to.deep.equal({ clientMsgId: 'm-1', id, timestamp });
      });

      it('gets an error and lives on', async () => {
        py.send({ type: 'chat', room: 'ajena', content: 'x' });
        expect((await py.next('error')).data).to.deep.equal({ code: 'not_in_room', retryable: false });
        await py.barrier();
      });

      if (named) {
        it('gets receipts and refusals by a callback with one argument', async () => {
          const accepted = await py.call({ type: 'chat', content: 'con callback' });
          const { id, timestamp } = await everyoneGets({ type: 'chat', content: 'con callback' });
          expect(accepted).to.deep.equal([{ ok: true, id, timestamp }]);
          const error = { code: 'unknown_type', retryable: false, message: 'Tipo de mensaje desconocido' };
          expect(await py.call({ type: 'Chat' })).to.deep.equal([{ ok: false, error }]);
        });
      }

      it('gets one argument with every event', () => {
        expectOneArgument(py, named);
      });

      it('is told that it may not come in', async () => {
        const refused = open(server.url, { username: 'system', userId: 'x' });
        expect(await refused.refused).to.deep.equal(refusal);
        await refused.close();
      });

      it('says goodbye', async () => {
        await py.close();
        for (const peer of peers) await peer.next({ type: 'user_left', data: PY });
      });

      it('goes on where another connection of its user was, and gets one argument with every event', async () => {
        const away = await connect('ws', server.url, { ...PY, rooms: [ROOM], session: '' });
        await away.next({ type: 'user_list', room: ROOM });
        await drop(away);
        const missed: string[] = [];
        for (const peer of peers) {
          const receipt = await peer.request({ type: 'chat', room: ROOM, content: 'mientras' });
          if (receipt.ok) missed.push(receipt.id);
        }
        const { session, lastId } = returning(away);
        py = open(server.url, { ...PY, session, lastId });
        expect(await py.next('user_list', START)).to.include({ session, recovered: true, replayed: 2 });
        await py.next({ type: 'user_list', room: ROOM });
        for (const id of missed) await py.next({ id });
        await py.barrier();
        const chats = py.events.map(({ args }) => args[0] as Message).filter(({ type }) => type === 'chat');
        expect(chats.map(({ id }) => id)).to.deep.equal(missed);
        expectOneArgument(py, named);
      });

      it(`${comesBack ? 'comes back by itself' : 'hears why'} after the server has ended the connection`, async () => {
        await server.close();
        server = await startServer({ port: Number(new URL(server.url).port) });
        if (named) expect((await py.next('error')).data).to.deep.equal({ code: 'going_away', retryable: true });
        if (!comesBack) return;
        await py.next('user_list');
        await py.next({ type: 'user_list', room: ROOM });
        await connectPeers();
        py.send({ type: 'chat', content: 'de vuelta' });
        await everyoneGets({ type: 'chat', content: 'de vuelta', from: 'Py' });
      });
    });
  }
});

/** @param named the events have names: those of the types */
function expectOneArgument({ events }: PythonClient, named: boolean): void {
  for (const { name, args } of events) {
    expect(args, String(name)).to.have.length(1);
    if (named) expect(args[0]).to.include({ type: name });
  }
}
