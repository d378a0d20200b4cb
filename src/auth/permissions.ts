import type { Permissions } from '../hub/ports.ts';

const LISTS = ['join', 'read', 'write', 'send'] as const;
const FLAGS = ['notify', 'admin'] as const;
type List = (typeof LISTS)[number];
type Flag = (typeof FLAGS)[number];
const KEYS: readonly string[] = [...LISTS, ...FLAGS];
/** What the names of rooms and types are made of, and `*`. */
const PATTERN = /^[A-Za-z0-9_.:/@*-]{1,128}$/;
const MAX_PATTERNS = 256;

/** Whoever has shown who it is, and of whom nothing more is said: every room, but neither notifications nor anything of the server's. */
export const USUAL: Permissions = { join: ['*'], read: ['*'], write: ['*'], send: ['*'], notify: false, admin: false };

/**
 * Reads permissions as tokens and backends carry them: `{"join":["*"],"write":["team-*"],"notify":true}`. An absent list is
 * `["*"]`, so a misspelt one must not pass for absent.
 *
 * @throws TypeError whose message is for the operator
 */
export function decodePermissions(raw: unknown): Permissions {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    throw new TypeError('permissions must be an object');
  const stranger = Object.keys(raw).find((key) => !KEYS.includes(key));
  if (stranger !== undefined) throw new TypeError(`permissions have no "${stranger.slice(0, 32)}": ${KEYS.join(', ')}`);
  const given = raw as Record<string, unknown>;
  const lists = Object.fromEntries(LISTS.map((key) => [key, decodeList(key, given[key])]));
  const flags = Object.fromEntries(FLAGS.map((key) => [key, decodeFlag(key, given[key])]));
  return { ...(lists as Record<List, readonly string[]>), ...(flags as Record<Flag, boolean>) };
}

function decodeList(key: string, raw: unknown): readonly string[] {
  if (raw === undefined) return ['*'];
  const valid = Array.isArray(raw) && raw.length <= MAX_PATTERNS && raw.every(isPattern);
  if (valid) return [...raw];
  throw new TypeError(
    `permission "${key}" must be a list of at most ${MAX_PATTERNS} names or patterns such as "team-*"`,
  );
}

function decodeFlag(key: string, raw: unknown): boolean {
  if (raw === undefined) return false;
  if (typeof raw === 'boolean') return raw;
  throw new TypeError(`permission "${key}" must be true or false`);
}

function isPattern(raw: unknown): raw is string {
  return typeof raw === 'string' && PATTERN.test(raw);
}

export function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => matches(pattern, name));
}

/**
 * Is the name one of the pattern's? No regular expression: patterns come from outside. It goes back to the latest `*`
 * alone, so the longest of both take some thousand steps.
 */
export function matches(pattern: string, name: string): boolean {
  let p = 0;
  let star = -1;
  let resume = 0;
  for (let n = 0; n < name.length; ) {
    if (pattern[p] === '*') {
      star = p++;
      resume = n;
    } else if (pattern[p] === name[n]) {
      p += 1;
      n += 1;
    } else if (star >= 0) {
      p = star + 1;
      resume += 1;
      n = resume;
    } else return false;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
