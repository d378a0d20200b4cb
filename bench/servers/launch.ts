import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { answers } from './answers.ts';
import { CORES, pinned } from './pin.ts';

/** Where no configuration file lies. */
const HERE = fileURLToPath(new URL('.', import.meta.url));
const PATIENCE = 15_000;
/** What start-up leaves to be done is done. */
const SETTLE = 500;

export interface RunningServer {
  readonly port: number;
  readonly pid: number;
  /** False where it has ended by itself. */
  alive(): boolean;
  /** Kills it and starts it again at the same place. Resolves with the new process at once, before that listens. */
  restart(): Promise<number>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server on a free port, with nothing of our own environment that could set it up otherwise. */
export async function launch(command: readonly string[], settings: Record<string, string>): Promise<RunningServer> {
  const port = await freePort();
  let child = start(command, port, settings);
  const stop = () => end(child);
  process.once('exit', stop);
  await listening(child, port);
  await sleep(SETTLE);
  return {
    port,
    pid: child.pid!,
    alive: () => isAlive(child),
    restart: async () => {
      await end(child);
      child = start(command, port, settings);
      return child.pid!;
    },
    kill: () => end(child),
    stop: () => {
      process.off('exit', stop);
      return end(child);
    },
  };
}

function start(command: readonly string[], port: number, settings: Record<string, string>): ChildProcess {
  const [program, ...args] = pinned(CORES.server, command);
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, NODE_ENV: 'production', AUTH: 'off', HOST: '127.0.0.1', PORT: String(port), ...settings };
  return spawn(program, args, { env, cwd: HERE, stdio: ['ignore', 'ignore', 'inherit'] });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  const begin = Date.now();
  while (!(await answers(port))) {
    if (!isAlive(child)) throw new Error(`The server ended with ${child.exitCode}`);
    if (Date.now() - begin > PATIENCE) throw new Error(`The server does not listen: ${child.spawnargs.join(' ')}`);
    await sleep(50);
  }
}

export async function end(child: ChildProcess): Promise<void> {
  if (!isAlive(child)) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

export function isAlive({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
