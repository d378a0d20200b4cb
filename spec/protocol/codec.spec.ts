import { expect } from 'chai';
import { decode, decodeText, encode } from '../../src/protocol/codec.ts';
import { type Detail, type ErrorCode, Refusal } from '../../src/protocol/errors.ts';
import type { ClientType, Inbound } from '../../src/protocol/message.ts';
import { expectRefusal, refusalOf } from '../support/refusals.ts';

const LIMITS = { maxJsonDepth: 16, ownTypes: new Map() };
const LONE = '\uD83D';
const read = (raw: unknown): Inbound => decode(raw, LIMITS);
const readText = (text: string): Inbound => decodeText(text, LIMITS);
const show = (value: unknown) => JSON.stringify(value)?.slice(0, 70) ?? String(value);

/** Arrays, or objects, this many within one another. */
const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
const nestedObjects = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`);

function refuses(raw: unknown, code: ErrorCode, detail?: Detail, value?: string | number): void {
  expectRefusal(
    refusalOf(() => read(raw)),
    code,
    detail,
    value,
  );
}

describe('encode', () => {
  it('writes the message as it is, its keys in their order', () => {
    const message = { type: 'chat', content: 'ñ\u2028"', from: 'a', timestamp: 1, id: 'i', data: { b: 1, a: [] } };
    expect(encode(message).join('')).to.equal(
      '{"type":"chat","content":"ñ\u2028\\"","from":"a","timestamp":1,"id":"i","data":{"b":1,"a":[]}}',
    );
  });
});

describe('decodeText', () => {
  it('reads a chat', () => {
    expect(readText('{"type":"chat","content":"Hola"}')).to.deep.equal({ type: 'chat', content: 'Hola' });
  });

  it('reads JSON with space around it, and the last of two equal keys', () => {
    expect(readText(' \n{"type":"join","type":"chat","content":""}\t').type).to.equal('chat');
  });

  const broken = ['', ' ', '{', '}', '{"type":"chat"', "{'type':'chat'}", '{type:"chat"}', '{"type":"chat",}', 'chat'];
  const alien = [
    'undefined',
    'NaN',
    'Infinity',
    '0x1',
    '01',
    '1.',
    '"\n"',
    '{"a":1}{"a":1}',
    '/**/{}',
    '\uFEFF{}',
    '\0',
  ];
  for (const text of [...broken, ...alien, '['.repeat(100_000)]) {
    it(`${show(text)} is invalid_json`, () => {
      const refusal = refusalOf(() => readText(text));
      expectRefusal(refusal, 'invalid_json');
      expect(refusal.clientMsgId).to.equal(undefined);
    });
  }

  it('refuses every beginning of a message as invalid_json', () => {
    const text = '{"type":"chat","content":"ñ😀\\n","data":[1,-2.5e3,true,null,{"a":"\\u00e9"}],"clientMsgId":"m-1"}';
    for (let end = 0; end < text.length; end += 1) {
      expect(refusalOf(() => readText(text.slice(0, end))).code, text.slice(0, end)).to.equal('invalid_json');
    }
    expect(readText(text).clientMsgId).to.equal('m-1');
  });

  it('gives a request or a refusal, never anything else, whichever character of a message is another', () => {
    const text = '{"type":"chat","content":"a","to":"b","data":{"k":[1]},"clientMsgId":"m"}';
    const outcomes = { requests: 0, refusals: 0 };
    for (let at = 0; at < text.length; at += 1) {
      for (const other of ['"', '{', '}', '[', ']', ',', ':', '\\', '0', 'x', ' ', '\0', LONE, '😀', '']) {
        const changed = text.slice(0, at) + other + text.slice(at + 1);
        outcomes[outcomeOf(changed)] += 1;
      }
    }
    expect(outcomes.requests).to.be.greaterThan(0);
    expect(outcomes.refusals).to.be.greaterThan(outcomes.requests);
  });

  function outcomeOf(text: string): 'requests' | 'refusals' {
    try {
      readText(text);
      return 'requests';
    } catch (error) {
      expect(error, text).to.be.an.instanceOf(Refusal);
      expect((error as Refusal).code, text).not.to.equal('internal');
      return 'refusals';
    }
  }

  it('refuses nesting that would exhaust the stack of a careless reader', () => {
    const text = `{"type":"chat","data":${'['.repeat(5000)}${']'.repeat(5000)}}`;
    expectRefusal(
      refusalOf(() => readText(text)),
      'invalid_message',
      'too_deep',
      16,
    );
  });
});

describe('decode', () => {
  describe('reads each type that a client may send', () => {
    const messages: [raw: object, inbound: Inbound][] = [
      [
        { type: 'chat', content: 'Hola' },
        { type: 'chat', content: 'Hola' },
      ],
      [
        { type: 'chat', content: '' },
        { type: 'chat', content: '' },
      ],
      [
        { type: 'chat', data: { a: 1 } },
        { type: 'chat', data: { a: 1 } },
      ],
      [
        { type: 'chat', data: false },
        { type: 'chat', data: false },
      ],
      [
        { type: 'chat', data: 0 },
        { type: 'chat', data: 0 },
      ],
      [
        { type: 'chat', data: '' },
        { type: 'chat', data: '' },
      ],
      [
        { type: 'chat', content: 'a', to: 'u' },
        { type: 'chat', content: 'a', to: 'u' },
      ],
      [
        { type: 'notification', data: [], room: 'sala-1' },
        { type: 'notification', data: [], room: 'sala-1' },
      ],
      [{ type: 'heartbeat' }, { type: 'heartbeat' }],
      [
        { type: 'heartbeat', content: 'ping', data: 1 },
        { type: 'heartbeat', content: 'ping', data: 1 },
      ],
      [{ type: 'user_list' }, { type: 'user_list' }],
      [
        { type: 'user_list', room: 'sala-1' },
        { type: 'user_list', room: 'sala-1' },
      ],
      [
        { type: 'join', room: 'sala-1' },
        { type: 'join', room: 'sala-1' },
      ],
      [{ type: 'join' }, { type: 'join' }],
      [
        { type: 'leave', room: 'sala-1' },
        { type: 'leave', room: 'sala-1' },
      ],
      [
        { type: 'auth', token: 't' },
        { type: 'auth', token: 't' },
      ],
      [
        { type: 'chat', content: 'a', key: 'k' },
        { type: 'chat', content: 'a', key: 'k' },
      ],
      [
        { type: 'chat', content: 'a', clientMsgId: 'm-1' },
        { type: 'chat', content: 'a', clientMsgId: 'm-1' },
      ],
    ];
    for (const [raw, inbound] of messages) it(show(raw), () => expect(read(raw)).to.deep.equal(inbound));

    it('the default room named is the default room not named', () => {
      expect(read({ type: 'chat', content: 'a', room: 'general' })).to.deep.equal({ type: 'chat', content: 'a' });
      expect(read({ type: 'chat', content: 'a', room: 'General' }).room).to.equal('General');
    });

    it('data as it is, whatever its kind', () => {
      const data = { n: [1, -2.5, 1e300], s: '\0\u2028😀\uFFFD', t: true, f: false, z: null, o: { '': {} } };
      expect(read({ type: 'chat', data }).data).to.deep.equal(data);
    });

    it("text as it is: control characters, separators and markup are the client side's matter", () => {
      const content = '\0\x1B[31m\u202E\u2028<script>\uFEFF👩‍👩‍👧';
      expect(read({ type: 'chat', content }).content).to.equal(content);
    });
  });

  describe('ignores keys that it does not know', () => {
    const others = { from: 'system', id: '1', timestamp: {}, fromId: 'x', total: 3, user: [], '': 1, ack: true };
    const variants = { Type: 'x', CONTENT: 5, Room: 5, TO: 5, Data: 5, clientmsgid: 5, ClientMsgId: 5, ' type': 5 };
    for (const [key, value] of Object.entries({ ...others, ...variants, toString: 1, constructor: 1, prototype: 1 })) {
      it(`"${key}"`, () => {
        expect(read({ type: 'chat', content: 'a', [key]: value })).to.deep.equal({ type: 'chat', content: 'a' });
      });
    }

    it('"token", of any kind, on another type than auth', () => {
      for (const token of [5, {}, [], true]) {
        expect(read({ type: 'chat', content: 'a', token })).to.deep.equal({ type: 'chat', content: 'a' });
      }
    });
  });

  describe('takes null for absent', () => {
    for (const key of ['room', 'to', 'data', 'key', 'token', 'clientMsgId', 'timestamp']) {
      it(`"${key}"`, () => {
        expect(read({ type: 'chat', content: 'a', [key]: null })).to.deep.equal({ type: 'chat', content: 'a' });
      });
    }
    it('"content", beside data', () => {
      expect(read({ type: 'chat', content: null, data: 1 })).to.deep.equal({ type: 'chat', data: 1 });
    });
    it('"type": it is missing', () => refuses({ type: null }, 'invalid_message', 'no_type'));
    it('"content" and "data" of a chat: it is empty', () => {
      refuses({ type: 'chat', content: null, data: null }, 'invalid_message', 'empty');
    });
    it('"token" of an auth: it is missing', () => {
      refuses({ type: 'auth', token: null }, 'invalid_message', 'no_token');
    });
    it('"to" beside a room', () => {
      expect(read({ type: 'chat', content: 'a', to: null, room: 'r' })).to.deep.equal({
        type: 'chat',
        content: 'a',
        room: 'r',
      });
    });
  });

  describe('refuses what is no message', () => {
    for (const raw of [
      null,
      undefined,
      true,
      0,
      1,
      'chat',
      '',
      [],
      [{ type: 'chat' }],
      Buffer.from('{}'),
      () => ({}),
    ]) {
      it(`${show(raw)} is no object`, () => refuses(raw, 'invalid_message', 'not_object'));
    }
    for (const raw of [{}, { content: 'a' }, { Type: 'chat' }, { TYPE: 'chat' }, { type: undefined }]) {
      it(`${show(raw)} has no type`, () => refuses(raw, 'invalid_message', 'no_type'));
    }
  });

  describe('refuses a key of another kind than text', () => {
    for (const key of ['type', 'content', 'room', 'to', 'key', 'clientMsgId']) {
      for (const value of [0, 1, true, false, [], ['a'], {}, { toString: 'a' }]) {
        it(`${key}: ${show(value)}`, () => {
          refuses({ type: 'chat', content: 'a', [key]: value }, 'invalid_message', 'not_text', key);
        });
      }
    }
  });

  describe('refuses types', () => {
    const unknown = [
      '',
      ' ',
      'Chat',
      'CHAT',
      'chat ',
      ' chat',
      'chat\0',
      'сhat',
      'message',
      'ping',
      'userList',
      'connect',
    ];
    const inherited = ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'prototype', 'valueOf'];
    for (const type of [...unknown, ...inherited, 'x'.repeat(10_000)]) {
      it(`${show(type)} is unknown_type`, () => refuses({ type, content: 'a' }, 'unknown_type'));
    }
    for (const type of ['system', 'user_joined', 'user_left', 'ack', 'error']) {
      it(`${type} is forbidden_type`, () => refuses({ type, content: 'a' }, 'forbidden_type'));
    }
    it('does not repeat an unknown type to anybody', () => {
      const refusal = refusalOf(() => read({ type: '<script>' }));
      expect(refusal.text('es') + refusal.text('en')).not.to.include('script');
    });
  });

  describe('clientMsgId', () => {
    for (const id of ['a', '0', ' ', '~', 'm-1', '"', '\\', '{}', '$&', '__proto__', 'x'.repeat(64)]) {
      it(`takes ${show(id)}`, () => {
        expect(read({ type: 'heartbeat', clientMsgId: id }).clientMsgId).to.equal(id);
      });
    }
    for (const id of ['', 'x'.repeat(65), 'ñ', '😀', 'a\n', '\na', '\t', '\0', '\x7F', '\x1F', '\u00A0', 'a\u200B']) {
      it(`refuses ${show(id)}, and does not give it back`, () => {
        const refusal = refusalOf(() => read({ type: 'heartbeat', clientMsgId: id }));
        expectRefusal(refusal, 'invalid_message', 'client_msg_id');
        expect(refusal.clientMsgId).to.equal(undefined);
      });
    }
  });

  describe('rooms and addressees', () => {
    for (const room of ['', ' ', 'a b', 'ñ', 'a,b', 'a\n', '#a', 'x'.repeat(129)]) {
      for (const type of ['chat', 'join', 'leave', 'user_list', 'heartbeat']) {
        it(`${type} with the room ${show(room)} is invalid_room`, () => {
          refuses({ type, content: 'a', room }, 'invalid_room');
        });
      }
    }
    for (const room of ['sala-1', 'general', '', 'a b']) {
      it(`"to" together with the room ${show(room)} is invalid_message`, () => {
        refuses({ type: 'chat', content: 'a', to: 'u', room }, 'invalid_message', 'to_and_room');
      });
    }
  });

  describe('what a type asks for', () => {
    for (const type of ['chat', 'notification']) {
      it(`${type} has content or data`, () => refuses({ type }, 'invalid_message', 'empty'));
    }
    for (const token of [undefined, '', 5, {}, [], true]) {
      it(`auth has a token: not ${show(token)}`, () => refuses({ type: 'auth', token }, 'invalid_message', 'no_token'));
    }
  });

  describe('nesting', () => {
    const kinds: [what: string, data: (depth: number) => unknown][] = [
      ['arrays', (depth) => nested(depth)],
      ['objects', nestedObjects],
    ];
    for (const [what, data] of kinds) {
      it(`of 16 levels is accepted, the message itself being the first (${what})`, () => {
        expect(read({ type: 'chat', data: data(15) }).type).to.equal('chat');
      });
      it(`of 17 levels is refused (${what})`, () => {
        refuses({ type: 'chat', data: data(16) }, 'invalid_message', 'too_deep', 16);
      });
    }
    it('counts levels, not values: text and numbers at the 16th are fine', () => {
      const data = JSON.parse(`${'['.repeat(15)}"a",1,null,true${']'.repeat(15)}`);
      expect(read({ type: 'chat', data }).data).to.deep.equal(data);
    });
    it('counts below keys that are ignored, too', () => {
      refuses({ type: 'chat', content: 'a', other: nested(16) }, 'invalid_message', 'too_deep', 16);
      refuses({ type: 'chat', content: 'a', timestamp: nested(16) }, 'invalid_message', 'too_deep', 16);
    });
    it('finds the one deep branch among many', () => {
      refuses({ type: 'chat', data: [[], {}, [[1]], { a: nested(15) }] }, 'invalid_message', 'too_deep', 16);
    });
    for (const max of [1, 2, 3, 1000]) {
      it(`is held to the setting: ${max}`, () => {
        const limits = { ...LIMITS, maxJsonDepth: max };
        expect(decode({ type: 'chat', content: 'a', data: max > 1 ? nested(max - 1) : 1 }, limits).type).to.equal(
          'chat',
        );
        const refusal = refusalOf(() => decode({ type: 'chat', data: nested(max) }, limits));
        expectRefusal(refusal, 'invalid_message', 'too_deep', max);
      });
    }
  });

  describe('the key "__proto__"', () => {
    const places = [
      '{"type":"chat","content":"a","__proto__":{}}',
      '{"type":"chat","content":"a","__proto__":null}',
      '{"type":"chat","content":"a","__proto__":1}',
      '{"__proto__":{"type":"chat","content":"a"}}',
      '{"type":"chat","data":{"__proto__":{"admin":true}}}',
      '{"type":"chat","data":[[{"__proto__":[]}]]}',
      '{"type":"chat","data":{"a":{"b":{"__proto__":"x"}}}}',
      '{"type":"chat","content":"a","ignored":{"__proto__":1}}',
      '{"type":"chat","data":{"\\u005f_proto__":1}}',
    ];
    for (const text of places) {
      it(`is refused: ${text}`, () => {
        expectRefusal(
          refusalOf(() => readText(text)),
          'invalid_message',
          'proto',
        );
        expect(Object.keys(Object.prototype)).to.deep.equal([]);
      });
    }
    it('is fine as a text', () => {
      expect(read({ type: 'chat', content: '__proto__', data: ['__proto__'] }).content).to.equal('__proto__');
    });
    it('has no kin: "constructor" and "prototype" are keys like others', () => {
      const data = { constructor: { prototype: 1 }, hasOwnProperty: 2, toString: 3 };
      expect(read({ type: 'chat', data }).data).to.deep.equal(data);
    });
  });

  describe('lone surrogates', () => {
    const places: Record<string, object> = {
      'in content': { type: 'chat', content: `a${LONE}` },
      'in the type': { type: `chat${LONE}`, content: 'a' },
      'in the room': { type: 'join', room: LONE },
      'in the addressee': { type: 'chat', content: 'a', to: LONE },
      'in the token': { type: 'auth', token: LONE },
      'in clientMsgId': { type: 'chat', content: 'a', clientMsgId: LONE },
      'in data': { type: 'chat', data: LONE },
      'deep in data': { type: 'chat', data: [{ a: [`\uDE00${LONE}`] }] },
      'in a key of data': { type: 'chat', data: { [LONE]: 1 } },
      'in a deep key': { type: 'chat', data: [{ a: { [`a${LONE}`]: 1 } }] },
      'in a key that is ignored': { type: 'chat', content: 'a', [LONE]: 1 },
      'in the value of a key that is ignored': { type: 'chat', content: 'a', other: LONE },
    };
    for (const [where, raw] of Object.entries(places)) {
      it(`are refused ${where}`, () => refuses(raw, 'invalid_message', 'ill_formed'));
    }
    it('are found where JSON escapes them', () => {
      expectRefusal(
        refusalOf(() => readText('{"type":"chat","content":"\\ud83d"}')),
        'invalid_message',
        'ill_formed',
      );
    });
    it('in pairs are characters like others, escaped or not', () => {
      expect(readText('{"type":"chat","content":"\\ud83d\\ude00😀"}').content).to.equal('😀😀');
    });
  });

  describe('binary', () => {
    const values = { Buffer: Buffer.from('a'), Uint8Array: new Uint8Array(1), ArrayBuffer: new ArrayBuffer(1) };
    for (const [what, value] of Object.entries({ ...values, DataView: new DataView(new ArrayBuffer(1)) })) {
      it(`${what} is refused in data, at any level`, () => {
        refuses({ type: 'chat', data: value }, 'invalid_message', 'binary');
        refuses({ type: 'chat', data: { a: [value] } }, 'invalid_message', 'binary');
        refuses({ type: 'chat', content: 'a', other: value }, 'invalid_message', 'binary');
      });
    }
  });

  describe('gives the first refusal of the order: shape, type, what the type asks for', () => {
    const cases: [what: string, raw: object, code: ErrorCode, detail?: Detail, value?: string | number][] = [
      ['a wrong kind before an unknown type', { type: 'nope', content: 5 }, 'invalid_message', 'not_text', 'content'],
      ['a wrong kind before a forbidden type', { type: 'system', to: 5 }, 'invalid_message', 'not_text', 'to'],
      ['nesting before an unknown type', { type: 'nope', data: nested(16) }, 'invalid_message', 'too_deep', 16],
      ['ill-formed text before an unknown type', { type: 'nope', data: LONE }, 'invalid_message', 'ill_formed'],
      ['ill-formed text before a missing type', { data: LONE }, 'invalid_message', 'ill_formed'],
      [
        'a bad clientMsgId before an unknown type',
        { type: 'nope', clientMsgId: '' },
        'invalid_message',
        'client_msg_id',
      ],
      [
        'a bad clientMsgId before a forbidden type',
        { type: 'ack', clientMsgId: 'ñ' },
        'invalid_message',
        'client_msg_id',
      ],
      ['a bad clientMsgId before emptiness', { type: 'chat', clientMsgId: '' }, 'invalid_message', 'client_msg_id'],
      ['an unknown type before emptiness', { type: 'nope' }, 'unknown_type'],
      ['a forbidden type before a bad room', { type: 'ack', room: 'a b' }, 'forbidden_type'],
      ['a bad room before emptiness', { type: 'chat', room: 'a b' }, 'invalid_room'],
      ['two addressees before emptiness', { type: 'chat', to: 'u', room: 'r' }, 'invalid_message', 'to_and_room'],
    ];
    for (const [what, raw, code, detail, value] of cases) it(what, () => refuses(raw, code, detail, value));
  });

  describe('keeps a valid clientMsgId on every refusal', () => {
    const refused: [what: string, raw: object][] = [
      ['no type', {}],
      ['a wrong kind', { type: 'chat', content: 5 }],
      ['an unknown type', { type: 'nope' }],
      ['a forbidden type', { type: 'system' }],
      ['nesting', { type: 'chat', data: nested(16) }],
      ['__proto__', JSON.parse('{"type":"chat","__proto__":1}')],
      ['a lone surrogate', { type: 'chat', content: LONE }],
      ['binary', { type: 'chat', data: Buffer.from('a') }],
      ['a bad room', { type: 'join', room: 'a b' }],
      ['two addressees', { type: 'chat', content: 'a', to: 'u', room: 'r' }],
      ['no token', { type: 'auth' }],
      ['emptiness', { type: 'chat' }],
    ];
    for (const [what, raw] of refused) {
      it(what, () => {
        const withId = (id: unknown) => refusalOf(() => read({ ...raw, clientMsgId: id })).clientMsgId;
        expect(withId('m-1')).to.equal('m-1');
        for (const id of ['', 'ñ', LONE, 'x'.repeat(65), 5, null, undefined, {}])
          expect(withId(id)).to.equal(undefined);
      });
    }
  });

  it('gives a request of its own: nothing of an envelope that is not asked for', () => {
    const types: ClientType[] = ['chat', 'notification', 'heartbeat', 'user_list', 'join', 'leave', 'auth'];
    const raw = { content: 'a', room: 'r', data: 1, key: 'k', token: 't', clientMsgId: 'm', from: 'x', more: 1 };
    for (const type of types) {
      expect(read({ type, ...raw })).to.have.all.keys('type', 'content', 'room', 'data', 'key', 'token', 'clientMsgId');
    }
  });
});
