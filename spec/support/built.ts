import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** What the command finds beside its own folder. */
const BESIDE = ['node_modules', 'web', 'package.json'];
const ENTRIES = ['src/main.ts', 'src/log/sqlite-worker.ts'];

let main: string | undefined;

/**
 * The command as JavaScript, built from the sources once per run: a process that had to run TypeScript would take twice as
 * long to start, and there are many. @returns the path of its file
 */
export function builtMain(): string {
  main ??= build();
  return main;
}

function build(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ambos-built-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const name of BESIDE) symlinkSync(join(ROOT, name), join(folder, name));
  const common = { bundle: true, splitting: true, packages: 'external', platform: 'node', format: 'esm' } as const;
  const entryPoints = ENTRIES.map((path) => join(ROOT, path));
  // All in one folder, from which the paths to what is beside it are those of the sources.
  buildSync({ ...common, entryPoints, outdir: join(folder, 'dist'), entryNames: '[name]', sourcemap: true });
  return join(folder, 'dist', 'main.js');
}
