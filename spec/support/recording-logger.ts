import type { Logger } from '../../src/hub/ports.ts';

/** Keeps the words of its lines, and lets a spec wait for one. */
export class RecordingLogger implements Logger {
  readonly lines: string[] = [];
  #look: () => void = () => {};

  info(_fields: object, text: string): void {
    this.lines.push(text);
    this.#look();
  }

  warn(fields: object, text: string): void {
    this.info(fields, text);
  }

  error(fields: object, text: string): void {
    this.info(fields, text);
  }

  /** Waits for a line that begins so. */
  async said(text: string): Promise<void> {
    while (!this.lines.some((line) => line.startsWith(text))) {
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }
}
