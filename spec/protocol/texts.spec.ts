import { expect } from 'chai';
import { LOCALES, say, TEXTS } from '../../src/protocol/texts.ts';

describe('TEXTS', () => {
  it('speaks Spanish and English', () => {
    expect([...LOCALES]).to.deep.equal(['es', 'en']);
  });

  for (const [name, text] of Object.entries(TEXTS)) {
    it(`has ${name} in every language, about the same value`, () => {
      for (const locale of LOCALES) expect(text[locale].trim(), locale).not.to.equal('');
      expect(text.es.split('{}').length).to.equal(text.en.split('{}').length);
    });
  }

  it('says what the protocol says it says', () => {
    expect(say(TEXTS.user_list, 'es')).to.equal('Lista de usuarios conectados');
    expect(say(TEXTS.user_list, 'en')).to.equal('List of connected users');
    expect(say(TEXTS.user_joined, 'es', 'Usuario2')).to.equal('Usuario2 se ha unido al chat');
    expect(say(TEXTS.user_joined, 'en', 'Usuario2')).to.equal('Usuario2 joined the chat');
    expect(say(TEXTS.user_left, 'es', 'Usuario2')).to.equal('Usuario2 ha salido del chat');
    expect(say(TEXTS.user_left, 'en', 'Usuario2')).to.equal('Usuario2 left the chat');
  });
});

describe('say', () => {
  const text = { es: '[{}]', en: '<{}>' };

  it('writes in the language asked for', () => {
    expect([say(text, 'es', 'x'), say(text, 'en', 'x')]).to.deep.equal(['[x]', '<x>']);
  });

  it('leaves a text without a value as it is', () => {
    expect(say({ es: 'hola', en: 'hello' }, 'en', 'x')).to.equal('hello');
  });

  it('puts nothing where no value was given', () => {
    expect(say(text, 'es')).to.equal('[]');
  });

  for (const value of ['$&', '$1', "$'", '$`', '$$', '{}', '\\', '😀', '<b>', 0, -1, 65_536]) {
    it(`puts the value ${JSON.stringify(value)} in as it is`, () => {
      expect(say(text, 'es', value)).to.equal(`[${value}]`);
    });
  }
});
