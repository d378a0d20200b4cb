import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import type { Context } from 'mocha';
import { newFolder } from './folder.ts';
import { skip } from './skip.ts';

const PROGRAMS = ['redis-server', 'valkey-server'];
const PREFIX = 'ambos-spec';
const WHY = `no ${PROGRAMS.join(' or ')} here: install one (apt install redis-server), version 7.0 or newer`;

/** A Redis that a spec only uses: one of its own or, where this machine has none, the one of REDIS_URL. */
export interface AnyRedis {
  url: string;
  stop(): Promise<void>;
}

/** Skips the spec, loudly, where there is neither. */
export async function startRedis(context: Context): Promise<AnyRedis> {
  const url = process.env['REDIS_URL'];
  if (url === undefined || programHere() !== undefined) return RedisServer.start(context);
  return { url, stop: () => forget(url) };
}

/** A name for a spec's keys, in a Redis that others may use. */
export function newPrefix(): string {
  return `${PREFIX}-${randomBytes(6).toString('hex')}`;
}

async function forget(url: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true });
  await redis.connect();
  const keys = await redis.keys(`{${PREFIX}-*`);
  if (keys.length > 0) await redis.unlink(...keys);
  redis.disconnect();
}

function programHere(): string | undefined {
  return PROGRAMS.find((name) => spawnSync(name, ['--version']).status === 0);
}

/** A Redis of a spec's own, on a free port. It keeps nothing on a disk unless it is told to. */
export class RedisServer {
  readonly url: string;
  readonly #port: number;
  readonly #args: string[];
  readonly #program: string;
  #child: ChildProcess | undefined;

  private constructor(program: string, port: number, args: string[]) {
    const folder = newFolder();
    this.#program = program;
    this.#port = port;
    this.url = `redis://127.0.0.1:${port}`;
    const address = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder];
    this.#args = [...address, '--save', '', '--appendonly', 'no', ...args];
  }

  /** Skips the spec, loudly, where this machine has none. */
  static async start(context: Context, ...args: string[]): Promise<RedisServer> {
    const program = programHere();
    if (program === undefined) skip(context, 'what needs a Redis of its own', WHY);
    const server = new RedisServer(program ?? '', await freePort(), args);
    await server.start();
    return server;
  }

  /** Starts it again, with what it has on its disk. */
  async start(): Promise<void> {
    this.#child = spawn(this.#program, this.#args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    for await (const chunk of this.#child.stdout!) {
      said += chunk;
      if (said.includes('Ready to accept connections')) break;
    }
    if (!said.includes('Ready to accept connections')) throw new Error(`Redis has not started: ${said}`);
  }

  /** Ends it in order, or as a crash does. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    child.kill('SIGCONT');
    await exit;
  }

  /** It stands still: connections stay, nobody answers. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Runs one command, on a connection of its own. */
  async command(name: string, ...args: string[]): Promise<unknown> {
    const redis = new Redis(this.#port, '127.0.0.1', { lazyConnect: true });
    await redis.connect();
    try {
      return await redis.call(name, ...args);
    } finally {
      redis.disconnect();
    }
  }

  /** Runs commands in one step. */
  script(text: string): Promise<unknown> {
    return this.command('EVAL', text, '0');
  }

  /** Cuts the connections of all who hear what is published. */
  async cutEars(): Promise<void> {
    await this.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
  }
}

async function freePort(): Promise<number> {
  const listener = net.createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  return port;
}
