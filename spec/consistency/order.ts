/** Places that are remembered: nobody is that far behind who has not read on from the log. */
const MEMORY = 200_000;

/** The one order, as it was first seen: whoever else has something of its own at an N has the same there. */
export class Order {
  readonly #entries = new Map<number, string>();

  /** @returns what another reader had there, where that was something else */
  contradiction(n: number, entry: string): string | undefined {
    const known = this.#entries.get(n);
    if (known !== undefined) return known === entry ? undefined : known;
    this.#entries.set(n, entry);
    if (this.#entries.size > MEMORY) this.#entries.delete(this.#entries.keys().next().value!);
    return undefined;
  }
}
