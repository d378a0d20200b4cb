import type { Caller } from './callers.ts';

/** Any page of the world. */
const ANY = '*';
/** The pages of this server. */
const SAME = 'same-origin';

/** Which pages may talk to the server: any, its own, or those of a list. */
export class Origins {
  readonly #allowed: ReadonlySet<string>;

  /** @param allowed origins such as `https://example.org`; `same-origin` allows the server's own, `*` any */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed.map(normalized));
  }

  /** Every page of the world may connect. */
  get open(): boolean {
    return this.#allowed.has(ANY);
  }

  /** A client that is no page has no origin: it is not what this protects from. */
  allows({ origin, host }: Pick<Caller, 'origin' | 'host'>): boolean {
    if (this.open || origin === undefined || this.#allowed.has(origin)) return true;
    return this.#allowed.has(SAME) && isSame(origin, host);
  }

  /** What `Access-Control-Allow-Origin` says to a caller; undefined where it is not to be there. */
  header(caller: Pick<Caller, 'origin' | 'host'>): string | undefined {
    if (this.open) return ANY;
    return this.allows(caller) ? caller.origin : undefined;
  }
}

/** As a browser writes it: lower case, without a path or a default port. */
function normalized(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).origin : origin;
}

/** Hosts alone are compared: where a proxy speaks TLS, the server does not know its own scheme. */
function isSame(origin: string, host: string | undefined): boolean {
  if (!/^https?:\/\//.test(origin) || !URL.canParse(origin) || !host || /[/\\?#@]/.test(host)) return false;
  const page = new URL(origin);
  const own = `${page.protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === page.host;
}
