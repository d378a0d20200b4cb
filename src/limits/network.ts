/**
 * Whose address it is, as far as limits are concerned: an IPv6 address counts with all others of its /64, since whoever has
 * one of them has them all (RFC 6177). An IPv4 address counts for itself, also where it is written as an IPv6 one.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const groups = groupsOf(address.toLowerCase());
  if (groups.slice(0, 6).join(':') === MAPPED) return dotted(groups.slice(6));
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** What stands before an IPv4 address in an IPv6 one. */
const MAPPED = '0:0:0:0:0:ffff';

/** All eight, without zeros in front. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.replace(/\d+(?:\.\d+){3}$/, inGroups).split('::');
  const before = head.split(':').filter(Boolean);
  const behind = (tail ?? '').split(':').filter(Boolean);
  const between = Array<string>(Math.max(0, 8 - before.length - behind.length)).fill('0');
  return [...before, ...between, ...behind].map((group) => group.replace(/^0+(?=.)/, ''));
}

/** `192.0.2.1` → `c000:201` */
function inGroups(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** `c000:201` → `192.0.2.1` */
function dotted(groups: string[]): string {
  const values = groups.map((group) => Number.parseInt(group, 16));
  return values.flatMap((value) => [value >> 8, value & 255]).join('.');
}
