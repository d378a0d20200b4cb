import { AUDIENCE, ISSUER } from '../support/forgeries.ts';
import { SECRET, tokenOf } from '../support/tokens.ts';

/** What the names and userIds of all who attack begin with. */
const MARK = 'mallory';
/** Users that attack. */
const USERS = 40;

/** Somebody who has a good token, and means harm. */
export interface Villain {
  /** Also its name. */
  userId: string;
  token: string;
}

export function isHostile(name: string): boolean {
  return name.startsWith(MARK);
}

/** They may be in rooms of their own, and speak to everybody; neither notify nor enter where the honest are. */
const PERMISSIONS = { join: ['yard-*'], read: ['yard-*', 'general'], write: ['yard-*', 'general'] };

/** @param expires Unix seconds; an hour from now where it is not given */
export async function newVillain(name: number | string, expires?: number): Promise<Villain> {
  const userId = `${MARK}-${name}`;
  const claims = { ...ISSUED, name: userId, ambos: PERMISSIONS, ...(expires !== undefined && { exp: expires }) };
  return { userId, token: await tokenOf(userId, claims) };
}

export function newVillains(): Promise<Villain[]> {
  return Promise.all(Array.from({ length: USERS }, (_, i) => newVillain(i)));
}

const ISSUED = { iss: ISSUER, aud: AUDIENCE };

/** The token of somebody honest. */
export function honestToken(name: string, rooms: readonly string[]): Promise<string> {
  const places = [...rooms, 'general'];
  return tokenOf(name, { ...ISSUED, name, ambos: { join: rooms, read: places, write: places, notify: true } });
}

/** What the server is told of tokens. */
export const JWT_SETTINGS = { JWT_SECRET: SECRET, JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE };
