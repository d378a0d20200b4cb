/** Asks Redis to say on this node's own channel where the order stands. */
export type SendLook = (mark: string) => Promise<unknown>;

/** Looks at the order: what was published before a look has come in when its mark does. */
export class Looks {
  readonly #send: SendLook;
  readonly #marks = new Map<string, (n: number) => void>();
  #count = 0;

  constructor(send: SendLook) {
    this.#send = send;
  }

  /** Resolves with the last place that had been given, when all that was told of it has come in. */
  take(): Promise<number> {
    this.#count += 1;
    const mark = String(this.#count);
    return new Promise((resolve, reject) => {
      this.#marks.set(mark, resolve);
      this.#send(mark).catch((error) => {
        this.#marks.delete(mark);
        reject(error);
      });
    });
  }

  /** Takes a message of the node's own channel. @returns the last place given */
  marked(message: string): number {
    const [mark = '', n] = message.split(' ');
    this.#marks.get(mark)?.(Number(n));
    this.#marks.delete(mark);
    return Number(n);
  }

  /** The connection on which marks come in was another one: those that are waited for are asked for again. */
  again(): void {
    // Where it can't be sent nobody can be reached, and whoever waits gives up by himself.
    for (const mark of this.#marks.keys()) this.#send(mark).catch(() => {});
  }
}
