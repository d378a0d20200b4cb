import { expect } from 'chai';
import { ApiKeys } from '../../src/auth/api-keys.ts';
import { showConfig } from '../../src/command/show-config.ts';
import { ConfigError, createConfig } from '../../src/config.ts';

const [OLD, NEW] = ['old-key-0123456789', 'new-key-0123456789'];

describe('ApiKeys', () => {
  const keys = new ApiKeys([OLD, NEW]);

  it('accepts each of its keys, so that one can be replaced while the other is in use', () => {
    expect([OLD, NEW].map((key) => keys.accepts(key))).to.deep.equal([true, true]);
  });

  for (const key of ['', OLD.slice(0, -1), `${OLD}x`, OLD.toUpperCase(), `${OLD},${NEW}`, 'x'.repeat(10_000)]) {
    it(`does not accept ${JSON.stringify(key.slice(0, 40))}`, () => expect(keys.accepts(key)).to.equal(false));
  }

  it('accepts nothing where there is none', () => expect(new ApiKeys([]).accepts('')).to.equal(false));
});

describe('API_KEYS', () => {
  const wrong = ['short', `${OLD},short`, 'a key with blanks in it', 'clave-con-eñe-0123', 'x'.repeat(257)];
  for (const apiKeys of wrong) {
    it(`takes no ${JSON.stringify(apiKeys.slice(0, 30))}, and does not show what was given`, () => {
      expect(() => createConfig({ apiKeys }, { apiKeys: 'environment' }))
        .to.throw(ConfigError, /API_KEYS \(--api-keys\): expected keys of 16 to 256 .* \(environment\)$/)
        .with.property('message')
        .not.include(apiKeys.slice(0, 5));
    });
  }

  it('takes several, blanks around them and a comma too many', () => {
    expect(createConfig({ apiKeys: ` ${OLD} , ${NEW},` }).apiKeys).to.deep.equal([OLD, NEW]);
  });

  it('is masked by ambos config, and nothing is masked where there is none', () => {
    const row = (settings: object) =>
      showConfig(settings, {})
        .split('\n')
        .find((line) => line.startsWith('API_KEYS'));
    expect(row({ apiKeys: `${OLD},${NEW}` })).to.match(/^API_KEYS +\*{3} +default$/);
    expect(row({})).not.to.include('*');
  });
});
