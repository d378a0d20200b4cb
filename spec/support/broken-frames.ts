import { closing, type Frame } from './tcp.ts';

const MIB = 1024 ** 2;

/** The cases of RFC 6455, sections 5.1 to 5.5 and 7.4; numbers are those of Autobahn's suite where it has them. */
export const BROKEN: Record<string, Frame[]> = {
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

export const NOT_UTF8: Record<string, string> = {
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

export const DECLARED: Record<string, bigint> = {
  'one byte too many': BigInt(MIB + 1),
  '2^31 bytes': 2n ** 31n,
  '2^40 bytes': 2n ** 40n,
  '2^53 bytes': 2n ** 53n,
  '2^63 - 1 bytes': 2n ** 63n - 1n,
  '2^64 - 1 bytes': 2n ** 64n - 1n,
};

/** The head of a masked text frame that declares this length, and a few bytes of it. */
export function declaring(length: bigint): Buffer {
  const head = Buffer.from([0x81, 0xff, ...Array<number>(12).fill(0)]);
  head.writeBigUInt64BE(length, 2);
  return Buffer.concat([head, Buffer.from('{"type":"chat"')]);
}
