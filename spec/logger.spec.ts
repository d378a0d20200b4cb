import { expect } from 'chai';
import { createLogger, LOG_LEVELS, type LogLevel } from '../src/logger.ts';

/** A logger and what it has written. */
function start(plain: boolean, level: LogLevel = 'info') {
  const lines: string[] = [];
  return { lines, logger: createLogger(level, plain, (line) => void lines.push(line)) };
}

const parse = (line: string | undefined) => JSON.parse(line!) as Record<string, unknown>;
const HOSTILE = ['\n', '\r\n', '\0', '\b', '\x1B[31m', '\x7F', '\x85', '\x9B31m', '\t', '\u2028'];
const URLS: [before: string, after: string][] = [
  ['/ws?token=abc', '/ws?token=***'],
  ['/ws?room=a&token=abc&userId=7', '/ws?room=a&token=***&userId=7'],
  ['/ws?TOKEN=abc', '/ws?TOKEN=***'],
  ['/ws?token=a.b-c_d%20e~', '/ws?token=***'],
  ['/ws?token=abc HTTP/1.1', '/ws?token=*** HTTP/1.1'],
  ['"/ws?token=abc" and "/ws?token=def"', '"/ws?token=***" and "/ws?token=***"'],
  ['/ws?token=ab\\cd&x=1', '/ws?token=***&x=1'],
  ['/ws?token=ab\\', '/ws?token=***'],
  ['/ws?token=ab\x1Bcd&x=1', '/ws?token=***&x=1'],
  ['/ws?token=ñ😀&x=1', '/ws?token=***&x=1'],
  ['/ws?token=a&token=b', '/ws?token=***&token=***'],
  ['/ws?token=', '/ws?token='],
  ['/ws?mytoken=abc', '/ws?mytoken=***'],
  ['/ws?access_token=abc&session=def&x=1', '/ws?access_token=***&session=***&x=1'],
  ['/ws?monkey=abc', '/ws?monkey=abc'],
  ['Authorization: Bearer abc.def', 'Authorization: Bearer ***'],
  ['ambos, bearer.abc.def, x', 'ambos, bearer.***, x'],
  ['{"token":"abc","x":1}', '{"token":"***","x":1}'],
  ['it was eyJhbGciOiJub25lIn0.e30. and more', 'it was *** and more'],
  ['redis://me:secret@host/1', 'redis://me:***@host/1'],
  ['token=abc', 'token=abc'],
  ['Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.a-b_c', 'Authorization: Bearer ***'],
  ['ambos, bearer.eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.', 'ambos, bearer.***'],
  ['"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.abc": bad', '"***": bad'],
  ['keyJ.a.b', 'keyJ.a.b'],
];

