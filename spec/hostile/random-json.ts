import type { Random } from '../consistency/random.ts';

/** Names that have done harm elsewhere. */
export const NAMES = [
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'toJSON',
  'length',
  'then',
  '__defineGetter__',
  '_placeholder',
] as const;

const CHARACTERS = ['a', 'Z', '0', ' ', '"', '\\', '\n', '\0', '\u2028', '\u202e', '\ufeff', 'é', '漢', '😀', '<', '%'];
const WORDS = 'abcdefghijklmnopqrstuvwxyz';

/** Well-formed text of odd characters. */
export function oddText(random: Random, most = 24): string {
  return Array.from({ length: 1 + random.below(most) }, () => random.pick(CHARACTERS)).join('');
}

/** Lower-case letters, as many as are asked for. */
export function word(random: Random, length = 8): string {
  return Array.from({ length }, () => WORDS[random.below(WORDS.length)]!).join('');
}

/** Any value that a message may have as its data: neither too deep nor ill-formed. */
export function oddValue(random: Random, depth = 4): unknown {
  const kind = random.below(depth > 0 ? 8 : 6);
  if (kind === 0) return oddText(random);
  if (kind === 1) return random.pick([0, -0, 1e308, 5e-324, 2 ** 53, -1, Number(random.next().toFixed(9))]);
  if (kind === 2) return random.chance(0.5);
  if (kind === 3) return null;
  if (kind === 4) return word(random);
  if (kind === 5) return {};
  const values = Array.from({ length: random.below(4) }, () => oddValue(random, depth - 1));
  if (kind === 6) return values;
  return Object.fromEntries(
    values.map((value) => [random.chance(0.5) ? random.pick(NAMES) : oddText(random, 8), value]),
  );
}

/** What is no text. */
export function noText(random: Random): unknown {
  return random.pick<unknown>([0, 1.5, true, false, {}, [], ['x'], { length: 1 }, [[]], { toString: 'x' }]);
}
