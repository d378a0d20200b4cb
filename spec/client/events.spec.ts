import { expect } from 'chai';
import type { Message } from '../../src/client/index.ts';
import { heard, World } from './world.ts';

describe('the client’s events', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.close());

  it('bring each message to those who listen to its type, in the order of their coming', async () => {
    const { client, ws } = await world.connected();
    const calls: string[] = [];
    client.on('chat', (message: Message) => calls.push(`a ${message.content}`));
    client.on('chat', ({ content, from }) => calls.push(`b ${content} of ${from}`));
    client.on<{ x: number }>('move', ({ data }) => calls.push(`c ${data.x}`));
    ws.give('chat', { content: 'hola', from: 'Bo' });
    ws.give('move', { data: { x: 1 } });
    expect(calls).to.deep.equal(['a hola', 'b hola of Bo', 'c 1']);
  });

  it('bring every message to onAny first, but no event of the connection', async () => {
    const client = world.io();
    const calls: string[] = [];
    const listener = (type: string, message: Message) => calls.push(`${type} ${message.content}`);
    client.on('chat', () => calls.push('chat'));
    client.onAny(listener);
    const ws = await world.socket();
    ws.welcome();
    ws.give('chat', { content: 'hola' });
    client.offAny(listener);
    ws.give('chat');
    expect(calls).to.deep.equal(['user_list ', 'chat hola', 'chat', 'chat']);
  });

  it('come once to once', async () => {
    const { client, ws } = await world.connected();
    const calls: string[] = [];
    client.once('chat', ({ content }) => calls.push(content));
    ws.give('chat', { content: '1' });
    ws.give('chat', { content: '2' });
    expect(calls).to.deep.equal(['1']);
  });

  it('end with off: one listener, an event’s, all', async () => {
    const { client, ws } = await world.connected();
    const calls: string[] = [];
    const a = () => calls.push('a');
    client
      .on('chat', a)
      .on('chat', () => calls.push('b'))
      .on('system', () => calls.push('s'));
    client.once('chat', a).off('chat', a);
    ws.give('chat');
    client.off('chat');
    ws.give('chat');
    ws.give('system');
    client.off();
    ws.give('system');
    expect(calls).to.deep.equal(['b', 's']);
  });

  it('come to all, though a listener comes or goes meanwhile', async () => {
    const { client, ws } = await world.connected();
    const calls: string[] = [];
    const b = () => calls.push('b');
    client.on('chat', () => client.off('chat', b).on('chat', () => calls.push('late')));
    client.on('chat', b);
    ws.give('chat');
    expect(calls).to.deep.equal(['b']);
  });

  it('come to all, though a listener throws; that is reported as any error that nobody caught', async () => {
    const { client, ws } = await world.connected();
    const reported = new Promise((resolve) => {
      const listeners = process.rawListeners('unhandledRejection') as (() => void)[];
      process.removeAllListeners('unhandledRejection');
      process.once('unhandledRejection', (error) => {
        for (const listener of listeners) process.on('unhandledRejection', listener);
        resolve(error);
      });
    });
    const error = new Error('mine');
    client.on('chat', () => {
      throw error;
    });
    const calls = heard(client, 'chat');
    ws.give('chat');
    expect(calls).to.have.length(1);
    expect(await reported).to.equal(error);
  });

  it('bring errors that answer nothing, and harm nobody who does not listen', async () => {
    const { client, ws } = await world.connected();
    ws.give('error', { data: { code: 'invalid_json', retryable: false } });
    const calls = heard(client, 'error');
    ws.give('error', { data: { code: 'invalid_json', retryable: false } });
    ws.give('ack', { data: { clientMsgId: 'another’s' } });
    expect(calls).to.have.length(1);
  });

  for (const frame of [
    '',
    'text',
    'null',
    '7',
    '"chat"',
    '[]',
    '{}',
    '{"type":7}',
    '{"type":null}',
    '{"type":"ack"}',
    '{"type":"ack","data":7}',
    '{"type":"ack","data":{"clientMsgId":{}}}',
    '{"type":"error","data":null}',
    '{"type":"error","data":"x"}',
    '{"type":"error","data":{"code":"rate_limited","retryable":true,"retryAfter":"soon"}}',
    '{"type":"user_left","room":"a","data":null}',
    '{"type":"user_list","data":null}',
    '{"type":"user_list","data":[null],"room":7}',
    '{"type":"toString"}',
    '{"type":"__proto__"}',
    new ArrayBuffer(8),
    undefined,
  ]) {
    it(`bear ${typeof frame === 'string' ? frame || 'an empty frame' : String(frame)}`, async () => {
      const fresh = world.io();
      (await world.socket()).frame(frame);
      expect(fresh.connected).to.equal(
        frame === '{"type":"user_list","data":null}' || String(frame).includes('[null]'),
      );
      const { client, ws } = await world.connected();
      client.emit('chat', 'hola');
      ws.frame(frame);
      const calls = heard(client, 'chat');
      ws.give('chat');
      expect(calls).to.have.length(1);
    });
  }
});
