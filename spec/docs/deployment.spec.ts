import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { createConfig, readDuration, settingInfos } from '../../src/config.ts';
import { configuration } from '../support/reverse-proxy.ts';
import { startServer } from '../support/server.ts';

const ROOT = new URL('../../', import.meta.url);
const DEFAULTS = createConfig({});
/** What variables name that is none of Ambos' settings. */
const OTHERS = ['NODE_ENV', 'NODE_EXTRA_CA_CERTS'];
const KNOWN = new Set([...settingInfos().map(({ variable }) => variable), ...OTHERS]);

const read = (name: string) => readFileSync(new URL(name, ROOT), 'utf8');
const exists = (name: string) => existsSync(new URL(name, ROOT));
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1]!);
const unknown = (names: string[]) => names.filter((name) => !KNOWN.has(name));

describe('what Ambos is deployed with', () => {
  describe('Dockerfile', () => {
    const text = read('Dockerfile');
    const copied = all(text, /^COPY (?!--)(.*) \S+$/gm).flatMap((names) => names.split(' '));

    it('copies what there is, and what .dockerignore lets in', () => {
      const ignore = read('.dockerignore').split('\n');
      expect(ignore).to.include('*');
      expect(copied).to.include.members(['package.json', 'package-lock.json', '.npmrc', 'src', 'web']);
      expect(copied.filter((name) => !exists(name) || !ignore.includes(`!${name}`))).to.deep.equal([]);
    });

    it('names settings, scripts and files that there are', () => {
      expect(unknown(all(text, /^ENV (\w+)=/gm))).to.deep.equal([]);
      const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
      for (const script of all(text, /npm run ([\w:]+)/g)) expect(scripts, script).to.have.property(script);
      expect(text).to.match(/^CMD \["node", "--enable-source-maps", "dist\/main.js"\]$/m);
      expect(exists('src/main.ts')).to.equal(true);
      expect(all(text, /^(?:EXPOSE |ENV PORT=)(\d+)$/gm)).to.deep.equal(Array(2).fill(String(DEFAULTS.port)));
    });

    it('is no root, and is stopped by the signal that is listened to', () => {
      const last = text.slice(text.lastIndexOf('\nFROM '));
      expect(last).to.include('\nUSER node\n').and.include('\nSTOPSIGNAL SIGTERM\n').and.include('\nVOLUME /data\n');
      expect(last).to.include('\nENV DATA_DIR=/data\n');
    });

    it('finds out whether the server is well', async () => {
      const [, command = ''] = /^HEALTHCHECK .*? CMD (\[.*\])$/m.exec(text) ?? [];
      const [, ...args] = JSON.parse(command) as string[];
      const code = async (url: string) => {
        const child = spawn(process.execPath, args, { env: { PORT: new URL(url).port } });
        return (await once(child, 'exit'))[0] as number;
      };
      const server = await startServer({ host: '' });
      expect(await code(server.url)).to.equal(0);
      await server.close();
      expect(await code(server.url)).to.equal(1);
    });
  });

  describe('docker-compose.yml', () => {
    const text = read('docker-compose.yml');

    it('names settings and files that there are', () => {
      const [environment = ''] = all(text, /^ {2}environment:\n((?: {4}.*\n)+)/gm);
      const names = all(environment, /^ {4}(\w+):/gm);
      expect(names).to.include('REDIS_URL');
      expect(unknown(names)).to.deep.equal([]);
      const files = all(text, /"\.\/(\S+?):/g);
      expect(files).to.deep.equal(['deploy/haproxy.cfg']);
      expect(files.filter((file) => !exists(file))).to.deep.equal([]);
    });

    it('has the nodes that its proxy knows', () => {
      const nodes = all(text, /^ {2}(ambos-\d): \*node$/gm);
      expect(nodes).to.have.length(3);
      expect(all(configuration('haproxy'), /^ {2}server (ambos-\d) \1:3000$/gm)).to.deep.equal(nodes);
    });

    it('gives a node the time that its goodbyes take', () => {
      const [grace = ''] = all(text, /^ {2}stop_grace_period: (\S+)$/gm);
      expect(readDuration(grace)).to.be.above(DEFAULTS.shutdownTimeout);
    });
  });

  describe('ambos.service', () => {
    const text = read('deploy/ambos.service');

    it('names settings that there are', () => {
      const names = all(text, /^Environment=(.*)$/gm).flatMap((pairs) => all(pairs, /(\w+)=/g));
      expect(names).to.include('DATA_DIR');
      expect(unknown(names)).to.deep.equal([]);
    });

    it('gives the server the time that its goodbyes take', () => {
      expect(readDuration(all(text, /^TimeoutStopSec=(.*)$/gm)[0]!)).to.be.above(DEFAULTS.shutdownTimeout);
    });

    it('lets Node compile', () => {
      expect(text).not.to.match(/^MemoryDenyWriteExecute/m);
    });
  });

  for (const [kind, pattern, count] of [
    ['haproxy', /^ {2}timeout (?:client|server|tunnel) (\S+)$/gm, 3],
    ['nginx', /^ {2}proxy_(?:read|send)_timeout (\S+);$/gm, 2],
  ] as const) {
    it(`${kind} bears the silence between two pings`, () => {
      const silences = all(configuration(kind), pattern).map(readDuration);
      expect(silences).to.have.length(count);
      for (const silence of silences) expect(silence).to.be.above(DEFAULTS.pingInterval + DEFAULTS.pingTimeout);
    });
  }

  for (const name of ['docs/deployment.md', 'docs/scaling.md']) {
    it(`${name} names settings and files that there are`, () => {
      const text = read(name);
      expect(unknown(all(text, /`([A-Z]+(?:_[A-Z]+)+)\b[^`]*`/g))).to.deep.equal([]);
      const links = all(text, /\]\(([^)#:]+)(?:#[^)]*)?\)/g);
      expect(links.filter((link) => !existsSync(new URL(link, new URL(name, ROOT))))).to.deep.equal([]);
    });
  }
});
