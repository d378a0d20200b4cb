import type { Echo } from './echo.ts';

export interface SequenceOptions {
  /** Takes the next one. */
  next(echo: Echo): void;
  /**
   * What stands behind one place, up to another one or as far as it can be had at once; undefined where something of it
   * can't be had any more. Rejects where nobody answers.
   */
  missed(after: number, upTo: number): Promise<Echo[] | undefined>;
  /** Something can't be had any more: says where the order goes on, at or above a place, and rejects where nobody answers. */
  anew(known: number): Promise<number>;
  /** What was missing has been handed out, or left behind. */
  mended(): void;
}

// More than that is read again rather than held.
const MAX_HELD = 20_000;
const MAX_HELD_CHARACTERS = 16 * 1024 ** 2;

/**
 * The order as it comes in, without gaps or repeats. What the bus has lost shows as a jump: what comes behind it is held
 * until the hole has been filled.
 */
export class Sequence {
  readonly #options: SequenceOptions;
  #head = 0;
  #given = 0;
  #held: Echo[] = [];
  #heldCharacters = 0;
  /** Something is missing. Also before the start. */
  #broken = true;
  #mending = false;

  constructor(options: SequenceOptions) {
    this.#options = options;
  }

  /** The last place that was handed out. */
  get head(): number {
    return this.#head;
  }

  /** The highest place that is known to have been given. */
  get given(): number {
    return this.#given;
  }

  /** Begins behind a place; what came in meanwhile follows. */
  start(head: number): void {
    this.#head = head;
    this.reach(head);
  }

  /** Takes what the bus says. */
  take(echo: Echo): void {
    if (this.#broken) return this.#hold(echo);
    if (this.#follows(echo)) return this.#pass(echo);
    if (echo.n <= this.#head) return;
    this.#hold(echo);
    this.#mend();
  }

  /** A place was given: if it has not come in by now, it will not. Also tries again what could not be read. */
  reach(n: number): void {
    this.#given = Math.max(this.#given, n);
    if (this.#broken || n > this.#head) this.#mend();
  }

  /** What has no place of its own follows the last place given before it. */
  #follows({ n, k }: Echo): boolean {
    return k > 0 ? n <= this.#head : n === this.#head + 1;
  }

  #pass(echo: Echo): void {
    if (echo.k === 0) this.#move(echo.n);
    this.#options.next(echo);
  }

  #move(head: number): void {
    this.#head = head;
    this.#given = Math.max(this.#given, head);
  }

  #hold(echo: Echo): void {
    if (this.#held.length >= MAX_HELD || this.#heldCharacters >= MAX_HELD_CHARACTERS) this.#letGo();
    this.#held.push(echo);
    this.#heldCharacters += echo.payload.length;
    this.#given = Math.max(this.#given, echo.n);
  }

  #letGo(): void {
    this.#held = [];
    this.#heldCharacters = 0;
  }

  #mend(): void {
    this.#broken = true;
    if (this.#mending) return;
    this.#mending = true;
    void this.#fill();
  }

  async #fill(): Promise<void> {
    try {
      for (let target = this.#drain(); target > this.#head; target = this.#drain()) {
        const echoes = await this.#options.missed(this.#head, target);
        if (echoes) for (const echo of echoes) this.#pass(echo);
        else this.#move(await this.#options.anew(this.#given));
      }
      this.#broken = false;
      this.#options.mended();
    } catch {
      // Whoever finds Redis again says where the order stands, and with that it goes on.
    } finally {
      this.#mending = false;
    }
  }

  /** Hands out what is held, as far as nothing is missing. @returns the place up to which something is */
  #drain(): number {
    for (const [i, echo] of this.#held.entries()) {
      if (this.#follows(echo)) this.#pass(echo);
      else if (echo.n > this.#head) {
        this.#held.splice(0, i);
        return echo.k > 0 ? echo.n : echo.n - 1;
      }
    }
    this.#letGo();
    return this.#given;
  }
}
