import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

/** What the files of a room may import: folders or files of src, and packages (`node:` ones are free unless barred). */
interface Rule {
  may: string[];
  packages: string[];
  /** What nothing in the room may reach for, though it is built in. */
  never?: RegExp;
}

const NETWORK = /^node:(http|https|http2|net|tls|dgram|dns)$/;
const KOA = ['koa', '@koa/router', 'koa-static'];
/** The parts of the hub that HTTP shows: its figures, ports and what may be asked of it, never its inside. */
const HUB_TYPES = ['hub/ports', 'hub/stats', 'hub/sums', 'hub/administration'];

const RULES: Record<string, Rule> = {
  protocol: { may: ['protocol'], packages: ['zod'], never: /^node:/ },
  hub: { may: ['hub', 'protocol'], packages: [], never: NETWORK },
  auth: { may: ['auth', 'protocol', 'hub/ports'], packages: ['jose'] },
  limits: { may: ['limits', 'protocol', 'hub/ports'], packages: [] },
  cluster: { may: ['cluster', 'hub/nodes', 'hub/ports', 'hub/stats'], packages: ['ioredis'] },
  tls: { may: ['tls', 'hub/ports'], packages: [] },
  log: { may: ['log', 'hub/ports', 'protocol'], packages: ['ioredis', '@photostructure/sqlite'] },
  transport: {
    may: ['transport', 'hub', 'protocol', 'auth', 'limits'],
    packages: ['ws', 'socket.io', 'socket.io-parser'],
  },
  client: { may: ['client'], packages: [], never: /^node:/ },
  command: { may: ['command', 'config', 'protocol', 'auth'], packages: ['ws', 'jose'] },
  http: { may: ['http', 'protocol', 'auth', 'limits', ...HUB_TYPES], packages: [...KOA, 'prom-client'] },
};

/** The files above the rooms: they wire them, and nobody imports the first two. */
const TOP: Record<string, string[]> = {
  'main.ts': ['command', 'config', 'logger', 'server'],
  'server.ts': ['config', 'logger', 'auth', 'cluster', 'http', 'hub', 'limits', 'log', 'protocol', 'tls', 'transport'],
  'index.ts': ['auth', 'config', 'hub', 'protocol', 'server'],
  'config.ts': ['logger', 'protocol', 'values'],
  'values.ts': ['protocol', 'auth/callers'],
  'logger.ts': ['hub/ports', 'protocol'],
};

const SRC = fileURLToPath(new URL('../src', import.meta.url));
const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

describe('imports', () => {
  it('finds the files and what they import', () => {
    expect(FILES.length).to.be.greaterThan(30);
    expect(FILES.flatMap((file) => importsOf(read(file))).length).to.be.greaterThan(100);
  });

  it('sees every way of importing', () => {
    const source = `import a from './a.ts';\nimport type { B } from "./b.ts";\nimport './c.ts';\nexport * from './d.ts';
      import {\n  e,\n} from './e.ts';\nconst f = await import('./f.ts');`;
    expect(importsOf(source)).to.have.members(['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts', './f.ts']);
  });

  for (const [file, specifier, allowed] of [
    ['hub/hub.ts', 'ws', false],
    ['hub/hub.ts', 'node:http', false],
    ['hub/hub.ts', '../transport/ws.ts', false],
    ['hub/hub.ts', '../log/memory.ts', false],
    ['hub/hub.ts', '../protocol/codec.ts', true],
    ['hub/hub.ts', 'node:crypto', true],
    ['protocol/codec.ts', '../hub/hub.ts', false],
    ['protocol/codec.ts', 'node:crypto', false],
    ['transport/ws.ts', './socketio.ts', false],
    ['transport/socketio.ts', './ws.ts', false],
    ['transport/ws.ts', '../log/memory.ts', false],
    ['log/memory.ts', '../hub/hub.ts', false],
    ['log/memory.ts', '../hub/ports.ts', true],
    ['http/routes.ts', '../transport/ws.ts', false],
    ['auth/admission.ts', '../server.ts', false],
    ['http/app.ts', '../main.ts', false],
  ] as const) {
    it(`${allowed ? 'lets' : 'catches'} ${file} import ${specifier}`, () => {
      expect(breach(file, specifier) === undefined).to.equal(allowed);
    });
  }

  for (const file of FILES) {
    it(`${file} imports what its room may`, () => {
      expect(importsOf(read(file)).flatMap((specifier) => breach(file, specifier) ?? [])).to.deep.equal([]);
    });
  }

  it('leaves the process to main.ts, and the standard output to whoever starts a server', () => {
    const users = FILES.filter((file) => /(?<!:)\bprocess\./.test(withoutComments(read(file))));
    expect(users).to.have.members(['main.ts', 'server.ts']);
  });
});

function read(file: string): string {
  return readFileSync(join(SRC, file), 'utf8');
}

function importsOf(source: string): string[] {
  const matches = withoutComments(source).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*(['"])(.+?)\1/g);
  return [...matches].map((match) => match[2] ?? '');
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

/** Says what is wrong with an import; undefined where it is allowed. */
function breach(file: string, specifier: string): string | undefined {
  const room = file.split(/[\\/]/)[0] ?? '';
  const rule = RULES[room];
  if (!specifier.startsWith('.')) return packageBreach(file, specifier, rule);
  const target = relative(SRC, normalize(join(SRC, file, '..', specifier))).replace(/\\/g, '/');
  const otherDoor = /^transport\/(ws|socketio)\.ts$/;
  if (otherDoor.test(file) && otherDoor.test(target)) return `${file} → ${target}: the other transport`;
  const may = rule?.may ?? TOP[file] ?? [];
  const allowed = may.some((place) => target === `${place}.ts` || target.startsWith(`${place}/`));
  return allowed ? undefined : `${file} → ${target}`;
}

function packageBreach(file: string, specifier: string, rule: Rule | undefined): string | undefined {
  if (specifier.startsWith('node:')) return rule?.never?.test(specifier) ? `${file} → ${specifier}` : undefined;
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const may = rule?.packages ?? ['zod', 'pino', 'socket.io', 'koa'];
  return may.includes(name) ? undefined : `${file} → ${specifier}`;
}
