import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SERVERS = fileURLToPath(new URL('.', import.meta.url));
const require = createRequire(import.meta.url);

export type ProgramName =
  | 'ambos'
  | 'ws'
  | 'ws-presence'
  | 'socketio'
  | 'bun'
  | 'uws'
  | 'ready-buffer'
  | 'socketio-redis'
  | 'redis';

/** How to start a server, and what it is; or why it can't be had here. */
export type Program = { command: string[]; version: string } | { missing: string };

/** Finds each program once. @param ambos folder of the checkout that is measured */
export function findPrograms(ambos: string): Record<ProgramName, Program> {
  return {
    ambos: findAmbos(ambos),
    ws: ofNode('ws.js', 'ws'),
    'ws-presence': { ...ofNode('ws-presence.js', 'ws'), version: '' },
    socketio: ofNode('socketio.js', 'socket.io'),
    'socketio-redis': ofNode('socketio-redis.js', '@socket.io/redis-adapter'),
    redis: findRedis(),
    bun: findBun(),
    uws: findUws(),
    'ready-buffer': { command: [process.execPath, join(SERVERS, 'ready-buffer.js')], version: '' },
  };
}

/** Built if that can be done: what is measured should be what people run. */
function findAmbos(folder: string): Program {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  const commit = spawnSync('git', ['describe', '--always', '--dirty'], {
    cwd: folder,
    encoding: 'utf8',
  }).stdout?.trim();
  const built = spawnSync('npm', ['run', '--silent', 'build:ts'], { cwd: folder, stdio: 'ignore' }).status === 0;
  if (!built) console.warn('Ambos does not compile here: it is run from its sources');
  const command = built
    ? [process.execPath, join(folder, 'dist/main.js')]
    : [process.execPath, '--import', import.meta.resolve('tsx'), join(folder, 'src/main.ts')];
  return { command, version: `${version} (${commit || 'no commit'}${built ? '' : ', sources'})` };
}

function ofNode(file: string, name: string): Program {
  return { command: [process.execPath, join(SERVERS, file)], version: versionOf(name) };
}

/** The binary comes in a package of its own for each platform; the `bun` package only links to it. */
function findBun(): Program {
  const names = [`@oven/bun-${process.platform}-${process.arch}`, `@oven/bun-${process.platform}-${process.arch}-musl`];
  const binary = names
    .map((name) => join(SERVERS, '../node_modules', name.replace('arm64', 'aarch64'), 'bin/bun'))
    .find(runs);
  if (!binary) return { missing: 'there is no Bun for this platform' };
  return { command: [binary, join(SERVERS, 'bun.js')], version: versionOf('bun') };
}

function findRedis(): Program {
  const { status, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  if (status !== 0) return { missing: 'redis-server is not installed' };
  return { command: ['redis-server'], version: /v=(\S+)/.exec(stdout)?.[1] ?? '' };
}

function findUws(): Program {
  const file = join(SERVERS, 'uws.js');
  const loads = spawnSync(process.execPath, ['--input-type=module', '-e', "await import('uwebsockets')"], {
    cwd: SERVERS,
  });
  if (loads.status !== 0) return { missing: 'uwebsockets has no binary for this platform and Node' };
  return { command: [process.execPath, file], version: versionOf('uwebsockets') };
}

function runs(binary: string): boolean {
  return existsSync(binary) && spawnSync(binary, ['--version']).status === 0;
}

function versionOf(name: string): string {
  const folder = join(SERVERS, '../node_modules', name);
  const manifest = existsSync(folder) ? join(folder, 'package.json') : require.resolve(`${name}/package.json`);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
