import { expect } from 'chai';
import { formatId, parseId } from '../../src/protocol/id.ts';

describe('formatId', () => {
  const cases: [what: string, n: number, timestamp: number, k: number | undefined, id: string][] = [
    ["the document's example", 123, 1699363200, undefined, '20231107132000-123'],
    ["the document's example of a suffix", 125, 1699363200, 1, '20231107132000-125.1'],
    ['N of 0, before anything was published', 0, 1699363200, 7, '20231107132000-0.7'],
    ['a suffix of 0', 5, 1699363200, 0, '20231107132000-5.0'],
    ['the beginning of time', 1, 0, undefined, '19700101000000-1'],
    ['the last second of a year', 1, 1704067199, undefined, '20231231235959-1'],
    ['the first second of the next', 2, 1704067200, undefined, '20240101000000-2'],
    ['a leap day', 1, 1709164800, undefined, '20240229000000-1'],
    ['one figure in each part of the date', 9, 1704171845, undefined, '20240102050405-9'],
    ['after 2038', 1, 4102444800, undefined, '21000101000000-1'],
    ['the greatest N', Number.MAX_SAFE_INTEGER, 1699363200, undefined, '20231107132000-9007199254740991'],
  ];
  for (const [what, n, timestamp, k, id] of cases) {
    it(`writes ${what}: ${id}`, () => {
      expect(formatId(n, timestamp, k)).to.equal(id);
      expect(id).to.match(/^\d{14}-\d+(\.\d+)?$/);
    });
  }

  for (const zone of ['America/Caracas', 'Asia/Kathmandu', 'Pacific/Kiritimati']) {
    it(`writes the date in UTC also where the machine's zone is ${zone}`, () => {
      const before = process.env['TZ'];
      process.env['TZ'] = zone;
      try {
        expect(formatId(1, 1699363200)).to.equal('20231107132000-1');
      } finally {
        if (before === undefined) delete process.env['TZ'];
        else process.env['TZ'] = before;
      }
    });
  }
});

describe('parseId', () => {
  const given: [what: string, id: string, parts: object][] = [
    ["the document's example", '20231107132000-123', { n: 123, timestamp: 1699363200 }],
    ['a suffix', '20231107132000-125.1', { n: 125, timestamp: 1699363200, k: 1 }],
    ['N of 0', '20231107132000-0', { n: 0, timestamp: 1699363200 }],
    ['a suffix of 0', '20231107132000-5.0', { n: 5, timestamp: 1699363200, k: 0 }],
    ['a leap day', '20240229000000-1', { n: 1, timestamp: 1709164800 }],
    ['the greatest N', '20231107132000-9007199254740991', { n: Number.MAX_SAFE_INTEGER, timestamp: 1699363200 }],
  ];
  for (const [what, id, parts] of given) {
    it(`reads ${what}: ${id}`, () => {
      expect(parseId(id)).to.deep.equal(parts);
    });
  }

  it('reads whatever formatId writes', () => {
    for (const n of [0, 1, 999_999, Number.MAX_SAFE_INTEGER]) {
      for (const timestamp of [0, 1, 951_782_399, 1_699_363_200, 4_102_444_800]) {
        for (const k of [undefined, 0, 7]) {
          expect(parseId(formatId(n, timestamp, k))).to.deep.equal({ n, timestamp, ...(k !== undefined && { k }) });
        }
      }
    }
  });

  const none: [what: string, text: string][] = [
    ['nothing', ''],
    ['a word', 'hola'],
    ['a date alone', '20231107132000'],
    ['no date', '-5'],
    ['no N', '20231107132000-'],
    ['a short date', '2023110713200-5'],
    ['a long date', '202311071320000-5'],
    ['a negative N', '20231107132000--5'],
    ['a fraction without figures', '20231107132000-5.'],
    ['two suffixes', '20231107132000-5.1.1'],
    ['N with a leading zero', '20231107132000-05'],
    ['a suffix with a leading zero', '20231107132000-5.01'],
    ['N in hexadecimal', '20231107132000-0x5'],
    ['N with an exponent', '20231107132000-1e3'],
    ['N beyond what a number holds', '20231107132000-9007199254740993'],
    ['a suffix beyond what a number holds', '20231107132000-5.9007199254740993'],
    ['N of far too many figures', `20231107132000-${'9'.repeat(400)}`],
    ['a month 13', '20231307132000-5'],
    ['a day that the month lacks', '20230229000000-5'],
    ['a 24th hour', '20231107240000-5'],
    ['a 60th second', '20231107132060-5'],
    ['space before', ' 20231107132000-5'],
    ['space behind', '20231107132000-5 '],
    ['a line end behind', '20231107132000-5\n'],
    ['figures of another script', '２０２３１１０７１３２０００-5'],
  ];
  for (const [what, text] of none) {
    it(`takes ${what} for no id: ${JSON.stringify(text).slice(0, 40)}`, () => {
      expect(parseId(text)).to.equal(undefined);
    });
  }
});
