import { type Detail, type ErrorCode, Refusal } from './errors.ts';
import { SYSTEM } from './message.ts';

const ROOM = /^[A-Za-z0-9_.:/@-]{1,128}$/;
// Cc, line and paragraph separators, bidirectional controls, BOM: all of them can make a name look like another's.
const FORBIDDEN = /[\p{Cc}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/u;
const INVISIBLE = /[\s\p{Z}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
const MAX_USERNAME = 64;
const MAX_USER_ID = 128;

// Letters of other scripts that read like those of "system", in either case, and that NFKC keeps apart.
const LOOK_ALIKES: Record<string, string> = {
  ѕ: 's',
  ꜱ: 's',
  ʏ: 'y',
  ᴛ: 't',
  ᴇ: 'e',
  ᴍ: 'm',
  у: 'y',
  ү: 'y',
  γ: 'y',
  υ: 'y',
  т: 't',
  τ: 't',
  е: 'e',
  ё: 'e',
  ε: 'e',
  м: 'm',
  μ: 'm',
};

/** Tells whether a string may name a room. */
export function isRoomName(name: string): boolean {
  return ROOM.test(name);
}

/**
 * Reads a username: trimmed, otherwise unchanged.
 * @returns undefined where it is absent or blank
 * @throws Refusal `invalid_username`
 */
export function parseUsername(raw: unknown): string | undefined {
  return parseName(raw, MAX_USERNAME, 'invalid_username');
}

/**
 * Reads a user's id: like a username, longer, and without spaces. An integer is read as its decimal text.
 * @returns undefined where it is absent or blank
 * @throws Refusal `invalid_user_id`
 */
export function parseUserId(raw: unknown): string | undefined {
  const id = parseName(Number.isSafeInteger(raw) ? String(raw) : raw, MAX_USER_ID, 'invalid_user_id');
  if (id !== undefined && /[\s\p{Z}]/u.test(id)) throw new Refusal('invalid_user_id', { detail: 'name_spaces' });
  return id;
}

function parseName(raw: unknown, max: number, code: ErrorCode): string | undefined {
  const refuse = (detail: Detail) => new Refusal(code, { detail, value: max });
  if (raw === undefined || raw === null) return undefined;
  if (typeof raw !== 'string') throw refuse('name_text');
  const name = raw.trim();
  if (name === '') return undefined;
  if (name.length > 2 * max || [...name].length > max) throw refuse('name_length');
  if (FORBIDDEN.test(name) || !name.isWellFormed()) throw refuse('name_characters');
  if (name.replace(INVISIBLE, '') === '') throw refuse('name_characters');
  if (readsLikeSystem(name)) throw refuse('name_reserved');
  return name;
}

function readsLikeSystem(name: string): boolean {
  const plain = name.normalize('NFKC').toLowerCase().replace(INVISIBLE, '');
  return [...plain].map((letter) => LOOK_ALIKES[letter] ?? letter).join('') === SYSTEM;
}
