import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { build } from 'esbuild';

const LIMIT = 4000;

describe('the client’s size', () => {
  it(`is under ${LIMIT} bytes, minified and compressed; nothing of the server comes with it`, async () => {
    const { outputFiles, metafile } = await build({
      entryPoints: ['src/client/index.ts'],
      absWorkingDir: new URL('../..', import.meta.url).pathname,
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
      metafile: true,
    });
    expect(gzipSync(outputFiles[0]!.contents, { level: 9 }).length).to.be.lessThan(LIMIT);
    const strangers = Object.keys(metafile.inputs).filter((file) => !file.startsWith('src/client/'));
    expect(strangers).to.deep.equal([]);
  });
});
