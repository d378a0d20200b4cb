import { expect } from 'chai';
import { connect, type Door } from '../support/client.ts';
import { Engine } from '../support/engine.ts';
import { dataKey, type Receipt, unique } from '../support/messages.ts';
import { accepted, errorCode, expectNone, refused } from './answers.ts';
import { byDoor, conformance, target } from './target.ts';

conformance('3.1 Keys', () => {
  byDoor((door) => {
    for (const key of ['content', 'room', 'to', 'key', 'clientMsgId']) {
      for (const value of [5, true, ['x'], { x: 1 }]) {
        it(`3.1 invalid_message: ${key} is ${JSON.stringify(value)} (${door})`, async () => {
          const client = await connect(door, target());
          expect(await errorCode(client, { type: 'chat', content: 'Hola', [key]: value })).to.equal('invalid_message');
        });
      }
    }

    for (const [kind, clientMsgId] of [
      ['empty', ''],
      ['65 characters', 'x'.repeat(65)],
      ['a letter beyond ASCII', 'ñ'],
      ['a control character', 'a\nb'],
      ['DEL', 'a\u007f'],
    ] as const) {
      it(`3.1 invalid_message: clientMsgId, ${kind}; 4.3 and the error does not repeat it (${door})`, async () => {
        const client = await connect(door, target());
        client.send({ type: 'chat', content: 'Hola', clientMsgId });
        const { data } = await client.next('error');
        expect(data).to.deep.equal({ code: 'invalid_message', retryable: false });
      });
    }

    for (const [kind, clientMsgId] of [
      ['one character', '!'],
      ['64 characters', '~'.repeat(64)],
      ['a space and signs', 'a "b" \\c/ {d}'],
    ] as const) {
      it(`3.1 clientMsgId may be ${kind} (${door})`, async () => {
        const client = await connect(door, target());
        client.send({ type: 'heartbeat', clientMsgId });
        expect(dataKey(await client.next('ack'), 'clientMsgId')).to.equal(clientMsgId);
      });
    }

    for (const timestamp of [0, -1.5, 'ayer', true, ['x'], { x: 1 }]) {
      it(`3.1 timestamp is ignored: ${JSON.stringify(timestamp)} (${door})`, async () => {
        const client = await connect(door, target());
        const receipt = await accepted(client, { type: 'chat', content: 'Hola', timestamp });
        const echo = await client.next({ id: receipt.id });
        expect(echo.timestamp).to.be.within(client.welcome.timestamp, client.welcome.timestamp + 5);
      });
    }

    it(`3.1 key is a string of no effect (${door})`, async () => {
      const client = await connect(door, target());
      const { id } = await accepted(client, { type: 'chat', content: 'Hola', key: 'k' });
      expect(await client.next({ id })).not.to.have.property('key');
    });

    it(`3.1 other keys, from and id among them, are ignored (${door})`, async () => {
      const username = unique('Ana');
      const client = await connect(door, target(), { username });
      const others = { from: 'system', id: '1', fromId: 'x', total: 1, ok: true, constructor: 'x', status: null };
      const receipt = await accepted(client, { type: 'chat', content: 'Hola', ...others });
      const echo = await client.next({ id: receipt.id });
      expect(echo.from).to.equal(username);
      expect(Object.keys(echo)).to.deep.equal(['type', 'content', 'from', 'timestamp', 'id', 'data']);
    });

    it(`3.1 a key whose value is null counts as absent (${door})`, async () => {
      const client = await connect(door, target());
      const content = unique('chat');
      const nulls: object = { room: null, to: null, data: null, key: null, timestamp: null, clientMsgId: null };
      client.send({ ...nulls, type: 'chat', content });
      const echo = await client.next({ type: 'chat', content });
      expect(Object.keys(echo)).to.deep.equal(['type', 'content', 'from', 'timestamp', 'id', 'data']);
      await client.barrier();
      expectNone(client, ({ type }) => type === 'ack' || type === 'error', 'answers');
    });

    it(`3.1 and 5.1: content and data of null are absent, so the chat is invalid_message (${door})`, async () => {
      const client = await connect(door, target());
      expect(await errorCode(client, { type: 'chat', content: null, data: null })).to.equal('invalid_message');
    });

    const nestings: [string, (levels: number) => unknown][] = [
      ['arrays', (levels) => nested(levels, (inner) => [inner], [])],
      ['objects', (levels) => nested(levels, (inner) => ({ a: inner }), {})],
    ];
    for (const [kind, nest] of nestings) {
      it(`3.1 16 levels are accepted, the message being the first: ${kind} (${door})`, async () => {
        const client = await connect(door, target());
        const data = nest(15);
        const { id } = await accepted(client, { type: 'notification', data });
        expect((await client.next({ id })).data).to.deep.equal(data);
      });

      it(`3.1 a 17th level is invalid_message: ${kind} (${door})`, async () => {
        const client = await connect(door, target());
        expect((await refused(client, { type: 'notification', data: nest(16) })).code).to.equal('invalid_message');
      });
    }

    it(`3.1 the levels of an ignored key count too (${door})`, async () => {
      const client = await connect(door, target());
      const other = nested(16, (inner) => [inner], []);
      expect((await refused(client, { type: 'chat', content: 'Hola', other })).code).to.equal('invalid_message');
    });

    it(`3.1 a great depth is invalid_message and harms nobody (${door})`, async () => {
      const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
      expect(await codeForText(door, `{"data":${deep}}`)).to.equal('invalid_message');
    });

    for (const [where, text] of [
      ['in the message', '{"content":"Hola","__proto__":{"x":1}}'],
      ['in data', '{"data":{"__proto__":null}}'],
      ['deep in data', '{"data":[{"a":{"__proto__":{"isAdmin":true}}}]}'],
      ['in an ignored key', '{"content":"Hola","other":{"__proto__":1}}'],
      ['written with an escape', '{"content":"Hola","data":{"\\u005f_proto__":1}}'],
      ['beside a harmless one', '{"content":"__proto__","data":{"a":1,"__proto__":1}}'],
    ] as const) {
      it(`3.1 invalid_message: an object key __proto__ ${where} (${door})`, async () => {
        expect(await codeForText(door, text)).to.equal('invalid_message');
      });
    }

    it(`3.1 __proto__ as a value, and other keys of objects, are only data (${door})`, async () => {
      const client = await connect(door, target());
      const data = { constructor: { prototype: 1 }, toString: '__proto__', hasOwnProperty: null };
      const { id } = await accepted(client, { type: 'chat', content: '__proto__', data });
      expect((await client.next({ id })).data).to.deep.equal(data);
    });

    for (const [where, text] of [
      ['high, in content', '{"content":"a\\ud800"}'],
      ['low, in content', '{"content":"\\udc00a"}'],
      ['in the wrong order', '{"content":"\\udc00\\ud800"}'],
      ['in data', '{"data":{"a":["\\udfff"]}}'],
      ['in a key of data', '{"data":{"\\ud83d":1}}'],
      ['in an ignored key', '{"content":"Hola","other":"\\ud800"}'],
    ] as const) {
      it(`3.1 invalid_message: a lone surrogate, ${where} (${door})`, async () => {
        expect(await codeForText(door, text)).to.equal('invalid_message');
      });
    }

    it(`3.1 a pair of surrogates is a character (${door})`, async () => {
      const client = await connect(door, target());
      const { id } = await accepted(client, { type: 'chat', content: '\ud83d\ude00', data: { '\ud83d\ude00': 1 } });
      expect(await client.next({ id })).to.deep.include({ content: '😀', data: { '😀': 1 } });
    });
  });
});

