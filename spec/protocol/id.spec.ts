import { expect } from 'chai';
import { formatId } from '../../src/protocol/id.ts';

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
