/** Which numbers of a series have come. As they come nearly in order, only what is out of it takes memory. */
export class Series {
  /** All below have come. */
  #floor = 0;
  readonly #above = new Set<number>();

  /** @returns false where it has come before */
  add(number: number): boolean {
    if (number < this.#floor || this.#above.has(number)) return false;
    this.#above.add(number);
    while (this.#above.delete(this.#floor)) this.#floor += 1;
    return true;
  }

  /** How many have come. */
  get count(): number {
    return this.#floor + this.#above.size;
  }
}
