import { expect } from 'chai';
import type { Answer, Outgoing } from '../../src/client/index.ts';
import { eachInItsWorld, type FakeWebSocket, heard, type World } from './world.ts';

describe('what the client sends', () => {
  let world: World;
  eachInItsWorld((fresh) => {
    world = fresh;
  });

  /** The connection is lost and another one comes. */
  const again = async (ws: FakeWebSocket) => {
    ws.end();
    await world.advance(10_000);
    const next = world.sockets.at(-1)!;
    next.welcome();
    return next;
  };

  describe('looks like this', () => {
    for (const [name, send, sent] of [
      ['a type alone', ['user_list'], { type: 'user_list' }],
      ['a text', ['typing', 'hola'], { type: 'typing', content: 'hola' }],
      ['an object', ['move', { data: { x: 1 }, room: 'a' }], { type: 'move', data: { x: 1 }, room: 'a' }],
      ['a type within the object, which does not count', ['move', { type: 'chat' }], { type: 'move' }],
    ] as const) {
      it(name, async () => {
        const { client, ws } = await world.connected();
        client.emit(...(send as [string, Outgoing]));
        expect(ws.sent).to.deep.equal([sent]);
      });
    }

    it('send: a chat of a text, a message that names its type', async () => {
      const { client, ws } = await world.connected();
      client.send('hola').send({ type: 'move', data: 1 });
      expect(ws.sent.map(({ type, content, data }) => [type, content, data])).to.deep.equal([
        ['chat', 'hola', undefined],
        ['move', undefined, 1],
      ]);
    });

    it('as it was when it was emitted', async () => {
      const client = world.io();
      const data = { x: 1 };
      client.emit('move', { data });
      data.x = 2;
      const ws = await world.socket();
      ws.welcome();
      expect(ws.sent[0]?.['data']).to.deep.equal({ x: 1 });
    });
  });

  describe('is answered', () => {
    it('by a callback with id and timestamp; no event tells of it', async () => {
      const { client, ws } = await world.connected();
      const events: string[] = [];
      const answers: Answer[] = [];
      client.onAny((type) => events.push(type));
      client.emit('chat', { content: 'hola' }, (answer) => answers.push(answer));
      expect(ws.sent[0])
        .to.have.property('clientMsgId')
        .that.matches(/^[ -~]{1,64}$/);
      ws.ack(0);
      ws.ack(0);
      expect(answers).to.deep.equal([{ ok: true, id: '20231107132000-0', timestamp: 1_699_363_200 }]);
      expect(events).to.deep.equal([]);
    });

    it('also where it was a duplicate', async () => {
      const { client, ws } = await world.connected();
      const answer = client.emitWithAck('chat', 'hola');
      ws.ack(0, { duplicate: true });
      expect(await answer).to.include({ ok: true, duplicate: true });
    });

    it('with the refusal, which is no event then', async () => {
      const { client, ws } = await world.connected();
      const errors = heard(client, 'error');
      const answer = client.emitWithAck('chat', { content: 'hola', room: 'b' });
      ws.refuse(0, 'not_in_room');
      expect(await answer).to.deep.equal({
        ok: false,
        error: { code: 'not_in_room', message: 'No', retryable: false },
      });
      expect(errors).to.deep.equal([]);
    });

    it('by an error event where a refused one has no callback', async () => {
      const { client, ws } = await world.connected();
      const errors = heard(client, 'error');
      client.emit('chat', { content: 'hola', room: 'b' });
      ws.refuse(0, 'not_in_room');
      expect(errors[0]?.[1]).to.include({ type: 'error', content: 'No' });
    });

    it('whatever its type; the payload may be left out', async () => {
      const { client, ws } = await world.connected();
      const answers: Answer[] = [];
      client.emit('user_list', (answer) => answers.push(answer));
      ws.ack(0);
      expect(answers).to.have.length(1);
    });

    it('to its own callback, in whatever order the answers come', async () => {
      const { client, ws } = await world.connected();
      const answers: string[] = [];
      for (const name of ['a', 'b', 'c']) client.emit('chat', name, (answer) => answers.push(`${name} ${answer.ok}`));
      ws.ack(2);
      ws.refuse(0, 'forbidden');
      ws.ack(1);
      expect(answers).to.deep.equal(['c true', 'a false', 'b true']);
    });

    it('under the clientMsgId it was given, to everyone who has emitted it', async () => {
      const { client, ws } = await world.connected();
      const answers: Answer[] = [];
      for (let i = 0; i < 2; i++)
        client.emit('chat', { content: 'x', clientMsgId: 'mine' }, (answer) => answers.push(answer));
      expect(ws.sent.map(({ clientMsgId }) => clientMsgId)).to.deep.equal(['mine']);
      ws.ack(0);
      expect(answers).to.have.length(2);
    });

    it('not under a clientMsgId that the server could not take', async () => {
      const { client } = await world.connected();
      for (const clientMsgId of ['', 'ñ', 'x'.repeat(65)]) {
        expect(() => client.emit('chat', { content: 'x', clientMsgId })).to.throw(TypeError, 'Invalid clientMsgId');
      }
    });

    it('not by a message of somebody who writes like an answer', async () => {
      const { client, ws } = await world.connected();
      const answers: Answer[] = [];
      client.emit('chat', 'hola', (answer) => answers.push(answer));
      ws.give('chat', { data: { clientMsgId: ws.sent[0]?.['clientMsgId'], id: 'forged' } });
      expect(answers).to.deep.equal([]);
    });
  });

  describe('without a connection', () => {
    it('waits for one, in the order it was emitted', async () => {
      const client = world.io();
      for (const content of ['a', 'b']) client.emit('chat', content);
      client.emit('typing', 'c');
      const ws = await world.socket();
      expect(ws.sent).to.deep.equal([]);
      client.on('connect', () => client.emit('chat', 'd'));
      ws.welcome();
      expect(ws.contents).to.deep.equal(['a', 'b', 'c', 'd']);
    });

    it('waits also before it is told to connect', async () => {
      const client = world.io({ autoConnect: false });
      client.emit('chat', 'a');
      client.connect();
      const ws = await world.socket();
      ws.welcome();
      expect(ws.contents).to.deep.equal(['a']);
    });

    it('is refused where too much waits already', async () => {
      const client = world.io({ maxQueued: 2 });
      const errors = heard(client, 'error');
      const answers = ['a', 'b', 'c'].map((content) => client.emitWithAck('chat', content));
      expect(await answers[2]).to.deep.equal({
        ok: false,
        error: { code: 'queue_full', message: 'queue_full', retryable: true },
      });
      client.emit('typing', 'd');
      expect(errors[0]?.[1]).to.have.deep.property('data').that.includes({ code: 'queue_full', retryable: true });
      const ws = await world.socket();
      ws.welcome();
      expect(ws.contents).to.deep.equal(['a', 'b']);
    });

    it('is dropped where it is volatile', async () => {
      const client = world.io();
      client.volatile.emit('typing', 'a');
      const ws = await world.socket();
      ws.welcome();
      client.volatile.emit('typing', 'b');
      client.volatile.emit('user_list');
      expect(ws.sent).to.deep.equal([{ type: 'typing', content: 'b' }, { type: 'user_list' }]);
    });
  });

  describe('and is not answered', () => {
    for (const type of ['chat', 'notification', 'join', 'leave']) {
      it(`is sent again under the same id when the connection is back: a ${type}`, async () => {
        const { client, ws } = await world.connected();
        client.emit(type, 'a');
        const next = await again(ws);
        expect(next.sent).to.deep.equal(ws.sent);
        next.ack(0);
        expect((await again(next)).sent).to.deep.equal([]);
      });
    }

    it('is sent again with whatever type where it has a callback, and answered once', async () => {
      const { client, ws } = await world.connected();
      const answers: Answer[] = [];
      client.emit('score', { data: 1 }, (answer) => answers.push(answer));
      const next = await again(ws);
      expect(next.sent).to.deep.equal(ws.sent);
      next.ack(0);
      expect(answers).to.have.length(1);
    });

    it('is sent once where it has none', async () => {
      const { client, ws } = await world.connected();
      client.emit('typing');
      expect((await again(ws)).sent).to.deep.equal([]);
    });

    it('is sent again in its order, before what was emitted meanwhile', async () => {
      const { client, ws } = await world.connected();
      for (const content of ['a', 'b', 'c']) client.emit('chat', content);
      ws.ack(1);
      ws.end();
      client.emit('chat', 'd');
      await world.advance(10_000);
      world.sockets[1]!.welcome();
      expect(world.sockets[1]!.contents).to.deep.equal(['a', 'c', 'd']);
    });

    it('is sent again after ackTimeout at the earliest, and twice that at the latest', async () => {
      const { client, ws } = await world.connected({ heartbeatInterval: Number.POSITIVE_INFINITY });
      client.emit('chat', 'a');
      await world.advance(5000);
      client.emit('chat', 'b');
      await world.advance(4999);
      expect(ws.contents).to.deep.equal(['a', 'b']);
      ws.ack(0);
      await world.advance(1);
      expect(ws.contents).to.deep.equal(['a', 'b']);
      await world.advance(10_000);
      expect(ws.contents).to.deep.equal(['a', 'b', 'b']);
      expect(ws.sent[2]).to.deep.equal(ws.sent[1]);
    });

    it('is sent again after ackTimeout on every connection', async () => {
      const { client, ws } = await world.connected({ heartbeatInterval: Number.POSITIVE_INFINITY });
      client.emit('chat', 'a');
      const next = await again(ws);
      await world.advance(10_000);
      expect(next.contents).to.deep.equal(['a', 'a']);
    });

    it('is answered as disconnected when the client leaves', async () => {
      const { client, ws } = await world.connected();
      const errors = heard(client, 'error');
      const answer = client.emitWithAck('chat', 'a');
      client.emit('notification', 'b');
      client.disconnect();
      expect(await answer)
        .to.deep.include({ ok: false })
        .and.have.nested.property('error.code', 'disconnected');
      expect(errors).to.have.length(1);
      client.connect();
      expect((await again(ws)).sent).to.deep.equal([]);
    });

    it('is answered as disconnected when the server wants the client to stay away', async () => {
      const { client, ws } = await world.connected();
      const answer = client.emitWithAck('chat', 'a');
      ws.end(4503, 'kicked');
      expect(await answer).to.have.nested.property('error.code', 'disconnected');
    });
  });

  describe('with a timeout', () => {
    it('rejects where no answer comes in time, and is not sent again', async () => {
      const { client, ws } = await world.connected();
      let error: unknown;
      client
        .timeout(5000)
        .emitWithAck('chat', 'a')
        .catch((reason) => {
          error = reason;
        });
      await world.advance(5000);
      expect(error).to.be.an('error').with.property('message', 'operation has timed out');
      const next = await again(ws);
      expect(next.sent).to.deep.equal([]);
      ws.ack(0);
    });

    it('resolves with the answer', async () => {
      const { client, ws } = await world.connected();
      const answer = client.timeout(5000).emitWithAck('chat', 'a');
      ws.ack(0);
      expect(await answer).to.include({ ok: true });
    });

    it('calls back with an error first', async () => {
      const { client, ws } = await world.connected();
      const calls: unknown[][] = [];
      client.timeout(5000).emit('chat', 'a', (...args) => calls.push(args));
      client.timeout(5000).emit('chat', 'b', (...args) => calls.push(args));
      ws.ack(0);
      await world.settle();
      await world.advance(5000);
      expect(calls[0]?.[0]).to.equal(null);
      expect(calls[0]?.[1]).to.include({ ok: true });
      expect(calls[1]?.[0]).to.be.an('error');
      expect(calls).to.have.length(2);
    });

    it('counts while it waits for a connection, too', async () => {
      const client = world.io();
      let failed = false;
      client
        .timeout(5000)
        .emitWithAck('chat', 'a')
        .catch(() => {
          failed = true;
        });
      await world.advance(5000);
      expect(failed).to.equal(true);
      const ws = await world.socket();
      ws.welcome();
      expect(ws.sent).to.deep.equal([]);
    });

    it('makes way for what waits behind it', async () => {
      const { client, ws } = await world.connected({ maxInFlight: 1 });
      client
        .timeout(1000)
        .emitWithAck('chat', 'a')
        .catch(() => {});
      client.emit('chat', 'b');
      await world.advance(1000);
      expect(ws.contents).to.deep.equal(['a', 'b']);
    });

    it('leaves no timer where it can’t be written', async () => {
      const { client } = await world.connected();
      const data: { self?: unknown } = {};
      data.self = data;
      let error: unknown;
      await client
        .timeout(1000)
        .emitWithAck('chat', { data })
        .catch((reason) => {
          error = reason;
        });
      expect(error).to.be.instanceOf(TypeError);
    });
  });

  describe('and is refused for now', () => {
    for (const code of ['unavailable', 'internal']) {
      it(`is sent again after a pause that grows: ${code}`, async () => {
        const { client, ws } = await world.connected();
        const answers: Answer[] = [];
        client.emit('chat', 'a', (answer) => answers.push(answer));
        for (const [n, pause] of [500, 1000, 2000].entries()) {
          ws.refuse(n, code, { retryable: true });
          await world.advance(pause - 1);
          expect(ws.sent).to.have.length(n + 1);
          await world.advance(1);
          expect(ws.sent).to.have.length(n + 2);
        }
        ws.ack(3);
        expect(answers).to.have.length(1);
        expect(new Set(ws.sent.map(({ clientMsgId }) => clientMsgId)).size).to.equal(1);
      });
    }

    it('is sent again after a short pause where something went through in between', async () => {
      const { client, ws } = await world.connected();
      client.emit('chat', 'a');
      ws.refuse(0, 'unavailable', { retryable: true });
      await world.advance(500);
      ws.ack(1);
      client.emit('chat', 'b');
      ws.refuse(2, 'unavailable', { retryable: true });
      await world.advance(500);
      expect(ws.contents).to.deep.equal(['a', 'a', 'b', 'b']);
    });

    it('waits as long as retryAfter says', async () => {
      const { client, ws } = await world.connected();
      client.emit('chat', 'a');
      ws.refuse(0, 'rate_limited', { retryable: true, retryAfter: 3 });
      await world.advance(3499);
      expect(ws.sent).to.have.length(1);
      await world.advance(1);
      expect(ws.sent).to.have.length(2);
    });

    it('holds back what was emitted later', async () => {
      const { client, ws } = await world.connected();
      client.emit('chat', 'a');
      ws.refuse(0, 'unavailable', { retryable: true });
      client.emit('chat', 'b');
      client.emit('typing', 'c');
      expect(ws.contents).to.deep.equal(['a']);
      await world.advance(500);
      expect(ws.contents).to.deep.equal(['a', 'a', 'b', 'c']);
    });

    it('goes at once where another connection comes meanwhile', async () => {
      const { client, ws } = await world.connected();
      client.emit('chat', 'a');
      ws.refuse(0, 'rate_limited', { retryable: true, retryAfter: 60 });
      expect((await again(ws)).contents).to.deep.equal(['a']);
    });

    it('by its rate, without a word of whose it was: all that is not answered goes again, nobody hears of it', async () => {
      const { client, ws } = await world.connected();
      const errors = heard(client, 'error');
      for (const content of ['a', 'b', 'c']) client.emit('chat', content);
      for (let i = 0; i < 2; i++) {
        ws.give('error', { data: { code: 'rate_limited', retryable: true, retryAfter: 1 } });
      }
      ws.ack(0);
      await world.advance(1500);
      expect(ws.contents).to.deep.equal(['a', 'b', 'c', 'b', 'c']);
      expect(errors).to.deep.equal([]);
    });

    it('by its rate, where nothing waits for an answer: that is an event', async () => {
      const { client, ws } = await world.connected();
      const errors = heard(client, 'error');
      client.emit('typing');
      ws.give('error', { data: { code: 'rate_limited', retryable: true, retryAfter: 1 } });
      expect(errors).to.have.length(1);
    });
  });

  describe('and is too large', () => {
    const large = 'x'.repeat(5000);

    it('is refused, though the server does not say whose it was', async () => {
      const { client, ws } = await world.connected();
      client.emit('chat', 'small');
      const answer = client.emitWithAck('chat', large);
      ws.give('error', { content: 'No', data: { code: 'too_large', retryable: false } });
      expect(await answer).to.have.nested.property('error.code', 'too_large');
      const next = await again(ws);
      expect(next.contents).to.deep.equal(['small']);
    });

    it('is not taken for another one that is small', async () => {
      const { client, ws } = await world.connected();
      const errors = heard(client, 'error');
      client.emit('chat', 'small');
      client.volatile.emit('typing', large);
      ws.give('error', { content: 'No', data: { code: 'too_large', retryable: false } });
      expect(errors).to.have.length(1);
      expect((await again(ws)).contents).to.deep.equal(['small']);
    });

    it('is refused where it has ended the connection; the others go again', async () => {
      const { client, ws } = await world.connected();
      const answer = client.emitWithAck('chat', large);
      client.emit('chat', 'small');
      ws.end(1009);
      expect(await answer).to.deep.equal({
        ok: false,
        error: { code: 'too_large', message: 'too_large', retryable: false },
      });
      await world.advance(500);
      world.sockets[1]!.welcome();
      expect(world.sockets[1]!.contents).to.deep.equal(['small']);
    });
  });

  describe('in numbers', () => {
    it('has 100 in flight at most, the others following as answers come', async () => {
      const { client, ws } = await world.connected();
      for (let i = 0; i < 250; i++) client.emit('chat', `${i}`);
      expect(ws.sent).to.have.length(100);
      for (let i = 0; i < 250; i++) ws.ack(i);
      expect(ws.contents).to.deep.equal(Array.from({ length: 250 }, (_, i) => `${i}`));
    });

    it('never overtakes itself with one in flight', async () => {
      const { client, ws } = await world.connected({ maxInFlight: 1 });
      for (const content of ['a', 'b']) client.emit('chat', content);
      ws.refuse(0, 'unavailable', { retryable: true });
      await world.advance(500);
      expect(ws.contents).to.deep.equal(['a', 'a']);
      ws.ack(1);
      expect(ws.contents).to.deep.equal(['a', 'a', 'b']);
    });

    it('is not bounded while there is a connection', async () => {
      const { client, ws } = await world.connected({ maxQueued: 2 });
      for (let i = 0; i < 500; i++) client.emit('chat', `${i}`);
      for (let i = 0; i < 500; i++) ws.ack(i);
      expect(ws.sent).to.have.length(500);
    });
  });
});
