import { expect } from 'chai';
import type { Detail, ErrorCode } from '../../src/protocol/errors.ts';
import { isRoomName, parseUserId, parseUsername } from '../../src/protocol/name.ts';
import { expectRefusal, refusalOf } from '../support/refusals.ts';

const show = (value: unknown) =>
  typeof value === 'string' && value.length > 40 ? `${value.length} units` : (JSON.stringify(value) ?? String(value));
const hex = (character: string) => `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;

// Control characters, separators, bidirectional controls and the byte order mark: a name may be mistaken for another's.
const FORBIDDEN = [
  ...['\0', '\x07', '\t', '\n', '\v', '\f', '\r', '\x1B', '\x1F', '\x7F', '\x80', '\x85', '\x9B', '\x9F'],
  ...['\u2028', '\u2029'],
  ...['\u061C', '\u200E', '\u200F', '\u202A', '\u202B', '\u202C', '\u202D', '\u202E'],
  ...['\u2066', '\u2067', '\u2068', '\u2069'],
  '\uFEFF',
];
const SURROGATES: [what: string, name: string][] = [
  ['a high one', 'a\uD83Db'],
  ['a low one', 'a\uDE00b'],
  ['a high one at the end', 'a\uD83D'],
  ['a pair the wrong way round', '\uDE00\uD83D'],
];
const BLANK = [undefined, null, '', ' ', '   ', '\t\n', '\u00A0', '\u3000', '\uFEFF', '\u2028'];

const SYSTEM: [what: string, name: string][] = [
  ['as it is', 'system'],
  ['in capitals', 'SYSTEM'],
  ['in mixed case', 'sYsTeM'],
  ['between spaces', '  System  '],
  ['full-width', 'ｓｙｓｔｅｍ'],
  ['full-width capitals', 'ＳＹＳＴＥＭ'],
  ['mathematical bold', '𝐬𝐲𝐬𝐭𝐞𝐦'],
  ['mathematical script capitals', '𝒮𝒴𝒮𝒯ℰℳ'],
  ['circled', 'ⓢⓨⓢⓣⓔⓜ'],
  ['squared capitals', '🅂🅈🅂🅃🄴🄼'],
  ['superscript', 'ˢʸˢᵗᵉᵐ'],
  ['with a long s', 'ſyſtem'],
  ['with a small capital s', 'ꜱyꜱtem'],
  ['with the ligature st', 'syﬆem'],
  ['Cyrillic', 'ѕуѕтем'],
  ['partly Cyrillic', 'ѕуѕtem'],
  ['Cyrillic capitals', 'ЅУЅТЕМ'],
  ['with a straight Cyrillic u', 'ѕүѕтем'],
  ['with a Cyrillic yo', 'sуstёm'],
  ['partly Greek', 'sγsτεm'],
  ['partly Greek capitals', 'SΥSΤΕΜ'],
  ['with a Greek hooked upsilon', 'SϒSTEM'],
  ['with the micro sign', 'systeµ'],
  ['spaced', 'S Y S T E M'],
  ['spaced with no-break spaces', 's\u00A0y\u00A0s\u00A0t\u00A0e\u00A0m'],
  ['spaced with thin and ideographic spaces', 's\u2009y\u3000stem'],
  ['with zero-width spaces', 'sys\u200Btem'],
  ['with zero-width joiners', 'sy\u200Ds\u200Ctem'],
  ['with word joiners', '\u2060system\u2060'],
  ['with soft hyphens', 'sys\u00ADtem'],
  ['with a Mongolian vowel separator', 'sys\u180Etem'],
  ['with tags', 'system\u{E0073}\u{E007F}'],
  ['with a variation selector', 'system\uFE0F'],
  ['with a combining grapheme joiner', 'sys\u034Ftem'],
  ['with a Hangul filler', 'sys\u3164tem'],
  ['all at once', ' Ｓ\u200Bу \u00ADѕ τ\u2060ЕＭ '],
];
const NOT_SYSTEM = ['systems', 'the system', 'syste', 'sistema', 'Sysadmin', 'метсус', 'system.', 'system-1', 'ystem'];

interface Kind {
  name: string;
  parse: (raw: unknown) => string | undefined;
  code: ErrorCode;
  max: number;
}

const KINDS: Kind[] = [
  { name: 'parseUsername', parse: parseUsername, code: 'invalid_username', max: 64 },
  { name: 'parseUserId', parse: parseUserId, code: 'invalid_user_id', max: 128 },
];

for (const { name, parse, code, max } of KINDS) {
  describe(name, () => {
    const refuses = (raw: unknown, detail: Detail) => {
      it(`${show(raw)} is ${code}: ${detail}`, () => {
        expectRefusal(
          refusalOf(() => parse(raw)),
          code,
          detail,
          max,
        );
      });
    };

    describe('takes a blank one for none', () => {
      for (const raw of BLANK) it(show(raw), () => expect(parse(raw)).to.equal(undefined));
    });

    describe('keeps what was given, trimmed', () => {
      const given: [raw: string, kept: string][] = [
        ['Ana', 'Ana'],
        ['  Ana\t', 'Ana'],
        ['\u3000Ana\u00A0', 'Ana'],
        ['\uFEFFAna', 'Ana'],
        ['ana', 'ana'],
        ['Usuario1', 'Usuario1'],
        ['李雷', '李雷'],
        ['e\u0301', 'e\u0301'],
        ['ﬁn', 'ﬁn'],
        ['👩‍👩‍👧', '👩‍👩‍👧'],
        ['می‌خواهم', 'می‌خواهم'],
        ['<b>&"\'', '<b>&"\''],
        ['__proto__', '__proto__'],
        ['null', 'null'],
        ['$&', '$&'],
      ];
      for (const [raw, kept] of given) it(show(raw), () => expect(parse(raw)).to.equal(kept));
    });

    describe(`counts code points, up to ${max}`, () => {
      const long: [what: string, letter: string][] = [
        ['ASCII', 'a'],
        ['two bytes', 'ñ'],
        ['two UTF-16 units', '😀'],
      ];
      for (const [what, letter] of long) {
        it(`takes ${max} of ${what}`, () => expect(parse(letter.repeat(max))).to.equal(letter.repeat(max)));
        it(`refuses ${max + 1} of ${what}`, () => {
          expectRefusal(
            refusalOf(() => parse(letter.repeat(max + 1))),
            code,
            'name_length',
            max,
          );
        });
      }
      it('does not count what is trimmed', () => {
        expect(parse(`${' '.repeat(200)}${'a'.repeat(max)}${' '.repeat(200)}`)).to.equal('a'.repeat(max));
      });
      it('refuses a megabyte', () => {
        expectRefusal(
          refusalOf(() => parse('a'.repeat(1_048_576))),
          code,
          'name_length',
          max,
        );
      });
    });

    describe('refuses characters that deceive', () => {
      for (const character of FORBIDDEN) {
        it(hex(character), () => {
          expectRefusal(
            refusalOf(() => parse(`a${character}b`)),
            code,
            'name_characters',
            max,
          );
        });
      }
      for (const [what, raw] of SURROGATES) {
        it(`a lone surrogate: ${what}`, () => {
          expectRefusal(
            refusalOf(() => parse(raw)),
            code,
            'name_characters',
            max,
          );
        });
      }
    });

    describe('refuses what reads "system"', () => {
      for (const [what, raw] of SYSTEM) {
        it(what, () =>
          expectRefusal(
            refusalOf(() => parse(raw)),
            code,
            'name_reserved',
            max,
          ),
        );
      }
    });

    describe('refuses what is no text', () => {
      for (const raw of [true, false, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, {}, [], ['Ana'], [[]]]) {
        refuses(raw, 'name_text');
      }
    });
  });
}

describe('parseUsername', () => {
  for (const name of NOT_SYSTEM) it(`takes ${show(name)}`, () => expect(parseUsername(name)).to.equal(name));

  for (const name of ['Ana María', 'a b c', 'a\u00A0b', 'a\u3000b']) {
    it(`takes spaces inside: ${show(name)}`, () => expect(parseUsername(name)).to.equal(name));
  }

  for (const raw of [0, 1, -1, 42]) {
    it(`the number ${raw} is invalid_username`, () => {
      expectRefusal(
        refusalOf(() => parseUsername(raw)),
        'invalid_username',
        'name_text',
      );
    });
  }
});

describe('parseUserId', () => {
  const integers: [raw: number, id: string][] = [
    [0, '0'],
    [-0, '0'],
    [42, '42'],
    [-7, '-7'],
    [9007199254740991, '9007199254740991'],
  ];
  for (const [raw, id] of integers) {
    it(`reads the integer ${raw} as "${id}"`, () => expect(parseUserId(raw)).to.equal(id));
  }

  for (const raw of ['a b', 'a\u00A0b', 'a\u2003b', 'a\u3000b', 'a\u1680b']) {
    it(`${show(raw)} is invalid_user_id: spaces inside`, () => {
      expectRefusal(
        refusalOf(() => parseUserId(raw)),
        'invalid_user_id',
        'name_spaces',
      );
    });
  }
});

describe('isRoomName', () => {
  const names = ['a', 'A', '0', '_', '-', '.', ':', '/', '@', 'sala-1', 'user:42', 'a/b/c', 'x@y.z', '..', '__proto__'];
  for (const name of [...names, 'General', 'a'.repeat(128)]) {
    it(`takes ${show(name)}`, () => expect(isRoomName(name)).to.equal(true));
  }

  const others = [
    '',
    ' ',
    'a b',
    ' a',
    'a ',
    'a\n',
    '\na',
    'a\0',
    'ñ',
    'а',
    'a,b',
    '#a',
    'a+b',
    'a*',
    '\\',
    '"',
    "'",
    '<',
  ];
  for (const name of [...others, '😀', 'a\u200B', 'ａ', '\uD800', 'a'.repeat(129)]) {
    it(`refuses ${show(name)}`, () => expect(isRoomName(name)).to.equal(false));
  }

  it('takes exactly 67 characters of the 65,536 of the basic plane', () => {
    const taken = Array.from({ length: 65_536 }, (_, code) => String.fromCharCode(code)).filter(isRoomName);
    expect(taken.join('')).to.equal('-./0123456789:@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz');
  });
});
