import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { builtMain } from './built.ts';

/** The command, as a process of its own. */
export class Command {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #exited: Promise<unknown[]>;

  /** @param flags of Node itself */
  constructor(args: string[] = [], environment: Record<string, string> = {}, flags: string[] = []) {
    this.child = spawn(process.execPath, [...flags, builtMain(), ...args], {
      env: { ...process.env, HOST: '127.0.0.1', PORT: '0', LOG: 'memory', REDIS_URL: '', ...environment },
    });
    this.child.stdout?.on('data', (text) => (this.stdout += text));
    this.child.stderr?.on('data', (text) => (this.stderr += text));
    this.#exited = once(this.child, 'exit');
  }

  /** The process's exit code; the signal's name where one ended it. */
  async exit(): Promise<number | string> {
    const [code, signal] = (await this.#exited) as [number | null, string | null];
    return code ?? signal ?? '';
  }

  /** Where it listens, once it does. */
  async url(): Promise<string> {
    await this.line('"event":"listening"');
    return /"url":"([^"]+)"/.exec(this.stdout)?.[1] ?? '';
  }

  /** Waits until the standard output has this text. */
  async line(text: string): Promise<void> {
    while (!this.stdout.includes(text)) {
      const end = this.child.exitCode ?? this.child.signalCode;
      if (end !== null) throw new Error(`ended by ${end}, before ${text}: ${this.stderr}${this.stdout}`);
      await Promise.race([once(this.child.stdout!, 'data'), this.#exited]);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}
