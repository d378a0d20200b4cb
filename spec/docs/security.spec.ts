import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';

const ROOT = new URL('../../', import.meta.url);

describe('SECURITY.md', () => {
  const document = readFileSync(new URL('SECURITY.md', ROOT), 'utf8');

  it('names places and specs that there are', () => {
    const paths = [...document.matchAll(/`((?:src|spec|web)\/[^`]*)`/g)].map(([, path]) => path!);
    expect(paths).to.have.length.above(60);
    expect(paths.filter((path) => !existsSync(new URL(path, ROOT)))).to.deep.equal([]);
  });
});
