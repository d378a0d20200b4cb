import { expect } from 'chai';
import { type Client, connect, DOORS, RawClient, SdkClient } from '../support/client.ts';
import { Engine } from '../support/engine.ts';
import { dataKey, type Refusal, unique } from '../support/messages.ts';
import { Polling } from '../support/polling.ts';
import { accepted } from './answers.ts';
import { byDoor, conformance, target, withSettings } from './target.ts';

const MESSAGE_BYTES = 65_536;
const FRAME_BYTES = 1_048_576;
const BURST = 500;
/** So many at once are too many: none arrives in the time that the bucket needs for the rest. */
const FLOOD = 1500;

conformance('3.4 Limits of size', () => {
  it('3.4 a frame of 65,536 bytes is accepted, one more is too_large (ws)', async () => {
    const client = await connect('ws', target());
    client.write(sized('{"type":"heartbeat","content":"', '"}', MESSAGE_BYTES));
    await client.next('heartbeat');
    client.write(sized('{"type":"heartbeat","content":"', '"}', MESSAGE_BYTES + 1));
    expect(dataKey(await client.next('error'), 'code')).to.equal('too_large');
    await client.barrier();
  });

  it('3.4 an encoded packet of 65,536 bytes is accepted, one more is too_large (socketio)', async () => {
    const engine = await Engine.connect(target());
    engine.send(`4${sized('2["heartbeat",{"content":"', '"}]', MESSAGE_BYTES)}`);
    await engine.next('42["heartbeat"');
    engine.send(`4${sized('2["heartbeat",{"content":"', '"}]', MESSAGE_BYTES + 1)}`);
    expect(await engine.next('42["error"')).to.include('"code":"too_large"');
    await alive(engine);
  });

  byDoor((door) => {
    it(`3.4 size is counted in bytes, not in characters (${door})`, async () => {
      const client = await connect(door, target());
      client.send({ type: 'heartbeat', content: 'ñ'.repeat(40_000) });
      expect(dataKey(await client.next('error'), 'code')).to.equal('too_large');
      await accepted(client, { type: 'heartbeat', content: 'n'.repeat(60_000) });
      await accepted(client, { type: 'heartbeat', content: '😀'.repeat(15_000) });
    });

    it(`3.4 what is written with escapes counts as written (${door})`, async () => {
      const client = await connect(door, target());
      client.send({ type: 'heartbeat', content: '\u0001'.repeat(11_000) });
      expect(dataKey(await client.next('error'), 'code')).to.equal('too_large');
    });
  });

  it('3.4 too_large comes by the callback where there is one (socketio)', async () => {
    const client = await connect('socketio', target());
    const [receipt] = await client.call('chat', { content: 'n'.repeat(70_000) });
    expect(receipt).to.have.nested.property('error.code', 'too_large');
    await client.barrier();
    expect(client.messages.filter(({ type }) => type === 'error')).to.deep.equal([]);
  });

  for (const sdk of [2, 4] as const) {
    it(`3.4 too_large by polling, and the connection lives on (socketio ${sdk})`, async () => {
      const client = await connect('socketio', target(), { transports: ['polling'], sdk });
      client.send({ type: 'chat', content: 'n'.repeat(70_000) });
      expect(dataKey(await client.next('error'), 'code')).to.equal('too_large');
      await client.barrier();
    });
  }

  it('3.4 size is that of a packet, not of the polling body that brings several (socketio)', async () => {
    const polling = await Polling.connect(target());
    const packet = (content: string) => `42["heartbeat",{"content":"${content}${'n'.repeat(40_000)}"}]`;
    await polling.post(['a', 'b', 'c'].map(packet).join('\x1e'));
    const answers: string[] = [];
    while (answers.length < 3) {
      const packets = await polling.poll();
      answers.push(...packets.filter((text) => /^42\["(heartbeat|error)"/.test(text)));
    }
    for (const answer of answers) expect(answer.slice(0, 100)).to.match(/^42\["heartbeat",/);
  });

  it('3.4 a frame of 1,048,576 bytes is too_large; one more ends the connection with 1009 (ws)', async () => {
    const client = await connect('ws', target());
    client.write(sized('{"type":"chat","content":"', '"}', FRAME_BYTES));
    expect(dataKey(await client.next('error'), 'code')).to.equal('too_large');
    client.write(sized('{"type":"chat","content":"', '"}', FRAME_BYTES + 1));
    expect((await client.closed).code).to.equal(1009);
  });

  it('3.4 fragments are counted together: more than 1,048,576 bytes end the connection with 1009 (ws)', async () => {
    const client = await connect('ws', target());
    for (let sent = 0; sent <= FRAME_BYTES; sent += 65_536) client.ws.send('n'.repeat(65_536), { fin: false });
    expect((await client.closed).code).to.equal(1009);
  });

  it('3.4 a packet below 1,048,576 bytes is too_large; one above ends the connection (socketio by websocket)', async () => {
    const engine = await Engine.connect(target());
    engine.send(`4${sized('2["chat",{"content":"', '"}]', FRAME_BYTES - 100)}`);
    expect(await engine.next('42["error"')).to.include('"code":"too_large"');
    await alive(engine, false);
    engine.send(`4${sized('2["chat",{"content":"', '"}]', FRAME_BYTES + 100)}`);
    await engine.closed;
  });

  it('3.4 a body of more than 1,048,576 bytes is answered with 413 and ends the connection (socketio by polling)', async () => {
    const userId = unique('user');
    const observer = await connect('ws', target());
    const polling = await Polling.connect(target(), `userId=${userId}`);
    await polling.poll();
    const packet = `4${sized('2["chat",{"content":"', '"}]', FRAME_BYTES + 100)}`;
    expect((await polling.post(packet)).status).to.equal(413);
    await observer.next((m) => m.type === 'user_left' && dataKey(m, 'userId') === userId);
  });

  withSettings('with small limits', { maxMessageBytes: 200, maxFrameBytes: 1000, maxJsonDepth: 3 }, (server) => {
    byDoor((door) => {
      it(`10 MAX_MESSAGE_BYTES and MAX_JSON_DEPTH (${door})`, async () => {
        const client = await connect(door, server().url);
        await accepted(client, { type: 'heartbeat', data: [[]] });
        expect(await client.request({ type: 'heartbeat', data: [[[]]] })).to.have.nested.property(
          'error.code',
          'invalid_message',
        );
        client.send({ type: 'heartbeat', content: 'n'.repeat(200) });
        expect(dataKey(await client.next('error'), 'code')).to.equal('too_large');
        await client.barrier();
      });

      it(`10 MAX_FRAME_BYTES (${door})`, async () => {
        const client = await connect(door, server().url);
        client.send({ type: 'heartbeat', content: 'n'.repeat(1100) });
        const { code } = await client.closed;
        if (door === 'ws') expect(code).to.equal(1009);
      });
    });
  });
});

conformance('3.4 Limits of rate', () => {
  byDoor((door) => {
    it(`3.4 a burst of 500 on a fresh connection is never refused (${door})`, async () => {
      const room = unique('room');
      const client = await connect(door, target(), { rooms: [room] });
      for (let index = 0; index < BURST; index += 1) client.send({ type: 'chat', content: `${index}`, room });
      const echoes = await client.collect({ type: 'chat', room }, BURST);
      expect(echoes.map(({ content }) => content)).to.deep.equal(numbers(BURST));
      expect(client.messages.filter(({ type }) => type === 'error')).to.deep.equal([]);
    });

    it(`3.4 a burst of 500 from the very first moment is never refused (${door})`, async () => {
      const client = door === 'ws' ? new RawClient(target(), {}) : new SdkClient(target(), {});
      const burst = () => {
        for (let index = 0; index < BURST; index += 1) client.send({ type: 'heartbeat' });
      };
      if (client instanceof RawClient) client.ws.on('open', burst);
      else client.socket.on('connect', burst);
      await client.collect('heartbeat', BURST);
      expect(client.messages.filter(({ type }) => type === 'error')).to.deep.equal([]);
      expect(client.messages[0]!.type, '2.4 the list comes first').to.equal('user_list');
      await client.close();
    });

    it(`3.4 what goes beyond is rate_limited with retryAfter, each request once (${door})`, async () => {
      const client = await connect(door, target());
      for (let index = 0; index < FLOOD; index += 1) client.send({ type: 'heartbeat', content: `${index}` });
      const answers = await client.collect(({ type }) => type === 'heartbeat' || type === 'error', FLOOD);
      const errors = answers.filter(({ type }) => type === 'error');
      const answered = answers.flatMap(({ type, content }) => (type === 'heartbeat' ? [content] : []));
      expect(answered.slice(0, BURST)).to.deep.equal(numbers(BURST));
      expect(errors).to.have.lengthOf.within(1, FLOOD - BURST);
      for (const { data } of errors) expectRateLimited(data);
    });

    it(`3.4 each connection has a bucket of its own, even of one user (${door})`, async () => {
      const userId = unique('user');
      const [ana, other] = [await connect(door, target(), { userId }), await connect(door, target(), { userId })];
      for (let index = 0; index < FLOOD; index += 1) ana.send({ type: 'heartbeat' });
      await ana.next('error');
      await accepted(other, { type: 'heartbeat' });
    });

    it(`3.4 a rate_limited chat is published to nobody (${door})`, async () => {
      const room = unique('room');
      const ana = await connect(door, target(), { rooms: [room] });
      for (let index = 0; index < FLOOD; index += 1) ana.send({ type: 'chat', content: `${index}`, room });
      await ana.collect((m) => m.type === 'error' || (m.type === 'chat' && m.room === room), FLOOD);
      expect(ana.messages.filter((m) => m.room === room && m.type === 'chat').length).to.be.below(FLOOD);
    });
  });

  it('3.4 a burst of 500 by polling is never refused (socketio)', async () => {
    const client = await connect('socketio', target(), { transports: ['polling'] });
    for (let index = 0; index < BURST; index += 1) client.send({ type: 'heartbeat' });
    await client.collect('heartbeat', BURST);
    expect(client.messages.filter(({ type }) => type === 'error')).to.deep.equal([]);
  });

  it('3.4 the bucket fills again: after retryAfter seconds messages are accepted (ws and socketio)', async () => {
    const clients = await Promise.all(DOORS.map((door) => connect(door, target())));
    const waits = await Promise.all(clients.map(exhaust));
    // The clock is the subject here: the server says how long to wait.
    await new Promise((resolve) => setTimeout(resolve, Math.max(...waits) * 1000));
    for (const client of clients) await accepted(client, { type: 'heartbeat' });
  });

  it('3.4 rate_limited by callback has retryAfter too (socketio)', async () => {
    const client = await connect('socketio', target());
    const calls = Array.from({ length: FLOOD }, () => client.request({ type: 'heartbeat' }));
    const refusals = (await Promise.all(calls)).flatMap((receipt) => (receipt.ok ? [] : [receipt.error]));
    expect(refusals.length).to.be.within(1, FLOOD - BURST);
    for (const { message, ...data } of refusals) {
      expect(message).to.be.a('string').and.not.equal('');
      expectRateLimited(data);
    }
    expect(client.messages.filter(({ type }) => type === 'error')).to.deep.equal([]);
  });

  withSettings('with RATE_LIMIT and RATE_BURST', { rateLimit: 1, rateBurst: 3 }, (server) => {
    byDoor((door) => {
      it(`10 RATE_BURST: the fourth at once is rate_limited (${door})`, async () => {
        const client = await connect(door, server().url);
        for (let index = 0; index < 3; index += 1) await accepted(client, { type: 'heartbeat' });
        client.send({ type: 'heartbeat' });
        expectRateLimited((await client.next('error')).data);
      });
    });
  });
});

conformance('3.5 Order of checks', () => {
  byDoor((door) => {
    it(`3.5 size before rate (${door})`, async () => {
      const client = await connect(door, target());
      await exhaust(client);
      client.send({ type: 'chat', content: 'n'.repeat(70_000), clientMsgId: 'm-1' });
      client.send({ type: 'heartbeat' });
      expect(dataKey(await client.next((m) => isError(m, 'too_large')), 'code')).to.equal('too_large');
    });

    it(`3.5 rate before shape, type and membership (${door})`, async () => {
      const client = await connect(door, target());
      const wrong = [
        { type: 'chat' },
        { type: 'nonsense' },
        { type: 'leave' },
        { type: 'chat', content: 'Hola', room: 'x' },
      ];
      for (let index = 0; index < FLOOD; index += 1) client.send(wrong[index % 4]!);
      const errors = await client.collect('error', FLOOD);
      const limited = errors.filter((error) => isError(error, 'rate_limited'));
      // Whatever else is wrong with them: once the bucket is empty, each of the four kinds is refused for the rate.
      expect(limited.length).to.be.within(4, FLOOD - BURST);
    });

    for (const [what, message, code] of [
      ['shape before type', { type: 'nonsense', content: 5 }, 'invalid_message'],
      ['shape before forbidden_type', { type: 'system', content: 5 }, 'invalid_message'],
      [
        'a __proto__ before type',
        { type: 'nonsense', data: JSON.parse('{"__proto__":1}') as unknown },
        'invalid_message',
      ],
      ['type before permission', { type: 'Leave', room: 'general' }, 'unknown_type'],
      ['type before membership', { type: 'nonsense', room: unique('room') }, 'unknown_type'],
      ['shape before permission', { type: 'leave', room: 'general', content: 5 }, 'invalid_message'],
      ['shape before membership', { type: 'chat', room: unique('room'), content: 5 }, 'invalid_message'],
      ['the name of a room before membership', { type: 'chat', room: 'a b', content: 'Hola' }, 'invalid_room'],
    ] as const) {
      it(`3.5 ${what} (${door})`, async () => {
        const client = await connect(door, target());
        client.send(message);
        expect(dataKey(await client.next('error'), 'code')).to.equal(code);
      });
    }
  });

  it('3.5 size before JSON (ws)', async () => {
    const client = await connect('ws', target());
    client.write('{'.repeat(70_000));
    expect(dataKey(await client.next('error'), 'code')).to.equal('too_large');
  });

  it('3.5 rate before JSON (ws)', async () => {
    const client = await connect('ws', target());
    for (let index = 0; index < FLOOD; index += 1) client.write('nonsense');
    const errors = await client.collect('error', FLOOD);
    const limited = errors.filter((error) => isError(error, 'rate_limited'));
    expect(limited.length).to.be.within(1, FLOOD - BURST);
    expect(errors.filter((error) => isError(error, 'invalid_json'))).to.have.lengthOf(FLOOD - limited.length);
  });
});

/** Text of exactly so many bytes. */
function sized(start: string, end: string, bytes: number): string {
  return start + 'n'.repeat(bytes - start.length - end.length) + end;
}

async function alive(engine: Engine, close = true): Promise<void> {
  engine.send('42["heartbeat",{"content":"alive"}]');
  await engine.next('42["heartbeat",{"type":"heartbeat","content":"alive"');
  if (close) await engine.close();
}

/** Sends more than a bucket holds; resolves with the last `retryAfter`. */
async function exhaust(client: Client): Promise<number> {
  for (let index = 0; index < FLOOD; index += 1) client.send({ type: 'heartbeat' });
  await client.collect(({ type }) => type === 'heartbeat' || type === 'error', FLOOD);
  const last = client.messages.findLast((message) => isError(message, 'rate_limited'));
  return (last!.data as Required<Refusal>).retryAfter;
}

function isError(message: { type: string; data: unknown }, code: string): boolean {
  return message.type === 'error' && (message.data as Refusal).code === code;
}

function expectRateLimited(data: unknown): void {
  expect(data).to.have.all.keys('code', 'retryable', 'retryAfter');
  expect(data).to.include({ code: 'rate_limited', retryable: true });
  expect((data as Required<Refusal>).retryAfter).to.satisfy((wait: number) => Number.isInteger(wait) && wait >= 1);
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index}`);
}
