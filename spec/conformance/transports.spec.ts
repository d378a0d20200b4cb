import { expect } from 'chai';
import { connect, type Options } from '../support/client.ts';
import { dataKey, rowsOf, unique } from '../support/messages.ts';
import { accepted, eventually, reached, refused } from './answers.ts';
import { conformance, target } from './target.ts';

const TRANSPORTS = [['websocket'], ['polling'], ['polling', 'websocket']] as const;

/** Versions 3 and 4 of the client speak Engine.IO 4, version 2 speaks Engine.IO 3. */
const SDKS = [2, 3, 4] as const;

conformance('2.1 Transports and versions of Socket.IO', () => {
  for (const sdk of SDKS) {
    for (const transports of TRANSPORTS) {
      const by = `client ${sdk}, ${transports.join(' then ')}`;
      const options: Options = { sdk, transports: [...transports] };

      it(`2.1 connects with its identity and its rooms (${by})`, async () => {
        const [userId, room] = [unique('user'), unique('room')];
        const client = await connect('socketio', target(), { ...options, username: 'Ana', userId, rooms: [room] });
        expect(rowsOf(client.welcome)[0]).to.deep.equal({ id: userId, username: 'Ana', status: 'online' });
        await client.next({ type: 'user_list', room });
      });

      it(`2.1 meets everybody who came by the raw door (${by})`, async () => {
        const room = unique('room');
        const raw = await connect('ws', target(), { rooms: [room] });
        const client = await connect('socketio', target(), { ...options, rooms: [room], userId: unique('user') });
        await raw.next((m) => m.type === 'user_joined' && dataKey(m, 'userId') === client.userId);
        const there = await accepted(client, { type: 'chat', content: 'Hola', data: { n: 1 }, room });
        const back = await accepted(raw, { type: 'notification', content: 'Adiós', room });
        expect(await raw.next({ id: there.id })).to.deep.equal(await client.next({ id: there.id }));
        expect(await client.next({ id: back.id })).to.deep.equal(await raw.next({ id: back.id }));
        await client.close();
        await raw.next((m) => m.type === 'user_left' && dataKey(m, 'userId') === client.userId);
      });

      it(`4.1 receipts and refusals by callback, ack and error by event (${by})`, async () => {
        const client = await connect('socketio', target(), options);
        await accepted(client, { type: 'heartbeat' });
        expect((await refused(client, { type: 'leave' })).code).to.equal('forbidden');
        client.send({ type: 'chat', content: 'Hola', clientMsgId: 'm-1' });
        expect(dataKey(await client.next('ack'), 'clientMsgId')).to.equal('m-1');
        client.send({ type: 'nonsense' });
        expect(dataKey(await client.next('error'), 'code')).to.equal('unknown_type');
      });

      it(`2.1 stays on the transport or moves to the best of those it has (${by})`, async () => {
        const client = await connect('socketio', target(), options);
        const best = transports.at(-1)!;
        await reached(client, best);
        expect(client.transport).to.equal(best);
        await accepted(client, { type: 'chat', content: 'Hola' });
      });
    }

    it(`2.1 no message is lost or doubled by the upgrade (client ${sdk})`, async () => {
      const room = unique('room');
      const talker = await connect('ws', target(), { rooms: [room] });
      const options: Options = { sdk, transports: ['polling', 'websocket'], rooms: [room] };
      const client = await connect('socketio', target(), options);
      const sent: string[] = [];
      const publish = async () => {
        sent.push((await accepted(talker, { type: 'chat', content: `${sent.length}`, room })).id);
      };
      await eventually('the upgrade', async () => {
        await publish();
        return client.transport === 'websocket';
      });
      for (let index = 0; index < 10; index += 1) await publish();
      await client.next({ id: sent.at(-1)! });
      const got = client.messages.filter(({ type, ...m }) => type === 'chat' && m.room === room).map(({ id }) => id);
      expect(got).to.deep.equal(sent.slice(sent.length - got.length));
      expect(got.length).to.be.at.least(10);
    });
  }
});