conformance('3.2 On the raw WebSocket', () => {
  for (const [kind, text] of [
    ['words', 'Hola'],
    ['nothing', ''],
    ['a broken object', '{"type":"chat","content":"Hola"'],
    ['two objects', '{"type":"heartbeat"}{"type":"heartbeat"}'],
    ['single quotes', "{'type':'heartbeat'}"],
    ['a comment', '{"type":"heartbeat"} // Hola'],
    ['NaN', '{"type":"chat","data":NaN}'],
  ] as const) {
    it(`3.2 invalid_json: ${kind} (ws)`, async () => {
      const client = await connect('ws', target());
      client.write(text);
      expect(dataKey(await client.next('error'), 'code')).to.equal('invalid_json');
      await client.barrier();
    });
  }

  for (const text of [
    '[]',
    '[{"type":"heartbeat"}]',
    '"heartbeat"',
    '5',
    'true',
    'null',
    '{}',
    '{"content":"Hola"}',
    '{"type":5}',
    '{"type":null}',
    '{"type":["chat"]}',
  ]) {
    it(`3.2 invalid_message: ${text} (ws)`, async () => {
      const client = await connect('ws', target());
      client.write(text);
      expect(dataKey(await client.next('error'), 'code')).to.equal('invalid_message');
      await client.barrier();
    });
  }

  it('3.2 white space around the message is JSON (ws)', async () => {
    const client = await connect('ws', target());
    client.write('\r\n\t { "type" : "heartbeat" ,\n"content":"blancos"}\n');
    await client.next({ type: 'heartbeat', content: 'blancos' });
  });

  it('3.2 and 7: a binary frame closes the connection with 1003 (ws)', async () => {
    const client = await connect('ws', target());
    client.write(Buffer.from('{"type":"heartbeat"}'));
    expect((await client.closed).code).to.equal(1003);
  });
});

