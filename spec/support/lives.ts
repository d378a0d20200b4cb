import { createServer } from 'node:net';
import { newFolder } from './folder.ts';
import { Command } from './process.ts';

/**
 * A server that is a process of its own, and may die: its next life has the same folder and port.
 *
 *     const server = await Lives.begin({ PRESENCE_GRACE: '1s' });
 *     await server.kill();
 *     await server.begin();
 */
export class Lives {
  readonly folder = newFolder();
  readonly url: string;
  /** The present life, or the last one. */
  command!: Command;
  readonly #environment: Record<string, string>;

  private constructor(port: number, environment: Record<string, string>) {
    this.url = `http://127.0.0.1:${port}`;
    this.#environment = {
      PORT: String(port),
      LOG: 'sqlite',
      DATA_DIR: this.folder,
      RATE_BURST: '100000',
      ...environment,
    };
  }

  static async begin(environment: Record<string, string> = {}): Promise<Lives> {
    const lives = new Lives(await freePort(), environment);
    await lives.begin();
    return lives;
  }

  async begin(): Promise<void> {
    this.command = new Command([], this.#environment);
    await this.command.url();
  }

  /** Ends it without a word: nothing of it runs any more. */
  async kill(): Promise<void> {
    this.command.kill('SIGKILL');
    await this.command.exit();
  }

  /** Asks it to end. @returns how it did */
  async stop(): Promise<number | string> {
    this.command.kill('SIGTERM');
    return this.command.exit();
  }
}

/** Below those that the system gives to connections: none may have it between two lives, a client's own try least of all. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const listener = createServer();
    listener.once('error', () => resolve(false));
    listener.listen(port, '127.0.0.1', () => listener.close(() => resolve(true)));
  });
}
