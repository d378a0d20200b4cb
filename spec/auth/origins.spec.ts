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
      expect(new Origins(allowed).allows({ origin, host: 'a.example' })).to.equal(allows);
    });
  }

  it('is open where any page of the world may connect', () => {
    expect(new Origins(['*']).open).to.equal(true);
    expect(new Origins(['https://a.example']).open).to.equal(false);
    expect(new Origins([]).open).to.equal(false);
  });

  describe('of the same origin', () => {
    const same: [origin: string | undefined, host: string | undefined, allows: boolean][] = [
      ['https://chat.example', 'chat.example', true],
      ['http://chat.example', 'chat.example', true],
      ['https://chat.example', 'chat.example:443', true],
      ['http://chat.example', 'chat.example:80', true],
      ['http://chat.example:3000', 'chat.example:3000', true],
      ['http://[::1]:3000', '[::1]:3000', true],
      ['https://chat.example', 'CHAT.example', true],
      [undefined, 'chat.example', true],
      [undefined, undefined, true],
      ['https://chat.example', undefined, false],
      ['https://chat.example', '', false],
      ['https://chat.example', 'chat.example:80', false],
      ['http://chat.example:3000', 'chat.example', false],
      ['https://evil.example', 'chat.example', false],
      ['https://evil.chat.example', 'chat.example', false],
      ['https://chat.example.evil.example', 'chat.example', false],
      ['https://evil.example', 'chat.example@evil.example/', false],
      ['null', 'null', false],
      ['', '', false],
      ['https://', '', false],
      ['file://chat.example', 'chat.example', false],
      ['chrome-extension://chat.example', 'chat.example', false],
      ['https://chat.example', '[', false],
    ];
    for (const [origin, host, allows] of same) {
      it(`${allows ? 'allows' : 'refuses'} ${JSON.stringify(origin) ?? 'no origin'} at ${JSON.stringify(host) ?? 'no host'}`, () => {
        expect(new Origins(['same-origin']).allows({ origin, host })).to.equal(allows);
      });
    }

    it('and others that are named beside', () => {
      const origins = new Origins(['same-origin', 'https://app.example']);
      expect(origins.allows({ origin: 'https://app.example', host: 'chat.example' })).to.equal(true);
      expect(origins.allows({ origin: 'https://chat.example', host: 'chat.example' })).to.equal(true);
      expect(origins.allows({ origin: 'https://evil.example', host: 'chat.example' })).to.equal(false);
    });

    it('only where that is said: whoever rebinds a name has the same origin', () => {
      const caller = { origin: 'https://evil.example', host: 'evil.example' };
      expect(new Origins(['https://app.example']).allows(caller)).to.equal(false);
      expect(new Origins([]).allows(caller)).to.equal(false);
    });
  });

  it('names in its header who may read: any, the caller, nobody', () => {
    const caller = { origin: 'https://a.example', host: 'chat.example' };
    expect(new Origins(['*']).header(caller)).to.equal('*');
    expect(new Origins(['https://a.example']).header(caller)).to.equal('https://a.example');
    expect(new Origins(['https://b.example']).header(caller)).to.equal(undefined);
    expect(new Origins(['https://b.example']).header({ origin: undefined, host: 'x' })).to.equal(undefined);
  });
});
