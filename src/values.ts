import { z } from 'zod';
import { isTrustable, type Trust } from './auth/callers.ts';
import { type OwnType, parseType } from './protocol/own-type.ts';

// Kinds of values: each reads the text of a flag or variable, or the value that code gives.

const UNITS: Record<string, number> = { '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Node's timers take no more: beyond it they fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;
const SIZES: Record<string, number> = { '': 1, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 };

const quantity = (units: Record<string, number>, words: string, max = Number.MAX_SAFE_INTEGER) =>
  z.union([z.number(), z.string()]).transform((raw, context) => {
    const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(String(raw).trim().toLowerCase()) ?? [];
    const value = Number(digits) * (units[unit] ?? Number.NaN);
    if (value >= 1 && value <= max) return value;
    context.addIssue({ code: 'custom', message: `expected ${words}` });
    return z.NEVER;
  });

export const DURATION = 'a duration such as 500ms, 25s, 10m, 24h or 7d';
export const age = quantity(UNITS, DURATION);
export const duration = quantity(UNITS, `${DURATION}, at most 24d`, LONGEST_TIMER);
export const size = quantity(SIZES, 'a size such as 65536, 64KiB or 1MiB');
export const pause = z.union([z.literal([0, '0']).transform(() => 0), duration], `expected 0 or ${DURATION}`);
export const count = (min: number, max = Number.MAX_SAFE_INTEGER) =>
  z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^\s*\d+\s*$/, 'expected a whole number')
          .transform(Number),
      ],
      'expected a whole number',
    )
    .pipe(
      z
        .number()
        .int('expected a whole number')
        .min(min, `expected at least ${min}`)
        .max(max, `expected at most ${max}`),
    );
export const list = z
  .union([z.array(z.string()), z.string()])
  .transform((raw) => (Array.isArray(raw) ? raw : raw.split(',')).map((item) => item.trim()).filter(Boolean));
export const trust = z.union([z.number(), z.array(z.string()), z.string()]).transform((raw, context): Trust => {
  if (/^\s*\d+\s*$/.test(String(raw))) return Number(raw);
  const entries = (Array.isArray(raw) ? raw : String(raw).split(',')).map((entry) => entry.trim()).filter(Boolean);
  if (entries.every(isTrustable)) return entries;
  context.addIssue({ code: 'custom', message: 'expected addresses such as 10.0.0.0/8, ::1, or a number of proxies' });
  return z.NEVER;
});
export const oneOf = <const T extends readonly string[]>(names: T) =>
  z.enum(names, `expected one of ${names.join(', ')}`);
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0'])], 'expected true or false')
  .transform((raw) => raw === true || raw === 'true' || raw === '1');
export const folder = z.string().min(1, 'expected a folder');
export const namespace = z.string().regex(/^\/[\w\-./]*$/, 'expected a path such as / or /chat');

export const types = z
  .union([z.string(), z.array(z.union([z.string(), z.custom<OwnType>(isOwnType)]))])
  .transform((raw, context) => {
    try {
      return distinct((typeof raw === 'string' ? raw.split(',') : raw).filter(Boolean).map(toOwnType));
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
      return z.NEVER;
    }
  });

const REDIS_URL = 'an address such as redis://user:password@host:6379/0, or rediss:// with TLS';
export const redisUrl = z.string().refine((text) => text === '' || isRedisUrl(text), `expected ${REDIS_URL}`);
export const redisPrefix = z.string().regex(/^[\w.:-]{1,64}$/, 'expected a name of letters, digits and . _ : -');

const KEY = /^[\x21-\x7E]{16,256}$/;
export const apiKeys = list.refine(
  (keys) => keys.every((key) => KEY.test(key)),
  'expected keys of 16 to 256 characters of ASCII without spaces, separated by commas',
);

function isRedisUrl(text: string): boolean {
  return URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol) && new URL(text).hostname !== '';
}

function isOwnType(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'parse' in value && 'class' in value;
}

function toOwnType(type: string | OwnType): OwnType {
  return typeof type === 'string' ? parseType(type) : type;
}

function distinct(types: OwnType[]): OwnType[] {
  const names = types.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new TypeError(`The type "${twice}" is defined twice`);
  return types;
}
