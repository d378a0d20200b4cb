import { expect } from 'chai';
import { connect } from '../support/client.ts';
import { dataKey, unique } from '../support/messages.ts';
import { accepted, expectNone, refused } from './answers.ts';
import { acrossDoors, byDoor, conformance, target } from './target.ts';

conformance('6.4 Direct messages', () => {
  for (const type of ['chat', 'notification']) {
    acrossDoors((here, there) => {
      it(`6.4 ${type} reaches every connection of both users, and nobody else (${here} to ${there})`, async () => {
        const [from, to] = [unique('from'), unique('to')];
        const sender = await connect(here, target(), { userId: from, username: 'Ana' });
        const insiders = await Promise.all([
          connect(here, target(), { userId: from, username: 'Anita' }),
          connect(there, target(), { userId: from }),
          connect(here, target(), { userId: to }),
          connect(there, target(), { userId: to }),
        ]);
        const outsider = await connect(there, target());
        const { id } = await accepted(sender, { type, content: 'Solo para ti', data: { n: 1 }, to });
        const echo = await sender.next({ id });
        expect(echo).to.deep.include({ type, content: 'Solo para ti', from: 'Ana', data: { n: 1 }, to, fromId: from });
        expect(echo).not.to.have.property('room');
        for (const client of insiders) expect(await client.next({ id })).to.deep.equal(echo);
        const last = await accepted(sender, { type: 'chat', content: 'last' });
        for (const client of [sender, outsider, ...insiders]) await client.next({ id: last.id });
        expectNone(outsider, (message) => message.id === id, 'overheard');
        for (const client of [sender, ...insiders]) {
          expect(client.messages.filter((message) => message.id === id)).to.have.lengthOf(1);
        }
      });

      it(`6.4 ${type} to oneself: each connection gets it once (${here}, ${there})`, async () => {
        const userId = unique('user');
        const clients = await Promise.all([here, there].map((door) => connect(door, target(), { userId })));
        const { id } = await accepted(clients[0]!, { type, content: 'Nota', to: userId });
        const last = await accepted(clients[0]!, { type: 'chat', content: 'last' });
        for (const client of clients) {
          await client.next({ id: last.id });
          const got = client.messages.filter((message) => message.id === id);
          expect(got).to.have.lengthOf(1);
          expect(got[0]).to.include({ to: userId, fromId: userId });
        }
      });
    });
  }

  acrossDoors((here, there) => {
    it(`6.4 user_not_found when nobody is connected under that userId any more (${here} to ${there})`, async () => {
      const ana = await connect(here, target());
      const ben = await connect(there, target(), { userId: unique('user') });
      await accepted(ana, { type: 'chat', content: 'Hola', to: ben.userId });
      await ben.close();
      await ana.next((m) => m.type === 'user_left' && dataKey(m, 'userId') === ben.userId);
      const error = await refused(ana, { type: 'chat', content: 'Hola', to: ben.userId });
      expect(error).to.include({ code: 'user_not_found', retryable: false });
    });

    it(`6.4 rooms of the users do not matter (${here} to ${there})`, async () => {
      const room = unique('room');
      const ana = await connect(here, target(), { rooms: [room] });
      const ben = await connect(there, target());
      const witness = await connect(there, target(), { rooms: [room] });
      const { id } = await accepted(ana, { type: 'chat', content: 'Hola', to: ben.userId });
      await ben.next({ id });
      const last = await accepted(ana, { type: 'chat', content: 'last', room });
      await witness.next({ id: last.id });
      expectNone(witness, (message) => message.id === id, 'overheard');
    });
  });

  byDoor((door) => {
    it(`6.4 to together with any room is invalid_message (${door})`, async () => {
      const room = unique('room');
      const client = await connect(door, target(), { userId: unique('user'), rooms: [room] });
      for (const named of [room, unique('room'), 'general']) {
        const message = { type: 'chat', content: 'Hola', to: client.userId, room: named };
        expect((await refused(client, message)).code, named).to.equal('invalid_message');
      }
    });

    it(`6.4 and 5.1: a direct message needs content or data (${door})`, async () => {
      const client = await connect(door, target(), { userId: unique('user') });
      expect((await refused(client, { type: 'chat', to: client.userId })).code).to.equal('invalid_message');
      await accepted(client, { type: 'chat', data: 0, to: client.userId });
    });

    it(`6.4 anyone may claim any userId, and then hears its messages (${door})`, async () => {
      const userId = unique('user');
      await connect('ws', target(), { userId });
      const claimant = await connect(door, target(), { userId });
      const ana = await connect('socketio', target());
      const { id } = await accepted(ana, { type: 'chat', content: 'Solo para ti', to: userId });
      await claimant.next({ id });
    });
  });
});
