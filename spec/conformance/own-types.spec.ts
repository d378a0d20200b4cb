import { expect } from 'chai';
import { createServer } from '../../src/index.ts';
import { type Client, closeAll, connect } from '../support/client.ts';
import { type Message, positionOf, unique } from '../support/messages.ts';
import { accepted, refused } from './answers.ts';
import { acrossDoors, byDoor, OWN_TYPES, withSettings } from './target.ts';

const scoresOf = ({ messages }: Client) => messages.filter(({ type }) => type === 'score').map(({ data }) => data);

withSettings('PROTOCOL.md 5.7 Own types', { types: OWN_TYPES.join(',') }, (server) => {
  afterEach(closeAll);

  byDoor((door) => {
    it(`5.7 a type that is not defined is unknown_type (${door})`, async () => {
      const ana = await connect(door, server().url);
      expect(await refused(ana, { type: 'jump', data: 1 })).to.include({ code: 'unknown_type' });
      expect(await refused(ana, { type: 'Move', data: 1 })).to.include({ code: 'unknown_type' });
    });

    it(`5.7 neither content nor data is required (${door})`, async () => {
      const ana = await connect(door, server().url);
      const { id } = await accepted(ana, { type: 'task' });
      expect(await ana.next('task')).to.include({ id, content: '', data: null });
    });

    it(`5.7 a state goes to no single user (${door})`, async () => {
      const ana = await connect(door, server().url);
      expect(await refused(ana, { type: 'score', to: ana.userId })).to.include({ code: 'invalid_message' });
    });

    it(`5.7 an own type to a room that one is not in is not_in_room (${door})`, async () => {
      const ana = await connect(door, server().url);
      expect(await refused(ana, { type: 'move', room: unique('room') })).to.include({ code: 'not_in_room' });
    });

    it(`5.7 at most 1,000 keys a room are kept (${door})`, async () => {
      const room = unique('room');
      const writers = await Promise.all([1, 2, 3].map(() => connect(door, server().url, { rooms: [room] })));
      for (let i = 0; i < 1200; i++) writers[i % 3]!.send({ type: 'score', key: `${i}`, data: i, room });
      await Promise.all(writers.map((writer) => writer.collect('score', 1200, 5000)));
      const late = await connect(door, server().url, { rooms: [room] });
      await late.collect('score', 1000, 5000);
      await late.barrier();
      expect(scoresOf(late)).to.have.lengthOf(1000);
    });
  });

  acrossDoors((here, there) => {
    for (const type of ['move', 'score', 'task']) {
      it(`5.7 ${type} reaches the room, the sender too, in the shape of a chat (${here} to ${there})`, async () => {
        const room = unique('room');
        const ana = await connect(here, server().url, { username: 'Ana', rooms: [room] });
        const bo = await connect(there, server().url, { rooms: [room] });
        ana.send({ type, content: 'x', data: { a: [1] }, room });
        const [echo, copy] = [await ana.next(type), await bo.next(type)];
        expect(copy).to.deep.equal(echo);
        expect(echo).to.deep.include({ type, content: 'x', from: 'Ana', data: { a: [1] }, room });
        expect(Object.keys(echo)).to.deep.equal(['type', 'content', 'from', 'timestamp', 'id', 'data', 'room']);
        expect(positionOf(echo.id).k !== undefined, 'its id has a suffix').to.equal(type === 'move');
      });
    }

    it(`5.7 who joins is given the latest state of each key behind the list, with ids N.k (${here} to ${there})`, async () => {
      const room = unique('room');
      const ana = await connect(here, server().url, { rooms: [room] });
      for (const [key, data] of [
        ['a', 1],
        ['b', 2],
        ['a', 3],
      ]) {
        await accepted(ana, { type: 'score', key, data, room });
      }
      await accepted(ana, { type: 'score', data: 'without a key', room });
      const bo = await connect(there, server().url, { rooms: [room] });
      await bo.collect('score', 3);
      await bo.barrier();
      expect(scoresOf(bo)).to.have.deep.members([3, 2, 'without a key']);
      const order = bo.messages.filter(({ room: where }) => where === room).map(({ type }) => type);
      expect(order).to.deep.equal(['user_list', 'score', 'score', 'score']);
      const given = bo.messages.filter(({ type }: Message) => type === 'score');
      for (const { id } of given) expect(positionOf(id).k).not.to.equal(undefined);
    });

    it(`5.7 move and task can go to one user (${here} to ${there})`, async () => {
      const ana = await connect(here, server().url);
      const bo = await connect(there, server().url);
      for (const type of ['move', 'task']) {
        ana.send({ type, data: 1, to: bo.userId });
        expect(await bo.next(type)).to.include({ to: bo.userId, fromId: ana.userId });
      }
    });
  });
});

for (const [what, types] of [
  ['a type of the protocol', 'chat:durable'],
  ['an event name of Socket.IO', 'connect:durable'],
  ['a capital', 'Move:durable'],
  ['65 characters', `${'m'.repeat(65)}:durable`],
  ['no class', 'move'],
] as const) {
  it(`5.7 a name with ${what} can't be defined`, () => {
    expect(() => withTypes(types)).to.throw();
  });
}

function withTypes(types: string): void {
  createServer({ types, logLevel: 'silent' });
}
