import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Characters that wait for the disk. */
const PAGE = 65_536;

/**
 * What somebody saw, on a disk and not in memory: a line per message, `<N> <place>`, and remarks that begin with `#`. It
 * is only read again where something is wrong.
 */
export class Journal {
  readonly path: string;
  readonly #began = performance.now();
  #waiting = '';

  constructor(folder: string, name: string) {
    this.path = join(folder, `${name}.txt`);
  }

  write(n: number, place: string): void {
    this.#append(`${n} ${place}`);
  }

  remark(text: string): void {
    this.#append(`# ${Math.round(performance.now() - this.#began)} ms: ${text}`);
  }

  /** The Ns of a place. */
  of(place: string): Set<number> {
    this.flush();
    const lines = readFileSync(this.path, 'utf8').split('\n');
    const end = ` ${place}`;
    return new Set(
      lines.filter((line) => line.endsWith(end) && line[0] !== '#').map((line) => Number.parseInt(line, 10)),
    );
  }

  flush(): void {
    appendFileSync(this.path, this.#waiting);
    this.#waiting = '';
  }

  #append(line: string): void {
    this.#waiting += `${line}\n`;
    if (this.#waiting.length > PAGE) this.flush();
  }
}
