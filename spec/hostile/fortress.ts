import { Command } from '../support/process.ts';

const SCALES = new URL('./scales.ts', import.meta.url).href;

/** What the server weighs, in bytes. */
export interface Weight {
  rss: number;
  heap: number;
}

/** The server that is attacked, as a process of its own. */
export class Fortress {
  url = '';
  readonly #command: Command;
  readonly #died: (why: string) => void;
  /** It has ended before it was told to. */
  fallen = false;
  #weighed = 0;
  #ending = false;

  /** @param died is told where it ends before it is told to */
  constructor(environment: Record<string, string>, died: (why: string) => void) {
    this.#died = died;
    this.#command = new Command([], environment, ['--import', 'tsx', '--import', SCALES]);
    // It must not outlive a run that is broken off.
    process.once('exit', () => this.#command.kill('SIGKILL'));
    void this.#command.exit().then((code) => {
      this.fallen = !this.#ending;
      if (this.fallen) died(`it ended by ${code}: ${this.#command.stderr}`);
    });
  }

  async start(): Promise<void> {
    this.url = await this.#command.url();
  }

  /** After a collection of its garbage. */
  async weigh(): Promise<Weight> {
    this.#weighed += 1;
    const event = `"event":"weighed ${this.#weighed}"`;
    this.#command.kill('SIGUSR2');
    await this.#command.line(event);
    const line = this.#lines.find((text) => text.includes(event))!;
    return JSON.parse(line) as Weight;
  }

  /** Its log, and what it complained of beside it. */
  get log(): { lines: string[]; complaints: string } {
    return { lines: this.#lines, complaints: this.#command.stderr };
  }

  async stop(): Promise<void> {
    this.#ending = true;
    this.#command.kill('SIGTERM');
    const code = await this.#command.exit();
    if (code !== 0 && !this.fallen) this.#died(`it stopped with ${code}: ${this.#command.stderr}`);
  }

  get #lines(): string[] {
    return this.#command.stdout.split('\n');
  }
}
