/** Calls of one route that were answered alike. */
export interface Count {
  route: string;
  status: number;
  calls: number;
}

/** Counts what backends ask for, by route and status: by names that are in a path it would grow without bound. */
export class Calls {
  readonly #counts = new Map<string, Count>();

  /** @param route as it is written down, such as `/api/users/:id/bar` */
  add(route: string, status: number): void {
    const key = `${status} ${route}`;
    const count = this.#counts.get(key) ?? { route, status, calls: 0 };
    count.calls += 1;
    this.#counts.set(key, count);
  }

  counts(): Iterable<Count> {
    return this.#counts.values();
  }
}
