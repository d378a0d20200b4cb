import { expect } from 'chai';
import { Decoder, Encoder, type Packet, PacketType } from 'socket.io-parser';
import { encodeEvent, eventToMessage, notingParser } from '../../src/transport/event.ts';
import { expectRefusal, refusalOf } from '../support/refusals.ts';

const show = (value: unknown) => JSON.stringify(value)?.slice(0, 70) ?? String(value);

describe('notingParser', () => {
  /** Decodes chunks. @returns the packets, each with the size noted of it */
  const decode = (...chunks: unknown[]): [Packet, number][] => {
    const parser = notingParser();
    const decoder = new parser.Decoder();
    const packets: [Packet, number][] = [];
    decoder.on('decoded', (packet: Packet) => packets.push([packet, parser.noteOf(packet.data).bytes]));
    for (const chunk of chunks) decoder.add(chunk);
    return packets;
  };

  it('encodes as Socket.IO does', () => {
    expect(notingParser().Encoder).to.equal(Encoder);
  });

  const packets = [
    '2["chat"]',
    '2["chat",{"content":"Hola"}]',
    '2["chat",{"content":"ñ😀"}]',
    '2/chat,17["chat","a"]',
    '2[5]',
  ];
  for (const text of packets) {
    it(`decodes ${text} as Socket.IO does, and notes its ${Buffer.byteLength(text)} bytes`, () => {
      const theirs: Packet[] = [];
      const decoder = new Decoder();
      decoder.on('decoded', (packet: Packet) => theirs.push(packet));
      decoder.add(text);
      expect(decode(text)).to.deep.equal([[theirs[0], Buffer.byteLength(text)]]);
    });
  }

  it('notes the size of each of several', () => {
    const sizes = decode('2["a"]', '2["bb"]', '2["ccc"]').map(([, size]) => size);
    expect(sizes).to.deep.equal([6, 7, 8]);
  });

  it('counts attachments with the packet that they belong to', () => {
    const encoded = new Encoder().encode({
      type: PacketType.EVENT,
      nsp: '/',
      data: ['chat', { data: Buffer.alloc(1000), more: [Buffer.alloc(24)] }],
    });
    const [head] = encoded as [string, ...Buffer[]];
    const [[packet, size]] = decode(...encoded, '2["a"]') as [[Packet, number]];
    expect(size).to.equal(Buffer.byteLength(head) + 1024);
    expect((packet.data as [string, { data: Buffer }])[1].data).to.have.lengthOf(1000);
  });

  it('notes what an answer has to carry, where one is wanted', () => {
    const parser = notingParser();
    const decoder = new parser.Decoder();
    const ids: unknown[] = [];
    decoder.on('decoded', ({ data }: Packet) => ids.push(parser.noteOf(data).answerId));
    for (const text of ['20["chat"]', '2/chat,17["chat"]', '2["chat"]']) decoder.add(text);
    expect(ids).to.deep.equal([0, 17, undefined]);
  });

  it('begins anew after attachments', () => {
    const encoded = new Encoder().encode({ type: PacketType.EVENT, nsp: '/', data: ['chat', Buffer.alloc(1000)] });
    expect(decode(...encoded, '2["a"]')[1]![1]).to.equal(6);
  });

  it('keeps decoders apart', () => {
    const parser = notingParser();
    const sizes: number[] = [];
    const [one, other] = [new parser.Decoder(), new parser.Decoder()];
    for (const decoder of [one, other])
      decoder.on('decoded', ({ data }: Packet) => sizes.push(parser.noteOf(data).bytes));
    one.add('51-["chat",{"_placeholder":true,"num":0}]');
    other.add('2["a"]');
    one.add(Buffer.alloc(10));
    expect(sizes).to.deep.equal([6, 51]);
  });

  it('takes packets without an event, and knows no size of what it has not decoded', () => {
    expect(decode('0', '1', '2').map(([, size]) => size)).to.deep.equal([0, 0, 0]);
    expect(decode('0{"username":"Ana"}')[0]![0].data).to.deep.equal({ username: 'Ana' });
    expect(notingParser().noteOf(['chat'])).to.deep.equal({ bytes: 0, answerId: undefined });
  });

  for (const broken of ['x', '2{', '2["connect"]', '2[{}]', '9["a"]', '51-["a"', '2["disconnect",1]']) {
    it(`leaves it to Socket.IO to refuse ${show(broken)}`, () => {
      expect(() => decode(broken)).to.throw(Error);
    });
  }
});

