import { expect } from 'chai';
import { Origins } from '../../src/auth/origins.ts';

describe('Origins', () => {
  const cases: [allowed: string[], origin: string | undefined, allows: boolean][] = [
    [['*'], 'https://a.example', true],
    [['*'], 'null', true],
    [['*'], undefined, true],
    [['https://a.example', '*'], 'https://b.example', true],
    [['https://a.example'], 'https://a.example', true],
    [['https://a.example', 'https://b.example'], 'https://b.example', true],
    [['https://a.example'], undefined, true],
    [['https://a.example'], 'https://b.example', false],
    [['https://a.example'], 'http://a.example', false],
    [['https://a.example'], 'https://a.example:8443', false],
    [['https://a.example:8443'], 'https://a.example:8443', true],
    [['https://a.example'], 'https://a.example.evil.example', false],
    [['https://a.example'], 'https://evil-a.example', false],
    [['https://a.example'], 'https://x.a.example', false],
    [['https://a.example'], 'null', false],
    [['https://a.example'], '', false],
    [['https://*.example'], 'https://a.example', false],
    [['https://a.example'], 'https://a.example, https://b.example', false],
    [[], 'https://a.example', false],
    [[], undefined, true],
  ];
  for (const [allowed, origin, allows] of cases) {
    it(`of ${JSON.stringify(allowed)} ${allows ? 'allows' : 'refuses'} ${JSON.stringify(origin) ?? 'no origin'}`, () => {
      expect(new Origins(allowed).allows(origin)).to.equal(allows);
    });
  }

  it('is open where any page of the world may connect', () => {
    expect(new Origins(['*']).open).to.equal(true);
    expect(new Origins(['https://a.example']).open).to.equal(false);
    expect(new Origins([]).open).to.equal(false);
  });

  it('lists what it allows, each once', () => {
    expect(new Origins(['https://b', 'https://a', 'https://b']).list).to.deep.equal(['https://b', 'https://a']);
  });
});
