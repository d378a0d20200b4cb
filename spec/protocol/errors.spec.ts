import { readFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  CLOSES,
  type CloseName,
  DETAILS,
  type Detail,
  ERRORS,
  type ErrorCode,
  FINAL_CLOSE,
  Refusal,
  toRefusal,
} from '../../src/protocol/errors.ts';

const protocol = readFileSync(join(import.meta.dirname, '../../PROTOCOL.md'), 'utf8');
const codes = Object.keys(ERRORS) as ErrorCode[];
const details = Object.keys(DETAILS) as Detail[];
const closes = Object.keys(CLOSES) as CloseName[];

/** The cells of each row of a table of PROTOCOL.md, found by the beginning of its heading. */
function rowsOf(heading: RegExp): string[][] {
  const lines = protocol.split('\n');
  const start = lines.findIndex((line) => heading.test(line));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
}

const wordsIn = (cell = '') => [...cell.matchAll(/`(\w+)`/g)].map(([, word]) => word!);

describe('ERRORS', () => {
  for (const code of codes) {
    it(`${code} has words in both languages, a status, and retryable exactly where waiting helps`, () => {
      const { status, retryable, es, en } = ERRORS[code];
      expect(es.trim()).not.to.equal('');
      expect(en.trim()).not.to.equal('');
      expect(es).not.to.equal(en);
      expect(status).to.be.within(400, 599);
      expect(STATUS_CODES).to.have.property(String(status));
      expect(retryable).to.equal(status === 429 || status >= 500);
      expect(code).to.match(/^[a-z]+(_[a-z]+)*$/);
    });
  }

  it('has each code of the table of section 4.3, with its retryable', () => {
    const rows = rowsOf(/^\| code +\| retryable \| when/);
    expect(rows.length).to.be.greaterThan(10);
    for (const [names, retryable] of rows) {
      for (const name of wordsIn(names)) expect(String(ERRORS[name as ErrorCode]?.retryable), name).to.equal(retryable);
    }
  });

  it('has each refused connection of the table of section 2.5, with its status', () => {
    const rows = rowsOf(/^\| code +\| status \| reason/);
    expect(rows.length).to.be.greaterThan(4);
    for (const [names, status] of rows) {
      for (const name of wordsIn(names)) expect(String(ERRORS[name as ErrorCode]?.status), name).to.equal(status);
    }
  });

  it('has no code that the document does not name', () => {
    expect(codes.filter((code) => !protocol.includes(`\`${code}\``))).to.deep.equal([]);
  });
});

describe('DETAILS', () => {
  for (const detail of details) {
    it(`${detail} says it in both languages, about the same value`, () => {
      const { es, en } = DETAILS[detail];
      expect(es.trim()).not.to.equal('');
      expect(en.trim()).not.to.equal('');
      expect(es.split('{}').length).to.equal(en.split('{}').length);
    });
  }
});

describe('CLOSES', () => {
  for (const name of closes) {
    it(`${name} has a number that a server may send, words in both languages, and fits a close frame`, () => {
      const { code, es, en } = CLOSES[name];
      const registered = [1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013].includes(code);
      expect(registered || (code >= 4000 && code <= 4999), String(code)).to.equal(true);
      expect(es.trim()).not.to.equal('');
      expect(en.trim()).not.to.equal('');
      expect(Buffer.byteLength(name)).to.be.at.most(123);
    });
  }

  it('has no number twice', () => {
    const numbers = closes.map((name) => CLOSES[name].code);
    expect(new Set(numbers).size).to.equal(numbers.length);
  });

  it('is the table of section 7: each name with its number, and nothing reserved is in use', () => {
    const table = rowsOf(/^\| code +\| name +\| when/).flatMap(([number, name]) =>
      wordsIn(name).map((word) => [word, Number(number)]),
    );
    expect(Object.fromEntries(closes.map((name) => [name, CLOSES[name].code]))).to.deep.equal(
      Object.fromEntries(table),
    );
  });

  it('shares no name with a refusal: both are the code of an error event', () => {
    expect(closes.filter((name) => Object.hasOwn(ERRORS, name))).to.deep.equal([]);
  });

  it('draws the line between coming back and staying away at 4500', () => {
    expect(FINAL_CLOSE).to.equal(4500);
  });
});

describe('Refusal', () => {
  it('takes its status and retryable from the table', () => {
    const refusal = new Refusal('rate_limited');
    expect([refusal.status, refusal.retryable]).to.deep.equal([429, true]);
  });

  it('says the words of its code where there is nothing to add', () => {
    expect(new Refusal('internal').text('es')).to.equal('Error interno');
    expect(new Refusal('internal').text('en')).to.equal('Internal error');
  });

  it('says what exactly was wrong where it knows', () => {
    const refusal = new Refusal('invalid_message', { detail: 'too_deep', value: 16 });
    expect(refusal.text('es')).to.equal('Mensaje no válido: más de 16 niveles de anidamiento');
    expect(refusal.text('en')).to.equal('Invalid message: nested deeper than 16 levels');
  });

  for (const code of codes) {
    it(`${code} tells a program its code and retryable, and no more`, () => {
      const refusal = new Refusal(code, { detail: 'closing', clientMsgId: 'm-1' });
      expect(refusal.data()).to.deep.equal({ code, retryable: ERRORS[code].retryable });
    });
  }

  it('tells when to try again where it knows', () => {
    const data = { code: 'rate_limited', retryable: true, retryAfter: 1 };
    expect(new Refusal('rate_limited', { retryAfter: 1 }).data()).to.deep.equal(data);
  });

  it('is an Error whose message is its code', () => {
    const refusal = new Refusal('forbidden');
    expect(refusal).to.be.an.instanceOf(Error);
    expect(refusal.message).to.equal('forbidden');
  });
});

describe('toRefusal', () => {
  it('leaves a refusal as it is', () => {
    const refusal = new Refusal('forbidden', { clientMsgId: 'm-1' });
    expect(toRefusal(refusal)).to.equal(refusal);
  });

  const strangers: [what: string, thrown: unknown][] = [
    ['an error', new Error('ECONNREFUSED /var/lib/secret')],
    ['an error with a code', Object.assign(new Error('secret'), { code: 'forbidden', status: 403, retryAfter: 9 })],
    ['what only looks like a refusal', { code: 'forbidden', text: () => 'secret', data: () => ({ secret: true }) }],
    ['a text', 'secret'],
    ['null', null],
    ['nothing', undefined],
  ];
  for (const [what, thrown] of strangers) {
    it(`makes internal of ${what}, and tells nothing of it`, () => {
      const refusal = toRefusal(thrown);
      expect(refusal.data()).to.deep.equal({ code: 'internal', retryable: true });
      expect(refusal.text('en')).to.equal('Internal error');
      expect(JSON.stringify(refusal)).not.to.include('secret');
    });
  }
});
