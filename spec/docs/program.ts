import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * A program that serves: an example, or a command of an installed package. Signals go to its whole group where it is
 * started `detached`: npx does not pass them on.
 */
export class Program {
  readonly child: ChildProcess;
  output = '';
  readonly #group: boolean;
  readonly #ended: Promise<unknown[]>;

  /** Starts it on a free port. */
  constructor(command: string, args: string[], { env, ...options }: SpawnOptions = {}) {
    this.child = spawn(command, args, { ...options, env: { ...process.env, PORT: '0', ...env } });
    this.#group = options.detached === true;
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (text) => (this.output += text));
    this.#ended = once(this.child, 'close');
  }

  /** What the pattern captures in its output, as soon as that is there. */
  async find(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.output)?.[1];
      if (found !== undefined) return found;
      const end = this.child.exitCode ?? this.child.signalCode;
      if (end !== null) throw new Error(`ended by ${end}, before ${pattern}: ${this.output}`);
      await Promise.race([once(this.child.stdout!, 'data'), once(this.child.stderr!, 'data'), this.#ended]);
    }
  }

  /** The process's exit code; the signal's name where one ended it. */
  async exit(): Promise<number | string> {
    const [code, signal] = (await this.#ended) as [number | null, string | null];
    return code ?? signal ?? '';
  }

  /** Asks it to end; resolves as `exit` does, when nobody writes to its output any more. */
  stop(): Promise<number | string> {
    this.#signal('SIGTERM');
    return this.exit();
  }

  kill(): void {
    if (this.child.exitCode === null && this.child.signalCode === null) this.#signal('SIGKILL');
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#group) process.kill(-this.child.pid!, signal);
    else this.child.kill(signal);
  }
}