describe('eventToMessage', () => {
  const cases: [what: string, name: unknown, args: unknown[], message: unknown][] = [
    ['the type', 'chat', [{ content: 'a' }], { content: 'a', type: 'chat' }],
    [
      'the type, whatever type the object names',
      'chat',
      [{ type: 'ack', content: 'a' }],
      { type: 'chat', content: 'a' },
    ],
    ['all there is, without argument', 'heartbeat', [], { type: 'heartbeat' }],
    ['all there is, before undefined', 'heartbeat', [undefined], { type: 'heartbeat' }],
    ['all there is, before null', 'heartbeat', [null], { type: 'heartbeat' }],
    ['the type of a text', 'chat', ['a'], { type: 'chat', content: 'a' }],
    ['the type of an empty text', 'chat', [''], { type: 'chat', content: '' }],
    ['the type, unknown or not', 'nope', [{}], { type: 'nope' }],
    ['the type, number or not', 5, [{}], { type: 5 }],
    ['of send() with a text: a chat', 'message', ['a'], { type: 'chat', content: 'a' }],
    ['of send() with an empty text: a chat', 'message', [''], { type: 'chat', content: '' }],
    ['of send() with an object: as it is', 'message', [{ type: 'join', room: 'r' }], { type: 'join', room: 'r' }],
    ['of send() with an object without type: as it is', 'message', [{ content: 'a' }], { content: 'a' }],
    ['of send() with nothing: nothing', 'message', [], {}],
    ['beside a number: no message', 'chat', [5], 5],
    ['beside false: no message', 'chat', [false], false],
    ['beside an array: no message', 'chat', [[{ content: 'a' }]], [{ content: 'a' }]],
    ['of send() with an array: no message', 'message', [['a']], ['a']],
  ];
  for (const [what, name, args, message] of cases) {
    it(`the name ${show(name)} is ${what} (${show(args)})`, () => {
      expect(eventToMessage(name, args)).to.deep.equal(message);
    });
  }

  it('leaves binary as it is, for decode to refuse', () => {
    const binary = Buffer.from('a');
    expect(eventToMessage('chat', [binary])).to.equal(binary);
    expect(eventToMessage('message', [binary])).to.equal(binary);
  });

  it('leaves a key __proto__ where decode sees it', () => {
    const argument: unknown = JSON.parse('{"content":"a","__proto__":{"admin":true}}');
    expect(JSON.stringify(eventToMessage('chat', [argument]))).to.include('"__proto__":{"admin":true}');
  });

  it('leaves the argument as it was', () => {
    const argument = { type: 'ack', content: 'a' };
    eventToMessage('chat', [argument]);
    expect(argument).to.deep.equal({ type: 'ack', content: 'a' });
  });

  for (const args of [
    ['a', 'b'],
    [{}, null],
    [{}, undefined],
    [1, 2, 3],
  ]) {
    it(`more than one argument is invalid_message: ${show(args)}`, () => {
      for (const name of ['chat', 'message']) {
        expectRefusal(
          refusalOf(() => eventToMessage(name, args)),
          'invalid_message',
          'arguments',
        );
      }
    });
  }
});

describe('encodeEvent', () => {
  const json = '{"type":"chat","content":"ñ😀\\n"}';
  const cases: [namespace: string, name: string, packet: string][] = [
    ['/', 'chat', `2["chat",${json}]`],
    ['/chat', 'chat', `2/chat,["chat",${json}]`],
    ['/a/b', 'user_list', `2/a/b,["user_list",${json}]`],
    ['/', 'a"b\\', `2["a\\"b\\\\",${json}]`],
  ];
  for (const [namespace, name, packet] of cases) {
    it(`writes ${show(name)} to ${namespace}, byte for byte as Socket.IO does`, () => {
      expect(encodeEvent(namespace, name, [json]).join('')).to.equal(packet);
      const data = [name, JSON.parse(json) as unknown];
      expect(new Encoder().encode({ type: PacketType.EVENT, nsp: namespace, data })).to.deep.equal([packet]);
    });
  }
});
