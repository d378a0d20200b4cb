import { type Body, DEFAULT_ROOM, SYSTEM } from '../protocol/message.ts';
import { type Locale, say, TEXTS } from '../protocol/texts.ts';
import type { UserRows } from '../protocol/user-rows.ts';
import type { Draft, PresenceChange } from './ports.ts';
import type { Room } from './room.ts';
import type { Attendee } from './session.ts';

/** What presence is held to. */
export interface PresenceLimits {
  /** A room with more users announces nobody. */
  announceLimit: number;
  /** Rows of a list at most. */
  userListLimit: number;
}

/** What there is to a coming or going beside itself. */
interface Circumstances {
  claims?: string | undefined;
  lost?: boolean;
}

/** Who is here: turns comings and goings into drafts, and rooms into lists. All tabs of a user count as one. */
export class Presence {
  readonly #limits: PresenceLimits;
  readonly #locale: Locale;

  constructor(limits: PresenceLimits, locale: Locale) {
    this.#limits = limits;
    this.#locale = locale;
  }

  /**
   * The draft of a session's coming or going. Whether anybody hears of it is decided at its place in the order, where
   * everyone agrees on who was there before.
   */
  draft(type: 'user_joined' | 'user_left', { id, user }: Attendee, room: string, more: Circumstances = {}): Draft {
    const body: Body = {
      type,
      content: say(TEXTS[type], this.#locale, user.name),
      from: SYSTEM,
      data: { username: user.name, userId: user.id },
    };
    if (room !== DEFAULT_ROOM) body.room = room;
    const presence: PresenceChange = { room, user: { id: user.id, name: user.name }, session: id };
    if (more.claims !== undefined) presence.claims = more.claims;
    if (more.lost) presence.lost = true;
    return { class: 'presence', body, rooms: [room], presence };
  }

  /** Does a room tell its members who comes and goes? Large ones would talk of nothing else. */
  announces(room: Room): boolean {
    return room.roster.size <= this.#limits.announceLimit;
  }

  /** The list of a room as one user sees it. */
  list(room: Room, reader: string): Body<UserRows> {
    const { size } = room.roster;
    const rows = room.roster.rows(reader, this.#limits.userListLimit);
    const body: Body<UserRows> = {
      type: 'user_list',
      content: say(TEXTS.user_list, this.#locale),
      from: SYSTEM,
      data: rows,
    };
    if (room.name !== DEFAULT_ROOM) body.room = room.name;
    if (rows.length < size || !this.announces(room)) body.total = size;
    return body;
  }
}
