import { type Locale, say, TEXTS } from '../protocol/texts.ts';
import type { Session } from './session.ts';

/** The log line of a connection that comes or goes. @param total how many there are now */
export function connectionLine(
  what: 'connected' | 'disconnected',
  { user, transport, id, address }: Session,
  total: number,
  locale: Locale,
): [fields: object, text: string] {
  const who = { username: user.name, userId: user.id, transport: transport.name, session: id, address };
  return [{ event: what, ...who, total }, `${say(TEXTS[what], locale)}: ${user.name} (${user.id}) - Total: ${total}`];
}
