/** Complaints that are kept in words; further ones are only counted. */
const WORDS = 20;

type Names<K extends string> = Record<K, string>;
type Numbers<K extends string> = Record<K, number>;

/** Counts what happens in a trial and what should not have, and has a few words about the latter. */
export class Counts<Event extends string, Failure extends string> {
  readonly events: Numbers<Event>;
  readonly failures: Numbers<Failure>;
  readonly complaints: string[] = [];
  readonly #eventNames: Names<Event>;
  readonly #failureNames: Names<Failure>;

  /** @param events what each is called in the table @param failures the same */
  constructor(events: Names<Event>, failures: Names<Failure>) {
    this.#eventNames = events;
    this.#failureNames = failures;
    this.events = zeros(events);
    this.failures = zeros(failures);
  }

  count(event: Event, by = 1): void {
    this.events[event] += by;
  }

  fail(failure: Failure, words: string, by = 1): void {
    if (by === 0) return;
    this.failures[failure] += by;
    if (this.complaints.length < WORDS) this.complaints.push(`${this.#failureNames[failure]}: ${words}`);
  }

  get failed(): boolean {
    return Object.values<number>(this.failures).some((count) => count > 0);
  }

  /** As a table. */
  toString(): string {
    const lines = [...rows(this.#eventNames, this.events), '', ...rows(this.#failureNames, this.failures)];
    return [...lines, ...this.complaints.map((words) => `  ${words}`)].join('\n');
  }
}

/** One line of a table. */
export function row(name: string, value: number | string): string {
  const text = typeof value === 'number' ? value.toLocaleString('en-US') : value;
  return `${name.padEnd(40)}${text.padStart(12)}`;
}

function zeros<K extends string>(names: Names<K>): Numbers<K> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, 0])) as Numbers<K>;
}

function rows<K extends string>(names: Names<K>, counts: Numbers<K>): string[] {
  const keys = Object.keys(names) as K[];
  return keys.map((key) => row(names[key], counts[key]));
}
