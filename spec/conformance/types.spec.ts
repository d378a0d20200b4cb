import { expect } from 'chai';
import { connect } from '../support/client.ts';
import { dataKey, unique } from '../support/messages.ts';
import { accepted, errorCode, expectNone, refused } from './answers.ts';
import { acrossDoors, byDoor, conformance, target, withSettings } from './target.ts';

const FORBIDDEN = ['system', 'user_joined', 'user_left', 'ack', 'error'];
const UNKNOWN = ['nonsense', 'Chat', 'CHAT', ' chat', 'chat ', 'User_list', 'System', 'ERROR', 'joined', 'publish'];
/** Names that every JavaScript object knows. */
const TRAPS = ['', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

conformance('5 Types', () => {
  byDoor((door) => {
    for (const type of FORBIDDEN) {
      it(`5 forbidden_type: ${type} is sent by the server alone (${door})`, async () => {
        const client = await connect(door, target());
        expect(await errorCode(client, { type, content: 'Hola' })).to.equal('forbidden_type');
        expect((await refused(client, { type, content: 'Hola' })).code).to.equal('forbidden_type');
      });
    }

    for (const type of [...UNKNOWN, ...TRAPS]) {
      it(`5 unknown_type: ${JSON.stringify(type)} (${door})`, async () => {
        const client = await connect(door, target());
        expect(await errorCode(client, { type, content: 'Hola' })).to.equal('unknown_type');
      });
    }

    it(`5 what is forbidden or unknown reaches nobody (${door})`, async () => {
      const client = await connect(door, target());
      const observer = await connect('ws', target());
      const content = unique('x');
      for (const type of [...FORBIDDEN, ...UNKNOWN]) client.send({ type, content });
      await client.collect('error', FORBIDDEN.length + UNKNOWN.length);
      const { id } = await accepted(client, { type: 'chat', content: 'last' });
      await observer.next({ id });
      expectNone(observer, (message) => message.content === content, 'received');
    });
  });
});

conformance('5.1 chat and notification', () => {
  for (const type of ['chat', 'notification']) {
    acrossDoors((here, there) => {
      it(`5.1 ${type} without room and to reaches everybody, the sender with an identical copy (${here} to ${there})`, async () => {
        const ana = await connect(here, target(), { username: unique('Ana') });
        const others = [await connect(there, target()), await connect(here, target(), { rooms: [unique('room')] })];
        const { id } = await accepted(ana, { type, content: 'Hola, ¿cómo están?', data: { a: 1 } });
        const echo = await ana.next({ id });
        expect(echo).to.include({ type, content: 'Hola, ¿cómo están?' });
        for (const client of others) expect(await client.next({ id })).to.deep.equal(echo);
      });

      it(`5.1 ${type} with room reaches that room's members and nobody else (${here} to ${there})`, async () => {
        const [room, other] = [unique('room'), unique('room')];
        const ana = await connect(here, target(), { rooms: [room] });
        const member = await connect(there, target(), { rooms: [room] });
        const outsider = await connect(there, target(), { rooms: [other] });
        const { id } = await accepted(ana, { type, content: 'Hola', room });
        expect(await member.next({ id })).to.deep.equal(await ana.next({ id }));
        const last = await accepted(ana, { type: 'chat', content: 'last' });
        await outsider.next({ id: last.id });
        expectNone(outsider, (message) => message.id === id, 'heard outside');
      });
    });

    byDoor((door) => {
      it(`5.1 ${type}: one of content and data must be present (${door})`, async () => {
        const client = await connect(door, target());
        expect((await refused(client, { type })).code).to.equal('invalid_message');
        expect((await refused(client, { type, timestamp: 1 })).code).to.equal('invalid_message');
      });

      it(`5.1 ${type}: absent content goes out as "", absent data as null (${door})`, async () => {
        const client = await connect(door, target());
        const data = await accepted(client, { type, data: false });
        const content = await accepted(client, { type, content: '' });
        expect(await client.next({ id: data.id })).to.include({ content: '', data: false });
        expect(await client.next({ id: content.id })).to.include({ content: '', data: null });
      });

      it(`5.1 ${type}: content goes out as it was given (${door})`, async () => {
        const client = await connect(door, target());
        for (const content of [
          '  \n\t ',
          '<script>alert(1)</script>',
          'e\u0301 \u0000 \u2028 \ufeff',
          '😀'.repeat(100),
        ]) {
          const { id } = await accepted(client, { type, content });
          expect((await client.next({ id })).content).to.equal(content);
        }
      });
    });
  }
});

conformance('5.3 heartbeat', () => {
  byDoor((door) => {
    it(`5.3 is answered by "system" with content and data as sent (${door})`, async () => {
      const client = await connect(door, target());
      client.send({ type: 'heartbeat', content: 'ping', data: { n: [1, null] } });
      const answer = await client.next('heartbeat');
      expect(answer).to.deep.include({ from: 'system', content: 'ping', data: { n: [1, null] } });
    });

    it(`5.3 absent content is "", absent data is null (${door})`, async () => {
      const client = await connect(door, target());
      client.send({ type: 'heartbeat' });
      expect(await client.next('heartbeat')).to.include({ content: '', data: null });
    });

    it(`5.3 is answered to that connection alone (${door})`, async () => {
      const userId = unique('user');
      const client = await connect(door, target(), { userId });
      const other = await connect('ws', target(), { userId });
      await accepted(client, { type: 'heartbeat', content: 'mine' });
      const { id } = await accepted(client, { type: 'chat', content: 'last' });
      await other.next({ id });
      expectNone(other, ({ type }) => type === 'heartbeat', 'heartbeats');
    });
  });
});

conformance('5.6 auth', () => {
  byDoor((door) => {
    for (const token of [undefined, null, '', 5, true, {}, ['x']]) {
      it(`5.6 invalid_message: the token is ${JSON.stringify(token)} (${door})`, async () => {
        const client = await connect(door, target());
        expect((await refused(client, { type: 'auth', token })).code).to.equal('invalid_message');
      });
    }

    it(`5.6 brings no answer but a receipt, and reaches nobody (${door})`, async () => {
      const userId = unique('user');
      const client = await connect(door, target(), { userId, username: 'Ana' });
      const observer = await connect('ws', target());
      const token = unique('token');
      client.send({ type: 'auth', token, content: token });
      await accepted(client, { type: 'auth', token });
      await client.barrier();
      const { id } = await accepted(client, { type: 'chat', content: 'Hola' });
      await observer.next({ id });
      for (const { texts } of [client, observer])
        expect(texts.filter((text) => text.includes(token))).to.deep.equal([]);
      expectNone(client, ({ type }) => type === 'error' || type === 'auth', 'answers');
    });

    it(`5.6 changes nothing: the same name, user and rooms (${door})`, async () => {
      const room = unique('room');
      const client = await connect(door, target(), { username: 'Ana', rooms: [room] });
      await accepted(client, { type: 'auth', token: 'x', username: 'Otra' });
      const { id } = await accepted(client, { type: 'chat', content: 'Hola', room });
      expect((await client.next({ id })).from).to.equal('Ana');
    });
  });
});

withSettings('PROTOCOL.md 10 LOCALE', { locale: 'en' }, (server) => {
  byDoor((door) => {
    it(`5.4 and 5.5: the texts in English (${door})`, async () => {
      const ana = await connect(door, server().url);
      expect(ana.welcome.content).to.equal('List of connected users');
      const ben = await connect('ws', server().url, { username: 'Ben', userId: unique('user') });
      const joined = await ana.next((m) => dataKey(m, 'userId') === ben.userId);
      expect(joined.content).to.equal('Ben joined the chat');
      await ben.close();
      const left = await ana.next((m) => m.type === 'user_left' && dataKey(m, 'userId') === ben.userId);
      expect(left.content).to.equal('Ben left the chat');
      await ana.close();
    });

    it(`10 codes do not change (${door})`, async () => {
      const ana = await connect(door, server().url);
      expect(await refused(ana, { type: 'leave' })).to.include({ code: 'forbidden', retryable: false });
      await ana.close();
    });
  });
});
