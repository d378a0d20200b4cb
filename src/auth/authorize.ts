import type { Action, Authorize, Permissions, Target, User } from '../hub/ports.ts';
import { DEFAULT_ROOM } from '../protocol/message.ts';
import { matchesAny } from './permissions.ts';

/** Types that keep a connection going: whoever may connect may send them. */
const FREE = new Set<string | undefined>(['heartbeat', 'user_list', 'leave', 'auth']);

/**
 * May this user do that? Without permissions everybody may do what the table of types lets a client do (PROTOCOL.md,
 * "Types"): the codec has already refused the rest, and membership is the hub's own matter.
 */
export function authorize({ permissions }: User, action: Action, target: Target): boolean {
  if (permissions === undefined || permissions.admin || isFree(action, target)) return true;
  return permits(permissions, action, target);
}

/**
 * Who is not refused by what it carries of permissions is asked about elsewhere, too.
 * @param ask is told the default room by its name, and nothing of what a message says
 */
export function alsoAsking(ask: Authorize): Authorize {
  return (user, action, target) => {
    if (isFree(action, target)) return true;
    return authorize(user, action, target) && ask(user, action, inShort(target));
  };
}

/** The default room is everybody's, and its list, like every room's, its members'. */
function isFree(action: Action, { type, room }: Target): boolean {
  return FREE.has(type) || (action === 'join' && (room === undefined || room === DEFAULT_ROOM));
}

function permits({ join, read, write, send, notify }: Permissions, action: Action, target: Target): boolean {
  const { type = '', room = DEFAULT_ROOM, to } = target;
  if (action === 'join') return matchesAny(join, room);
  if (action === 'read') return matchesAny(read, room);
  // Whoever may write nowhere may not write to users either.
  const reachable = to === undefined ? matchesAny(write, room) : write.length > 0;
  return reachable && (type === 'notification' ? notify : matchesAny(send, type));
}

function inShort({ type, room = DEFAULT_ROOM, to }: Target): Target {
  return { ...(type !== undefined && { type }), ...(to === undefined ? { room } : { to }) };
}