describe('createLogger', () => {
  it('knows levels from most to least talkative', () => {
    expect([...LOG_LEVELS]).to.deep.equal(['debug', 'info', 'warn', 'error', 'silent']);
  });

  const written: Record<LogLevel, string[]> = {
    debug: ['info', 'warn', 'error'],
    info: ['info', 'warn', 'error'],
    warn: ['warn', 'error'],
    error: ['error'],
    silent: [],
  };
  for (const level of LOG_LEVELS) {
    it(`at level ${level} writes ${written[level].join(', ') || 'nothing'}`, () => {
      for (const plain of [true, false]) {
        const { lines, logger } = start(plain, level);
        for (const name of ['info', 'warn', 'error'] as const) logger[name]({}, name);
        expect(lines.map((line) => /info|warn|error/.exec(line)?.[0])).to.deep.equal(written[level]);
      }
    });
  }

  describe('for programs', () => {
    it('writes one JSON object a line: the level, the time, the fields, the words', () => {
      const { lines, logger } = start(false);
      const before = Date.now();
      logger.info({ event: 'connected', total: 3 }, 'Cliente conectado');
      const { time, ...rest } = parse(lines[0]);
      expect(rest).to.deep.equal({ level: 30, event: 'connected', total: 3, msg: 'Cliente conectado' });
      expect(time).to.be.within(before, Date.now());
    });

    for (const text of HOSTILE) {
      it(`writes one line whatever a client is called: ${JSON.stringify(text)}`, () => {
        const { lines, logger } = start(false);
        logger.info({ username: `a${text}b` }, `Cliente conectado: a${text}b`);
        expect(lines).to.have.lengthOf(1);
        expect(lines[0]!.trimEnd()).not.to.match(/[\r\n]/);
        expect(lines[0]!.endsWith('\n')).to.equal(true);
        expect(parse(lines[0])).to.deep.include({ username: `a${text}b`, msg: `Cliente conectado: a${text}b` });
      });
    }

    it('writes an error with its stack, on the one line', () => {
      const { lines, logger } = start(false);
      logger.error({ err: new Error('broken') }, 'HTTP request failed');
      expect(lines).to.have.lengthOf(1);
      expect(lines[0]!.split('\n')).to.have.lengthOf(2);
      const { err } = parse(lines[0]) as { err: { message: string; stack: string } };
      expect(err.message).to.equal('broken');
      expect(err.stack).to.include('logger.spec.ts');
    });

    for (const [before, after] of URLS) {
      it(`cuts the token out of ${JSON.stringify(before)}, and it is still JSON`, () => {
        const { lines, logger } = start(false);
        logger.warn({ url: before, err: new Error(before), deep: [{ url: before }] }, before);
        const { url, msg, err, deep } = parse(lines[0]) as Record<'url' | 'msg', string> & {
          err: { message: string; stack: string };
          deep: { url: string }[];
        };
        expect([url, msg, err.message, deep[0]!.url]).to.deep.equal([after, after, after, after]);
        expect(err.stack).to.include(`Error: ${after}\n`);
      });
    }
  });

  describe('for people', () => {
    it('writes the time and the words alone', () => {
      const { lines, logger } = start(true);
      logger.info({ event: 'connected', total: 3 }, 'Cliente conectado: Ana (7) - Total: 3');
      expect(lines).to.have.lengthOf(1);
      expect(lines[0]).to.match(/^\d\d:\d\d:\d\d Cliente conectado: Ana \(7\) - Total: 3\n$/);
    });

    it('marks what is more than information', () => {
      const { lines, logger } = start(true);
      logger.warn({}, 'a');
      logger.error({}, 'b');
      expect(lines.map((line) => line.slice(9))).to.deep.equal(['WARN  a\n', 'ERROR b\n']);
    });

    it("adds an error's stack below", () => {
      const { lines, logger } = start(true);
      logger.error({ err: new Error('broken') }, 'HTTP request failed');
      expect(lines).to.have.lengthOf(1);
      expect(lines[0]).to.match(/^\S+ ERROR HTTP request failed\nError: broken\n {4}at .*logger\.spec\.ts/);
    });

    const escapes: [text: string, shown: string][] = [
      ['\n', '\\x0a'],
      ['\r', '\\x0d'],
      ['\t', '\\x09'],
      ['\0', '\\x00'],
      ['\x07', '\\x07'],
      ['\x1B[31m', '\\x1b[31m'],
      ['\x1B]0;title\x07', '\\x1b]0;title\\x07'],
      ['\x7F', '\\x7f'],
      ['\x85', '\\x85'],
      ['\x9B31m', '\\x9b31m'],
      ['ñ😀', 'ñ😀'],
      ['\\x1b', '\\x1b'],
    ];
    for (const [text, shown] of escapes) {
      it(`shows ${JSON.stringify(text)} as ${shown}`, () => {
        const { lines, logger } = start(true);
        logger.info({}, `a${text}b`);
        expect(lines[0]!.slice(9)).to.equal(`a${shown}b\n`);
      });
    }

    it('lets no control character but the new line through from an error either', () => {
      const { lines, logger } = start(true);
      logger.error({ err: new Error(`a${HOSTILE.join('')}b`) }, 'x');
      expect(lines[0]).to.include('\\x1b[31m').and.to.include('\\x9b31m').and.to.include('\\x0d\n');
      expect(lines[0]!.replaceAll('\n', '')).not.to.match(/[\x00-\x1F\x7F-\x9F]/);
    });

    for (const [before, after] of URLS) {
      it(`cuts the token out of ${JSON.stringify(before)}`, () => {
        const { lines, logger } = start(true);
        logger.info({}, `GET ${before}`);
        expect(lines[0]!.slice(9)).to.equal(`GET ${after}\n`);
      });
    }
  });
});
