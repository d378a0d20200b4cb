import { expect } from 'chai';
import { connect } from '../support/client.ts';
import { Engine } from '../support/engine.ts';
import { json, request } from '../support/http.ts';
import { dataKey, unique } from '../support/messages.ts';
import { type Running, startServer } from '../support/server.ts';
import { encode, type Frame, Tcp } from '../support/tcp.ts';
import { accepted } from './answers.ts';
import { conformance, remote, target } from './target.ts';

const [CONTINUATION, TEXT, BINARY, CLOSE, PING] = [0, 1, 2, 8, 9];

const BROKEN: [string, Frame[]][] = [
  ['an opcode that does not exist', [{ opcode: 3, payload: 'x' }]],
  ['a reserved bit', [{ opcode: TEXT, payload: '{}', reserved: 0x40 }]],
  ['no mask', [{ opcode: TEXT, payload: '{"type":"heartbeat"}', masked: false }]],
  ['a continuation of nothing', [{ opcode: CONTINUATION, payload: 'x' }]],
  ['a control frame in fragments', [{ opcode: PING, fin: false }]],
  ['a control frame of 126 bytes', [{ opcode: PING, payload: 'x'.repeat(126) }]],
  [
    'a new message within a message',
    [
      { opcode: TEXT, payload: '{', fin: false },
      { opcode: TEXT, payload: '}' },
    ],
  ],
];

