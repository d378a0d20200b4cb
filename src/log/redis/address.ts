/** Where a Redis is: as people may see it, without what is secret in it. */
export function shownAddress(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}

/** The number of its database. */
export function databaseOf(url: string): number {
  return Number(/^\/(\d+)$/.exec(new URL(url).pathname)?.[1] ?? 0);
}
