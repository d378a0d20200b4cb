import { expect } from 'chai';
import { type Body, DEFAULT_ROOM, SYSTEM, stamp, TYPES } from '../../src/protocol/message.ts';

const SIX = ['type', 'content', 'from', 'timestamp', 'id', 'data'];

describe('stamp', () => {
  const body: Body = { type: 'chat', content: 'Hola', from: 'Usuario1', data: null };

  it("completes a body to the document's own example, byte for byte", () => {
    expect(JSON.stringify(stamp(body, '20231107132000-123', 1699363200))).to.equal(
      '{"type":"chat","content":"Hola","from":"Usuario1","timestamp":1699363200,"id":"20231107132000-123","data":null}',
    );
  });

  it('puts the six keys first, whatever the order of the body', () => {
    const message = stamp({ room: 'sala-1', data: 1, from: 'a', content: '', type: 'chat' }, 'id', 1);
    expect(Object.keys(message)).to.deep.equal([...SIX, 'room']);
  });

  it('keeps further keys after the six, in the order of the body', () => {
    const message = stamp({ ...body, room: 'sala-1', to: 'u', fromId: 'v', total: 3 }, 'id', 1);
    expect(Object.keys(message)).to.deep.equal([...SIX, 'room', 'to', 'fromId', 'total']);
  });

  it('gives a body that says no more exactly six keys', () => {
    expect(Object.keys(stamp(body, 'id', 1))).to.deep.equal(SIX);
  });

  it('leaves the body as it was', () => {
    const before = structuredClone(body);
    stamp(body, 'id', 1);
    expect(body).to.deep.equal(before);
  });
});

describe('TYPES', () => {
  const named = (client: boolean) =>
    Object.entries(TYPES).flatMap(([type, rule]) => (rule.client === client ? type : []));

  it('lets clients send what section 5 lets them', () => {
    const types = ['chat', 'notification', 'heartbeat', 'user_list', 'join', 'leave', 'auth'];
    expect(named(true)).to.have.members(types);
  });

  it('keeps for the server what is its own', () => {
    expect(named(false)).to.have.members(['system', 'user_joined', 'user_left', 'ack', 'error']);
  });

  it('gives a class to exactly those types that take a place in the order', () => {
    const classed = Object.entries(TYPES).flatMap(([type, rule]) => ('class' in rule ? [[type, rule.class]] : []));
    expect(Object.fromEntries(classed)).to.deep.equal({
      chat: 'durable',
      notification: 'durable',
      system: 'durable',
      user_joined: 'presence',
      user_left: 'presence',
    });
  });
});

describe('names of the protocol', () => {
  it('calls the default room general and the server system', () => {
    expect([DEFAULT_ROOM, SYSTEM]).to.deep.equal(['general', 'system']);
  });
});