conformance('3.3 On Socket.IO', () => {
  for (const sdk of [2, 4] as const) {
    const by = `client ${sdk}`;
    const arrive = () => connect('socketio', target(), { sdk });

    it(`3.3 emit(type, object): a type inside the object is ignored (${by})`, async () => {
      const client = await arrive();
      const content = unique('chat');
      client.socket.emit('chat', { type: 'notification', content });
      expect((await client.next({ content })).type).to.equal('chat');
      const second = unique('chat');
      client.socket.emit('chat', { type: 5, content: second });
      expect((await client.next({ content: second })).type).to.equal('chat');
    });

    it(`3.3 emit(type) is the same as emit(type, {}) (${by})`, async () => {
      const client = await arrive();
      client.socket.emit('heartbeat');
      expect(await client.next('heartbeat')).to.include({ content: '', data: null });
      client.socket.emit('user_list');
      await client.next('user_list');
      client.socket.emit('chat');
      expect(dataKey(await client.next('error'), 'code')).to.equal('invalid_message');
    });

    it(`3.3 emit(type, text) means {content: text} (${by})`, async () => {
      const client = await arrive();
      const content = unique('chat');
      client.socket.emit('chat', content);
      expect((await client.next({ content })).type).to.equal('chat');
      client.socket.emit('heartbeat', content);
      expect((await client.next({ content })).type).to.equal('heartbeat');
    });

    it(`3.3 the event message carries an object with its type (${by})`, async () => {
      const client = await arrive();
      const content = unique('x');
      client.socket.send({ type: 'notification', content });
      expect((await client.next({ content })).type).to.equal('notification');
      client.socket.emit('message', { type: 'heartbeat', content });
      expect((await client.next({ content })).type).to.equal('heartbeat');
    });

    it(`3.3 the event message carries a string, which is the content of a chat (${by})`, async () => {
      const client = await arrive();
      const content = unique('chat');
      client.socket.send(content);
      expect((await client.next({ content })).type).to.equal('chat');
    });

    for (const args of [[{}], [{ content: 'Hola' }], [{ type: 5 }], [5], [['chat']], [true]]) {
      it(`3.3 and 3.1 invalid_message: message with ${JSON.stringify(args[0])} (${by})`, async () => {
        const client = await arrive();
        expect(codeOf(await client.call('message', ...args))).to.equal('invalid_message');
      });
    }

    for (const argument of [5, true, [{ content: 'Hola' }]]) {
      it(`3.3 invalid_message: an argument that is no object and no string: ${JSON.stringify(argument)} (${by})`, async () => {
        const client = await arrive();
        expect(codeOf(await client.call('heartbeat', argument))).to.equal('invalid_message');
      });
    }

    it(`3.3 invalid_message: more than one argument besides the callback (${by})`, async () => {
      const client = await arrive();
      expect(codeOf(await client.call('heartbeat', {}, {}))).to.equal('invalid_message');
      expect(codeOf(await client.call('chat', 'Hola', 'Adiós'))).to.equal('invalid_message');
      client.socket.emit('heartbeat', {}, null);
      expect(dataKey(await client.next('error'), 'code')).to.equal('invalid_message');
      client.socket.send('Hola', 'Adiós');
      expect(dataKey(await client.next('error'), 'code')).to.equal('invalid_message');
    });

    for (const [where, args] of [
      ['as the argument', [Buffer.from('Hola')]],
      ['as content', [{ content: Buffer.from('Hola') }]],
      ['in data', [{ data: { a: [Buffer.from([1, 2])] } }]],
      ['in an ignored key', [{ content: 'Hola', other: Buffer.from('x') }]],
      ['in a second argument', [{ content: 'Hola' }, Buffer.from('x')]],
    ] as const) {
      it(`3.3 invalid_message: binary ${where}; the connection lives on (${by})`, async () => {
        const client = await arrive();
        expect(codeOf(await client.call('chat', ...args))).to.equal('invalid_message');
        client.socket.emit('chat', ...args);
        expect(dataKey(await client.next('error'), 'code')).to.equal('invalid_message');
        await client.barrier();
      });
    }

    it(`3.3 a function as the last argument is the callback (${by})`, async () => {
      const client = await arrive();
      const calls = [
        await client.call('heartbeat'),
        await client.call('chat', 'Hola'),
        await client.call('notification', { data: 1 }),
        await client.call('message', 'Hola'),
        await client.call('message', { type: 'user_list' }),
      ];
      for (const call of calls) expect(call).to.have.lengthOf(1);
      for (const [receipt] of calls) expect(receipt).to.include({ ok: true });
    });
  }
});

/** As many levels in all, of which the innermost is `core`. */
function nested(levels: number, wrap: (inner: unknown) => unknown, core: unknown): unknown {
  return levels === 1 ? core : wrap(nested(levels - 1, wrap, core));
}

function codeOf([receipt]: unknown[]): string | undefined {
  const { ok, ...rest } = receipt as Receipt & { error?: { code: string } };
  return ok ? undefined : rest.error?.code;
}

/** Sends a chat as this very text of JSON, which `JSON.stringify` might not write; tells how it was refused. */
async function codeForText(door: Door, text: string): Promise<unknown> {
  if (door === 'ws') {
    const client = await connect('ws', target());
    client.write(`{"type":"chat",${text.slice(1)}`);
    return dataKey(await client.next('error'), 'code');
  }
  const engine = await Engine.connect(target());
  engine.send(`42["chat",${text}]`);
  await engine.next('42["error"');
  await engine.close();
  return dataKey(engine.messages('error')[0]!, 'code');
}
