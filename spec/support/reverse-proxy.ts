import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../consistency/server.ts';
import { Program } from '../docs/program.ts';
import { newFolder } from './folder.ts';
import { request } from './http.ts';

export type Kind = 'nginx' | 'haproxy';

export const KINDS: readonly Kind[] = ['haproxy', 'nginx'];

/** Debian has them where the search path of its users does not go. */
const ENVIRONMENT = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/usr/local/sbin` };

/** What the system's own nginx.conf would say around ours. */
const AROUND = (folder: string, file: string) => `
daemon off;
pid ${folder}/pid;
error_log stderr;
worker_processes 2;
events { worker_connections 1000; }
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
  include ${file};
}
`;

/** Why this one can't run here, if it can't. */
export function proxyMissing(kind: Kind): string | undefined {
  const { status } = spawnSync(kind, ['-v'], { env: ENVIRONMENT });
  return status === 0 ? undefined : `there is no ${kind}: apt-get install nginx haproxy`;
}

/** A proxy before several nodes, with the configuration that is shipped: only addresses and places are others. */
export class ReverseProxy {
  readonly url: string;
  readonly #folder: string;
  readonly #program: Program;

  private constructor(url: string, folder: string, program: Program) {
    this.url = url;
    this.#folder = folder;
    this.#program = program;
  }

  /** @param urls those of three nodes */
  static async before(kind: Kind, urls: readonly string[]): Promise<ReverseProxy> {
    const folder = newFolder();
    // The workers are nobody.
    chmodSync(folder, 0o755);
    const address = `127.0.0.1:${await freePort()}`;
    const file = join(folder, 'ambos.conf');
    writeFileSync(file, adapted(configuration(kind), address, urls, folder));
    const balancer = new ReverseProxy(
      `http://${address}`,
      folder,
      new Program(kind, args(kind, folder, file), { env: ENVIRONMENT }),
    );
    await balancer.#ready();
    return balancer;
  }

  /** All that it has logged, on whatever way. */
  get logged(): string {
    const files = ['ambos.log', 'ambos-error.log'].map((name) => join(this.#folder, name));
    return [this.#program.output, ...files.filter(existsSync).map((file) => readFileSync(file, 'utf8'))].join('\n');
  }

  async close(): Promise<void> {
    await this.#program.stop();
  }

  /** It tells nobody when it listens. */
  async #ready(): Promise<void> {
    const { child } = this.#program;
    while (child.exitCode === null && child.signalCode === null) {
      const answer = await request(`${this.url}/readyz`).catch(() => undefined);
      if (answer?.status === 200) return;
      await pause(20);
    }
    throw new Error(`the proxy ended: ${this.#program.output}`);
  }
}

/** What is shipped. */
export function configuration(kind: Kind): string {
  const name = kind === 'nginx' ? 'nginx.conf' : 'haproxy.cfg';
  return readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8');
}

function adapted(text: string, address: string, urls: readonly string[], folder: string): string {
  return text
    .replace(/ambos-(\d):3000/g, (_, number) => new URL(urls[Number(number) - 1]!).host)
    .replace(/^( *)listen 80 /m, `$1listen ${address} `)
    .replace(/^( *)bind :80$/m, `$1bind ${address}`)
    .replaceAll('/var/log/nginx', folder);
}

function args(kind: Kind, folder: string, file: string): string[] {
  if (kind === 'haproxy') return ['-db', '-f', file];
  const main = join(folder, 'nginx.conf');
  writeFileSync(main, AROUND(folder, file));
  return ['-p', folder, '-c', main];
}
