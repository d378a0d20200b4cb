import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Command } from '../support/process.ts';
import type { TcpProxy } from '../support/proxy.ts';

/** Below those that systems give to clients: none of these takes the port while the server is dead. */
const PORTS = { first: 20_000, count: 12_000 };

export interface MortalOptions {
  name: string;
  port: number;
  environment: Record<string, string>;
  /** For what it writes. */
  folder: string;
  /** Its way to Redis, where it has one. */
  line?: TcpProxy | undefined;
  /** Is told of a death that nobody has ordered. */
  died: (why: string) => void;
}

/** A server that is killed and lives again, on the same port and with the same log. */
export class MortalServer {
  readonly name: string;
  readonly url: string;
  readonly line: TcpProxy | undefined;
  /** It listens, as far as is known. */
  lives = false;
  readonly #environment: Record<string, string>;
  readonly #died: (why: string) => void;
  readonly #output: WriteStream;
  #command: Command | undefined;

  constructor({ name, port, environment, folder, line, died }: MortalOptions) {
    this.name = name;
    this.line = line;
    this.#output = createWriteStream(join(folder, `${name}.log`));
    this.url = `http://127.0.0.1:${port}`;
    this.#environment = { ...environment, PORT: String(port) };
    this.#died = died;
    // It must not outlive a run that is broken off.
    process.once('exit', () => this.#command?.kill('SIGKILL'));
  }

  async start(): Promise<void> {
    const command = new Command([], this.#environment);
    this.#command = command;
    command.child.stdout?.pipe(this.#output, { end: false });
    void command.exit().then((code) => {
      if (this.#command !== command) return;
      this.lives = false;
      this.#died(`${this.name} ended by ${code}: ${command.stderr}`);
    });
    await command.url();
    this.lives = true;
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    const code = await this.#end('SIGTERM');
    if (code !== 0) this.#died(`${this.name} stopped with ${code}`);
  }

  /** From here on it does nothing, though its connections stand. */
  freeze(): void {
    this.#command?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#command?.kill('SIGCONT');
  }

  async #end(signal: NodeJS.Signals): Promise<number | string> {
    const command = this.#command;
    this.#command = undefined;
    this.lives = false;
    command?.kill(signal);
    return (await command?.exit()) ?? 0;
  }
}

/** A port that is free, and stays so for all but those who ask for it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const listener = createServer();
  try {
    listener.listen(port, '127.0.0.1');
    await once(listener, 'listening');
  } catch {
    return false;
  }
  listener.close();
  await once(listener, 'close');
  return true;
}
