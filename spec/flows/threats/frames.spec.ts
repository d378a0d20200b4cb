import { deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import type { Door } from '../../support/client.ts';
import { unique } from '../../support/messages.ts';
import { closing, encode, type Frame, upgradeRequest } from '../../support/tcp.ts';
import { type Scene, survivesByDoor } from './scene.ts';
import { packet, targetOf } from './wire.ts';

/** A peer that does not answer a close need not be waited for. */
const SETTINGS = { closeTimeout: 100 };
const MIB = 1024 ** 2;

/** The cases of RFC 6455, sections 5.1 to 5.5 and 7.4; numbers are those of Autobahn's suite where it has them. */
const BROKEN: Record<string, Frame[]> = {
  'an unmasked text': [{ opcode: 1, payload: '{}', masked: false }],
  'an unmasked empty text': [{ opcode: 1, masked: false }],
  'an unmasked ping': [{ opcode: 9, masked: false }],
  'an unmasked close': [{ opcode: 8, payload: closing(1000), masked: false }],
  '3.1 RSV1 without an extension': [{ opcode: 1, payload: '{}', reserved: 0x40 }],
  '3.2 RSV2': [{ opcode: 1, payload: '{}', reserved: 0x20 }],
  '3.3 RSV1 and RSV2': [{ opcode: 1, payload: '{}', reserved: 0x60 }],
  '3.4 RSV3': [{ opcode: 1, payload: '{}', reserved: 0x10 }],
  '3.6 RSV2 and RSV1 on a ping': [{ opcode: 9, reserved: 0x60 }],
  '3.7 all three on a close': [{ opcode: 8, reserved: 0x70 }],
  ...Object.fromEntries([3, 4, 5, 6, 7].map((opcode) => [`4.1 the reserved opcode ${opcode}`, [{ opcode }]])),
  ...Object.fromEntries([11, 12, 13, 14, 15].map((opcode) => [`4.2 the reserved opcode ${opcode}`, [{ opcode }]])),
  '2.5 a ping of 126 bytes': [{ opcode: 9, payload: 'x'.repeat(126) }],
  'a pong of 126 bytes': [{ opcode: 10, payload: 'x'.repeat(126) }],
  '7.3.6 a close of 126 bytes': [{ opcode: 8, payload: closing(1000, 'x'.repeat(124)) }],
  '5.1 a ping in fragments': [{ opcode: 9, fin: false }],
  '5.2 a pong in fragments': [{ opcode: 10, fin: false }],
  'a close in fragments': [{ opcode: 8, fin: false }],
  '5.9 a continuation of nothing': [{ opcode: 0, payload: '{}' }],
  '5.10 an unfinished continuation of nothing': [{ opcode: 0, payload: '{}', fin: false }],
  '5.18 a text between fragments': [
    { opcode: 1, payload: '{', fin: false },
    { opcode: 1, payload: '}' },
  ],
  'a binary frame between fragments': [
    { opcode: 1, payload: '{', fin: false },
    { opcode: 2, payload: '}' },
  ],
  '7.3.2 a close of one byte': [{ opcode: 8, payload: 'x' }],
  ...Object.fromEntries(
    [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map((code) => [
      `7.9 the close code ${code}`,
      [{ opcode: 8, payload: closing(code) }],
    ]),
  ),
};

const NOT_UTF8: Record<string, string> = {
  'a lone continuation byte': '80',
  'a start without its continuation': 'c3',
  'half of a code point': 'e282',
  'an overlong slash': 'c0af',
  'an overlong NUL in four bytes': 'f0808080',
  'an encoded surrogate': 'eda080',
  'a pair of encoded surrogates': 'eda0bdedb880',
  'beyond U+10FFFF': 'f4908080',
  'a byte that never occurs': 'ff',
};

const DECLARED: Record<string, bigint> = {
  'one byte too many': BigInt(MIB + 1),
  '2^31 bytes': 2n ** 31n,
  '2^40 bytes': 2n ** 40n,
  '2^53 bytes': 2n ** 53n,
  '2^63 - 1 bytes': 2n ** 63n - 1n,
  '2^64 - 1 bytes': 2n ** 64n - 1n,
};

describe('threats by frames', () => {
  survivesByDoor(
    (door) => `threat 18: ${door}: a frame that breaks RFC 6455 is closed with 1002`,
    SETTINGS,
    (scene, door) =>
      each(BROKEN, async (frames, what) => {
        expect(await closeCode(scene, door, Buffer.concat(frames.map(encode))), what).to.equal(1002);
      }),
  );

  survivesByDoor(
    (door) => `threat 16: ${door}: a text that is not UTF-8 is closed with 1007`,
    SETTINGS,
    (scene, door) =>
      each(NOT_UTF8, async (hex, what) => {
        const text = Buffer.concat([Buffer.from('"'), Buffer.from(hex, 'hex'), Buffer.from('"')]);
        expect(await closeCode(scene, door, encode({ opcode: 1, payload: text })), what).to.equal(1007);
        const frames = [...text].map((_, at) => encode(piece(text, at)));
        expect(await closeCode(scene, door, Buffer.concat(frames)), `${what}, byte by byte`).to.equal(1007);
      }),
  );

  survivesByDoor(
    (door) => `threat 16: ${door}: a close reason that is not UTF-8 is closed with 1007`,
    SETTINGS,
    (scene, door) =>
      each(NOT_UTF8, async (hex, what) => {
        const payload = closing(1000, Buffer.from(hex, 'hex'));
        expect(await closeCode(scene, door, encode({ opcode: 8, payload })), what).to.equal(1007);
      }),
  );

  survivesByDoor(
    (door) => `threat 16: ${door}: a code point that is cut between two fragments arrives whole`,
    SETTINGS,
    async (scene, door) => {
      const wire = await scene.wire(door);
      const content = scene.expects(`${unique('cut')} 😀ñ€`);
      const text = Buffer.from(packet(door, JSON.stringify({ type: 'chat', content })));
      const frames = [...text].map((_, at) => encode(piece(text, at)));
      wire.tcp.socket.write(Buffer.concat(frames));
      await scene.heard(content);
    },
  );

  survivesByDoor(
    (door) => `threat 11: ${door}: 400,000 empty fragments are closed with 1008`,
    SETTINGS,
    async (scene, door) => {
      const first = encode({ opcode: 1, payload: '"', fin: false });
      const flood = Buffer.alloc(400_000 * 6, encode({ opcode: 0, fin: false }));
      expect(await closeCode(scene, door, Buffer.concat([first, flood]))).to.equal(1008);
    },
  );

  survivesByDoor(
    (door) => `threat 11: ${door}: a message in 10,000 pieces of one byte is closed with 1008`,
    SETTINGS,
    async (scene, door) => {
      const text = Buffer.from(packet(door, JSON.stringify({ type: 'chat', content: 'x'.repeat(10_000) })));
      const frames = [...text].map((_, at) => encode(piece(text, at)));
      expect(await closeCode(scene, door, Buffer.concat(frames))).to.equal(1008);
    },
  );

  survivesByDoor(
    (door) => `threat 11: ${door}: pings between the fragments of a message change nothing`,
    SETTINGS,
    async (scene, door) => {
      const wire = await scene.wire(door);
      const content = scene.expects(unique('pieces'));
      const text = Buffer.from(packet(door, JSON.stringify({ type: 'chat', content })));
      const ping = encode({ opcode: 9, payload: 'x' });
      wire.tcp.socket.write(Buffer.concat([...text].flatMap((_, at) => [encode(piece(text, at)), ping])));
      await scene.heard(content);
    },
  );

  survivesByDoor(
    (door) => `threat 13: ${door}: a length over the limit is closed with 1009 before its payload comes`,
    SETTINGS,
    async (scene, door) => {
      const before = process.memoryUsage().arrayBuffers;
      await each(DECLARED, async (length, what) => {
        expect(await closeCode(scene, door, declaring(length)), what).to.equal(1009);
      });
      expect(process.memoryUsage().arrayBuffers - before, 'bytes allocated').to.be.below(16 * MIB);
    },
  );

  survivesByDoor(
    (door) => `threat 13: ${door}: fragments over the limit together are closed with 1009`,
    SETTINGS,
    async (scene, door) => {
      const payload = 'x'.repeat(MIB / 8);
      const first = encode({ opcode: 1, payload, fin: false });
      const more = encode({ opcode: 0, payload, fin: false });
      expect(await closeCode(scene, door, Buffer.concat([first, ...Array<Buffer>(8).fill(more)]))).to.equal(1009);
    },
  );

  survivesByDoor(
    (door) => `threat 14: ${door}: compression is not agreed to, so that a bomb is a broken frame`,
    SETTINGS,
    async (scene, door) => {
      const tcp = scene.tcp();
      const offer = 'permessage-deflate; client_max_window_bits; server_no_context_takeover';
      tcp.socket.write(upgradeRequest(targetOf(door), { 'Sec-WebSocket-Extensions': offer }));
      expect(await tcp.status()).to.equal(101);
      expect(tcp.answer.toLowerCase()).not.to.include('sec-websocket-extensions');
      const bomb = deflateRawSync(Buffer.alloc(16 * MIB, 'x'));
      tcp.write({ opcode: 1, payload: bomb, reserved: 0x40 });
      expect(await tcp.closed).to.equal(1002);
    },
  );

  survivesByDoor(
    (door) => `threat 12: ${door}: what the server says in a close is text, or nothing`,
    SETTINGS,
    async (scene, door) => {
      const wire = await scene.wire(door);
      wire.tcp.write({ opcode: 2, payload: Buffer.alloc(1000, 0xff) });
      const { payload } = await wire.tcp.frame(({ opcode }) => opcode === 8, 'a close');
      if (door === 'ws') expect(payload).to.deep.equal(closing(1003, 'unsupported_data'));
      else expect(payload, 'Engine.IO closes without a code').to.have.lengthOf(0);
    },
  );
});

/** A connected client writes these bytes; how the server closes it. */
async function closeCode(scene: Scene, door: Door, bytes: Buffer): Promise<number | undefined> {
  const { tcp } = await scene.wire(door);
  tcp.socket.write(bytes);
  return tcp.closed;
}

/** All at once: one does not disturb the other. */
async function each<T>(table: Record<string, T>, play: (value: T, what: string) => Promise<void>): Promise<void> {
  await Promise.all(Object.entries(table).map(([what, value]) => play(value, what)));
}

/** One byte of a text as a fragment of its own. */
function piece(text: Buffer, at: number): Frame {
  return { opcode: at === 0 ? 1 : 0, payload: text.subarray(at, at + 1), fin: at === text.length - 1 };
}

/** The head of a masked text frame that declares this length, and a few bytes of it. */
function declaring(length: bigint): Buffer {
  const head = Buffer.from([0x81, 0xff, ...Array<number>(12).fill(0)]);
  head.writeBigUInt64BE(length, 2);
  return Buffer.concat([head, Buffer.from('{"type":"chat"')]);
}
