/** Which pages may talk to the server: any, or those of a list. */
export class Origins {
  readonly #allowed: ReadonlySet<string>;

  /** @param allowed origins such as `https://example.org`; `*` allows any */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed.map(normalized));
  }

  /** Every page of the world may connect. */
  get open(): boolean {
    return this.#allowed.has('*');
  }

  get list(): string[] {
    return [...this.#allowed];
  }

  /** A client that is no page has no origin: it is not what this protects from. */
  allows(origin: string | undefined): boolean {
    return this.open || origin === undefined || this.#allowed.has(origin);
  }
}

/** As a browser writes it: lower case, without a path or a default port. */
function normalized(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).origin : origin;
}
