import { expect } from 'chai';
import fc from 'fast-check';
import { decodePermissions, matches, matchesAny, USUAL } from '../../src/auth/permissions.ts';

describe('decodePermissions', () => {
  it('takes an absent list for everything, and an absent flag for no', () => {
    expect(decodePermissions({})).to.deep.equal(USUAL);
  });

  it('keeps what is given', () => {
    const given = {
      join: ['a', 'team-*'],
      read: [],
      write: ['general'],
      send: ['chat', 'game.*'],
      notify: true,
      admin: true,
    };
    expect(decodePermissions(given)).to.deep.equal(given);
  });

  const bad: [what: string, raw: unknown][] = [
    ['no object', 'join'],
    ['null', null],
    ['a list', []],
    ['a key that there is not', { joni: [] }],
    ['a key in capitals', { Write: [] }],
    ['a prototype', JSON.parse('{"__proto__":{"admin":true}}')],
    ['a text for a list', { join: '*' }],
    ['null for a list', { join: null }],
    ['a number in a list', { join: [1] }],
    ['a list in a list', { join: [['*']] }],
    ['an empty pattern', { write: [''] }],
    ['a space', { write: ['team a'] }],
    ['a pattern of another sort', { write: ['team-(a|b)'] }],
    ['a pattern that is too long', { write: ['a'.repeat(129)] }],
    ['too many patterns', { write: Array.from({ length: 257 }, () => 'a') }],
    ['a text for a flag', { admin: 'true' }],
    ['a number for a flag', { notify: 1 }],
    ['null for a flag', { notify: null }],
  ];
  for (const [what, raw] of bad) {
    it(`refuses ${what}`, () => expect(() => decodePermissions(raw)).to.throw(TypeError, /permission/));
  }
});

describe('matches', () => {
  const cases: [pattern: string, name: string, fits: boolean][] = [
    ['*', '', true],
    ['*', 'general', true],
    ['general', 'general', true],
    ['general', 'General', false],
    ['general', 'general2', false],
    ['general', 'my-general', false],
    ['team-*', 'team-', true],
    ['team-*', 'team-a/b', true],
    ['team-*', 'tea', false],
    ['*-team', 'my-team', true],
    ['*-team', 'my-team-', false],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*ab', 'aab', true],
    ['**', 'x', true],
    ['a.c', 'abc', false],
    ['a.c', 'a.c', true],
    ['', '', true],
    ['', 'a', false],
  ];
  for (const [pattern, name, fits] of cases) {
    it(`${pattern} ${fits ? 'fits' : 'does not fit'} "${name}"`, () => expect(matches(pattern, name)).to.equal(fits));
  }

  it('says what a regular expression would', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (given, name) => {
        const source = given
          .split('*')
          .map((part) => part.replaceAll('.', '\\.'))
          .join('.*');
        return matches(given, name) === new RegExp(`^${source}$`).test(name);
      }),
    );
  });

  it('is quick with the worst that there is', () => {
    let steps = 0;
    const counted = new Proxy(Object(`${'a'.repeat(127)}b`) as object, {
      get: (text, key) => {
        steps += 1;
        return Reflect.get(text, key) as unknown;
      },
    });
    expect(Reflect.apply(matches, undefined, [`${'*a'.repeat(63)}*c`, counted])).to.equal(false);
    expect(steps).to.be.below(20_000);
  });

  it('is asked of several: one is enough', () => {
    expect(matchesAny(['a', 'b*'], 'bc')).to.equal(true);
    expect(matchesAny(['a', 'b*'], 'cb')).to.equal(false);
    expect(matchesAny([], 'a')).to.equal(false);
  });
});
