import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { readCommandLine } from '../../src/command/command-line.ts';
import { settingsMarkdown, showConfig } from '../../src/command/show-config.ts';
import { ConfigError, createConfig } from '../../src/config.ts';

const FILE = JSON.stringify({ port: 1, locale: 'en', maxRooms: 2, corsOrigins: ['https://a.example'] });
const read = (args: string[], environment = {}, files: Record<string, string> = { 'ambos.json': FILE }) =>
  readCommandLine(args, environment, (path) => files[path]);

describe('a file of settings', () => {
  it('is read where it lies, behind the environment and the flags', () => {
    const { settings, sources } = read(['--port', '3'], { PORT: '2', MAX_ROOMS: '9' });
    expect(createConfig(settings)).to.include({ port: 3, maxRooms: 9, locale: 'en' });
    expect(sources).to.deep.equal({ port: 'flag', maxRooms: 'environment', locale: 'file', corsOrigins: 'file' });
  });

  it('is another one where a flag or the environment says so', () => {
    const files = { 'ambos.json': FILE, 'b.json': '{"port": 5}', 'c.json': '{"port": 6}' };
    expect(read(['--config', 'b.json'], { AMBOS_CONFIG: 'c.json' }, files).settings.port).to.equal(5);
    expect(read([], { AMBOS_CONFIG: 'c.json' }, files).settings.port).to.equal(6);
  });

  it('need not be there unless it is named', () => {
    expect(createConfig(read([], {}, {}).settings).port).to.equal(3000);
    expect(() => read(['--config', 'no.json'], {}, {})).to.throw(ConfigError, 'There is no file "no.json"');
  });

  for (const [content, words] of [
    ['{', 'is not JSON'],
    ['[]', 'must hold an object'],
    ['3', 'must hold an object'],
  ] as const) {
    it(`that holds ${content} is refused`, () => {
      expect(() => read([], {}, { 'ambos.json': content })).to.throw(ConfigError, words);
    });
  }

  it('with keys that are no settings is refused with everything else that is wrong, each with its source', () => {
    const { settings, sources } = read(
      ['--port', 'x'],
      { LOCALE: 'fr' },
      { 'ambos.json': '{"prot": 1, "maxRooms": "y"}' },
    );
    expect(() => createConfig(settings, sources))
      .to.throw(ConfigError)
      .with.property('message')
      .that.satisfies((message: string) =>
        ['prot: no such setting', '"x" (flag)', '"fr" (environment)', '"y" (file)'].every((part) =>
          message.includes(part),
        ),
      );
  });
});

describe('ambos config', () => {
  it('shows each setting with its value and its source', () => {
    const { settings, sources } = read(['--port', '3'], { LOCALE: 'en' });
    const rows = showConfig(settings, sources)
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(rows[0]).to.deep.equal(['SETTING', 'VALUE', 'SOURCE']);
    for (const row of [
      ['PORT', '3', 'flag'],
      ['LOCALE', 'en', 'environment'],
      ['MAX_ROOMS', '2', 'file'],
      ['PING_INTERVAL', '25s', 'default'],
    ]) {
      expect(rows).to.deep.include(row);
    }
  });

  it('masks passwords in URLs', () => {
    const shown = showConfig({ corsOrigins: 'redis://user:secret@host:1/0' }, {});
    expect(shown).to.include('redis://user:***@host:1/0').and.not.to.include('secret');
  });

  it('shows the first line of what has several', () => {
    const shown = showConfig({ jwtPublicKey: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----' }, {});
    expect(shown)
      .to.match(/^JWT_PUBLIC_KEY +-----BEGIN PUBLIC KEY----- … +default$/m)
      .and.not.to.include('AAAA');
  });

  it('never shows a secret, nor says what was wrong with its value', () => {
    const settings = { jwtSecret: 'hunter2-hunter2', authSecret: 'hunter3-hunter3' };
    const shown = showConfig(settings, { jwtSecret: 'environment' });
    expect(shown)
      .to.match(/^JWT_SECRET +\*\*\* +environment$/m)
      .and.to.match(/^AUTH_SECRET +\*\*\* /m);
    expect(shown).not.to.include('hunter');
    expect(showConfig({}, {})).to.match(/^JWT_SECRET +default$/m);
    const given: object = { jwtSecret: 424242 };
    expect(() => createConfig(given))
      .to.throw(ConfigError, 'JWT_SECRET')
      .with.property('message')
      .not.include('424242');
  });
});

describe('docs/settings.md', () => {
  it('is the table of the settings: `npm run docs:settings` writes it anew', () => {
    const document = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8');
    expect(document).to.include(settingsMarkdown());
  });
});