conformance('7 Closes', () => {
  for (const [what, frames] of BROKEN) {
    it(`7 1002: a frame breaks RFC 6455: ${what} (ws)`, async () => {
      expect(await codeAfter(frames)).to.equal(1002);
    });
  }

  it('7 1003: a binary frame (ws)', async () => {
    expect(await codeAfter([{ opcode: BINARY, payload: '{"type":"heartbeat"}' }])).to.equal(1003);
  });

  for (const [what, bytes] of [
    ['a byte that no UTF-8 has', [0x22, 0xff, 0x22]],
    ['a lone surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['an end in the middle of a character', [0x22, 0xc3]],
  ] as const) {
    it(`7 1007: a text frame is not UTF-8: ${what} (ws)`, async () => {
      expect(await codeAfter([{ opcode: TEXT, payload: Buffer.from(bytes) }])).to.equal(1007);
    });
  }

  it('7 1008: a flood of fragments (ws)', async () => {
    const tcp = await Tcp.open(target());
    const fragment = encode({ opcode: CONTINUATION, payload: 'x', fin: false });
    tcp.write({ opcode: TEXT, payload: '{', fin: false });
    tcp.socket.write(Buffer.concat(Array.from({ length: 300_000 }, () => fragment)));
    expect(await tcp.closed).to.equal(1008);
  });

  it('7 4029: one that goes on and on (ws)', async () => {
    const client = await connect('ws', target());
    for (let index = 0; index < 500 + 2000 + 1000; index += 1) client.send({ type: 'heartbeat' });
    expect(await client.closed).to.deep.equal({ code: 4029, reason: 'flood' });
  });

  it('7 flood: an error with its name goes before the end of one that goes on and on (socketio)', async () => {
    const client = await connect('socketio', target());
    for (let index = 0; index < 500 + 2000 + 1000; index += 1) client.send({ type: 'heartbeat' });
    await client.closed;
    expect(client.messages.at(-1)).to.deep.include({ type: 'error', data: { code: 'flood', retryable: true } });
  });

  it('7 1009: more than 1,048,576 bytes (ws)', async () => {
    expect(await codeAfter([{ opcode: TEXT, payload: 'x'.repeat(1_048_577) }])).to.equal(1009);
  });

  it('7 and 5.5: one who was closed for a bad frame has left, and the others are unharmed', async () => {
    const observer = await connect('socketio', target());
    const userId = unique('user');
    const tcp = await Tcp.open(target(), `userId=${userId}`);
    await observer.next((m) => m.type === 'user_joined' && dataKey(m, 'userId') === userId);
    tcp.write({ opcode: 3 });
    await observer.next((m) => m.type === 'user_left' && dataKey(m, 'userId') === userId);
    await observer.barrier();
  });

  it('7 a client that closes is answered with its own code (ws)', async () => {
    const client = await connect('ws', target());
    client.ws.close(1000, 'adiós');
    expect((await client.closed).code).to.equal(1000);
  });

  it('3.4 and 7: an error before such a close has the name of the table: too_big (socketio)', async () => {
    const engine = await Engine.connect(target());
    engine.send(`42["chat",{"content":"${'n'.repeat(1_100_000)}"}]`);
    await engine.closed;
    // The client may be out of reach already, but nothing else may be said to it.
    for (const error of engine.messages('error')) expect(dataKey(error, 'code')).to.equal('too_big');
    expect(engine.packets).not.to.include('41');
  });

  if (remote) return;

  describe('on shutdown', () => {
    let server: Running;
    beforeEach(async () => {
      server = await startServer();
    });
    afterEach(() => server.close());

    it('7 1001 going_away (ws)', async () => {
      const client = await connect('ws', server.url);
      await server.close();
      expect((await client.closed).code).to.equal(1001);
    });

    for (const sdk of [2, 3, 4] as const) {
      for (const transport of ['websocket', 'polling'] as const) {
        it(`7 an error going_away goes before, and the SDK would reconnect by itself (socketio ${sdk}, ${transport})`, async () => {
          const client = await connect('socketio', server.url, { sdk, transports: [transport] });
          await server.close();
          const { reason } = await client.closed;
          const error = client.messages.at(-1)!;
          expect(error.type).to.equal('error');
          expect(error.from).to.equal('system');
          expect(error.data).to.deep.equal({ code: 'going_away', retryable: true });
          // After "io server disconnect" the SDK would stay away.
          expect(['transport close', 'transport error']).to.include(reason);
        });
      }
    }

    it('7 what was accepted before the shutdown is delivered before the close', async () => {
      const room = unique('room');
      const clients = [
        await connect('ws', server.url, { rooms: [room] }),
        await connect('socketio', server.url, { rooms: [room] }),
      ];
      const ids: string[] = [];
      for (let index = 0; index < 20; index += 1) {
        ids.push((await accepted(clients[index % 2]!, { type: 'chat', content: `${index}`, room })).id);
      }
      await server.close();
      for (const client of clients) {
        await client.closed;
        expect(client.messages.filter((m) => m.type === 'chat').map(({ id }) => id)).to.deep.equal(ids);
      }
    });

    it('9.5 first thing on shutdown, /readyz answers 503 with its reasons', async () => {
      // A peer which does not answer the close keeps the server busy with its shutdown.
      const silent = await Tcp.open(server.url);
      expect(json(await request(`${server.url}/readyz`))).to.deep.equal({ ready: true, reasons: [] });
      const closing = server.close();
      const answer = await request(`${server.url}/readyz`);
      expect(answer.status).to.equal(503);
      expect(json(answer)).to.have.all.keys('ready', 'reasons').and.include({ ready: false });
      expect(json(answer)['reasons']).to.be.an('array').and.not.have.lengthOf(0);
      for (const reason of json(answer)['reasons'] as unknown[]) expect(reason).to.be.a('string');
      silent.close();
      await closing;
    });

    it('10 a peer that does not answer the close is waited for no longer than CLOSE_TIMEOUT', async () => {
      await server.close();
      server = await startServer({ closeTimeout: 200 });
      await Tcp.open(server.url); // which does not answer
      const started = Date.now();
      await server.close();
      expect(Date.now() - started).to.be.below(1500);
    });
  });
});

async function codeAfter(frames: Frame[]): Promise<number> {
  const tcp = await Tcp.open(target());
  for (const frame of frames) tcp.write(frame);
  const { payload } = await tcp.frame(({ opcode }) => opcode === CLOSE, 'a close frame');
  tcp.close();
  return payload.readUInt16BE();
}
