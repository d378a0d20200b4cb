import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { Program } from '../docs/program.ts';
import { closeAll, connect, DOORS } from '../support/client.ts';
import { request } from '../support/http.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const binary = (name: string) => join(ROOT, 'node_modules/.bin', name);

interface Manifest {
  version: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

/** What an application of its own may write; every line that is marked must be a type error. */
const CONSUMER = `
import { createServer as createHttpServer } from 'node:http';
import { type Announcement, ConfigError, createServer, defineType, type Message, type Options, type OwnType, type Server } from 'ambos';
import Koa from 'koa';

const schema = {
  '~standard': {
    version: 1 as const,
    vendor: 'mine',
    validate: (value: unknown) => ({ value: value as { x: number; y: number } }),
  },
};
const move = defineType('move', { class: 'ephemeral', schema });
const score = defineType<{ player: string }>('score', { class: 'state', key: ({ player }) => player });
const note: OwnType = defineType('note', { class: 'durable' });

const options: Options = { port: '0', locale: 'en', types: [move, score, note, 'tick:ephemeral'], pingInterval: '25s' };
const server: Server = createServer({ ...options, http: createHttpServer(), koa: new Koa() });

const stop: () => void = server.hub.on(move, ({ data, from }, { user }) => {
  const sum: number = data.x + data.y;
  return [sum, from.length, user.name.length];
});
server.hub.on(score, ({ data }) => data.player.toUpperCase());
server.hub.on('connect', ({ user, transport }) => [user.id, transport]);
server.hub.on('chat', (message: Message) => message.content.trim());
server.io.of('/admin').on('connection', (socket) => socket.id);

export async function play(): Promise<number> {
  const announcement: Announcement = { content: 'hi', room: 'news', data: { any: ['thing'] } };
  const { id, timestamp } = await server.hub.announce(announcement);
  const [first] = await server.hub.users('news');
  stop();
  return timestamp + id.length + (first?.name.length ?? 0);
}

export const isConfigError = (error: unknown): boolean => error instanceof ConfigError;
`;
const PLANTED = `
import { createServer, defineType, type Options } from 'ambos';

const move = defineType<{ x: number }>('move', { class: 'ephemeral' });
const server = createServer({ types: [move] });
export const options: Options = { lcoale: 'en' };
defineType('move', { class: 'eternal' });
server.hub.on(move, ({ data }) => data.z);
server.hub.on('connect', ({ user }) => user.nickname);
server.hub.announce({ content: 7 });
server.url = '';
`;
/** The lines of the above that are wrong. */
const WRONG = [6, 7, 8, 9, 10, 11];

describe('the package', function () {
  this.timeout(180_000);
  let folder: string;
  let tarball: string;
  let app: string;
  let manifest: Manifest;
  let program: Program | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ambos-package-'));
    app = join(folder, 'app');
    await mkdir(app);
    manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Manifest;
    // Builds first: prepack.
    await npm(ROOT, 'pack', '--pack-destination', folder);
    tarball = join(folder, (await readdir(folder)).find((name) => name.endsWith('.tgz'))!);
    await npm(app, 'init', '-y');
    await npm(app, 'install', tarball);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  afterEach(async () => {
    await closeAll();
    program?.kill();
    program = undefined;
  });

  it('holds what is built of src and nothing else, the pages, and the documents', async () => {
    const installed = await readdir(join(app, 'node_modules/ambos'));
    expect(installed).to.have.members([
      'CHANGELOG.md',
      'SECURITY.md',
      'LICENSE',
      'PROTOCOL.md',
      'README.md',
      'dist',
      'package.json',
      'web',
    ]);
    const built = await filesOf(join(app, 'node_modules/ambos/dist'));
    const modules = (await filesOf(join(ROOT, 'src'))).map((name) => name.slice(0, -'.ts'.length));
    const kinds = ['.js', '.js.map', '.d.ts', '.d.ts.map'];
    const due = modules.flatMap((name) => kinds.map((kind) => name + kind));
    const without = (names: string[], others: string[]) => names.filter((name) => !others.includes(name));
    expect({ extra: without(built, due), missing: without(due, built) }).to.deep.equal({ extra: [], missing: [] });
  });

  it('installs its dependencies and none of those it is developed with', async () => {
    const names = await readdir(join(app, 'node_modules'));
    expect(names).to.include.members(['koa', 'socket.io', 'ws', 'zod']);
    for (const name of ['typescript', 'mocha', 'uplot', 'esbuild']) expect(names).not.to.include(name);
  });

  it('is what publint takes for good', async () => {
    const { stdout } = await run(binary('publint'), ['run', tarball, '--strict'], { cwd: ROOT });
    expect(stdout).to.include('All good!');
  });

  it('tells its version', async () => {
    const { stdout } = await run('npx', ['ambos', '--version'], { cwd: app });
    expect(stdout).to.equal(`${manifest.version}\n`);
  });

  it('starts by npx, and serves its pages and both doors', async () => {
    const url = await start('npx', ['ambos'], true);
    for (const path of ['/', '/ws/test', '/websocket', '/ws/dashboard', '/vendor/uplot.js', '/vendor/uplot.css']) {
      expect((await request(url + path)).status, path).to.equal(200);
    }
    const clients = await Promise.all(DOORS.map((door) => connect(door, url)));
    for (const client of clients) {
      client.send({ type: 'chat', content: `by ${client.door}` });
      for (const hearer of clients) await hearer.next({ type: 'chat', content: `by ${client.door}` });
    }
    await program?.stop();
    for (const client of clients) await client.closed;
  });

  it('says goodbye on SIGTERM and ends with 0', async () => {
    const url = await start(join(app, 'node_modules/.bin/ambos'), []);
    const client = await connect('ws', url);
    const end = program?.stop();
    expect(await client.closed).to.deep.equal({ code: 1001, reason: 'going_away' });
    expect(await end).to.equal(0);
  });

  it('is typed for a strict application, whose mistakes are found', async () => {
    const { '@types/node': node } = manifest.devDependencies;
    await npm(app, 'install', '--no-save', `@types/node@${node}`);
    const compilerOptions = {
      target: 'es2023',
      module: 'nodenext',
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      types: ['node'],
      noEmit: true,
    };
    await writeFile(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }));
    await writeFile(join(app, 'consumer.mts'), CONSUMER);
    expect(await compile()).to.equal('');
    await writeFile(join(app, 'planted.mts'), PLANTED);
    const errors = [...(await compile()).matchAll(/^planted\.mts\((\d+),/gm)].map(([, line]) => Number(line));
    expect(errors).to.deep.equal(WRONG);
  });

  /** Starts the server; resolves with its address. */
  function start(command: string, args: string[], detached = false): Promise<string> {
    program = new Program(command, args, { cwd: app, env: { HOST: '127.0.0.1' }, detached });
    return program.find(/"event":"listening","url":"([^"]+)"/);
  }

  /** What the compiler complains of. */
  async function compile(): Promise<string> {
    try {
      return (await run(binary('tsc'), ['-p', app, '--pretty', 'false'], { cwd: app })).stdout;
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  }
});

/** The paths of the files in a folder and below. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
}

/** Without what an outer npm tells its scripts, which would lead this one to the project. */
function npm(cwd: string, ...args: string[]): Promise<unknown> {
  const inner = Object.entries(process.env).filter(
    ([name]) => !/^npm_(?!config_)|^npm_config_local_prefix$/.test(name),
  );
  return run('npm', args, { cwd, env: Object.fromEntries(inner) });
}
