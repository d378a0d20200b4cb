import { expect } from 'chai';
import { connect } from '../support/client.ts';
import { type Message, type Outgoing, type Refusal, unique } from '../support/messages.ts';
import { accepted, expectNone, refused } from './answers.ts';
import { byDoor, conformance, target } from './target.ts';

/** As many rooms as a connection may be in. */
const full = Array.from({ length: 100 }, () => unique('room'));

/** One way to each code that a message can be refused with, for a connection that is in those rooms. */
const WAYS: [string, Outgoing][] = [
  ['invalid_message', { type: 'chat' }],
  ['invalid_room', { type: 'join', room: 'a b' }],
  ['unknown_type', { type: 'nonsense' }],
  ['forbidden_type', { type: 'system', content: 'Hola' }],
  ['too_large', { type: 'chat', content: 'n'.repeat(70_000) }],
  ['forbidden', { type: 'leave' }],
  ['not_in_room', { type: 'chat', content: 'Hola', room: 'nobody-is-here' }],
  ['room_limit', { type: 'join', room: 'one-more' }],
  ['user_not_found', { type: 'chat', content: 'Hola', to: 'nobody-has-this-id' }],
];

/** Words of libraries, of the language and of the file system. */
const INSIDES = /\bat .*:\d+|node_modules|\.[jt]s\b|\/\w+\/|\wError\b|Unexpected|undefined|expected|zod|socket\.io/;

conformance('4.3 Errors', () => {
  byDoor((door) => {
    for (const [code, message] of WAYS) {
      it(`4.3 ${code}: an error from "system" in plain words, retryable false; the connection lives on (${door})`, async () => {
        const client = await connect(door, target(), { rooms: full });
        client.send(message);
        const error = await client.next('error');
        expectError(error, code);
        expect(error.data).to.have.all.keys('code', 'retryable');
        expect(error.data).to.include({ code, retryable: false });
        await client.barrier();
      });

      if (code === 'too_large') continue;
      it(`4.3 ${code}: the clientMsgId of the refused request is repeated (${door})`, async () => {
        const client = await connect(door, target(), { rooms: full });
        client.send({ ...message, clientMsgId: 'm-1' });
        const { data } = await client.next('error');
        expect(data).to.deep.equal({ code, retryable: false, clientMsgId: 'm-1' });
      });
    }

    it(`4.3 a refusal reaches the sender alone (${door})`, async () => {
      const [userId, room] = [unique('user'), unique('room')];
      const other = await connect('ws', target(), { userId, rooms: [room] });
      const ana = await connect(door, target(), { userId, rooms: [room] });
      const ben = await connect('socketio', target(), { rooms: [room] });
      ana.send({ type: 'chat', room });
      ana.send({ type: 'chat', content: 'Hola', to: unique('user') });
      await ana.collect('error', 2);
      const { id } = await accepted(ana, { type: 'chat', content: 'last', room });
      for (const client of [other, ben]) {
        await client.next({ id });
        await client.barrier();
        expectNone(client, ({ type }) => type === 'error', 'errors of somebody else');
      }
    });

    it(`4.3 no way of asking badly shows the insides of the server (${door})`, async () => {
      const client = await connect(door, target());
      const values = [5, true, [], {}, '', 'a b', 'x'.repeat(300), '\u0000'];
      const keys = ['content', 'room', 'to', 'key', 'clientMsgId', 'token'];
      const types = [
        'chat',
        'notification',
        'join',
        'leave',
        'user_list',
        'auth',
        'heartbeat',
        '',
        '__proto__',
        'constructor',
      ];
      const requests = keys.flatMap((key) => values.map((value) => ({ [key]: value })));
      requests.forEach((request, index) => {
        client.send({ ...request, type: types[index % types.length]! });
      });
      await client.barrier();
      const errors = client.messages.filter(({ type }) => type === 'error');
      expect(errors).not.to.have.lengthOf(0);
      for (const error of errors) expect(error.content).not.to.match(INSIDES);
    });
  });

  it('4.3 invalid_json: an error from "system" in plain words, retryable false; the connection lives on (ws)', async () => {
    const client = await connect('ws', target());
    client.write('{"type":');
    const error = await client.next('error');
    expectError(error, 'invalid_json');
    expect(error.data).to.deep.equal({ code: 'invalid_json', retryable: false });
    await client.barrier();
  });

  it('4.3 the same request is refused with the same words by both doors', async () => {
    const clients = [
      await connect('ws', target(), { rooms: full }),
      await connect('socketio', target(), { rooms: full }),
    ];
    for (const [code, message] of WAYS) {
      if (code === 'too_large') continue;
      const [raw, sdk] = (await Promise.all(clients.map((client) => refused(client, message)))) as [Refusal, Refusal];
      expect(raw).to.deep.equal(sdk);
    }
  });
});

function expectError(error: Message, code: string): void {
  expect(error.from).to.equal('system');
  expect(error.content, code).to.match(/\p{L}{2}/u);
  expect(error.content, code).not.to.match(INSIDES);
  expect(error).to.have.all.keys('type', 'content', 'from', 'timestamp', 'id', 'data');
}
