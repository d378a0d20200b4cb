import type { Draft, Entry, Receipt } from '../hub/ports.ts';
import { formatId } from '../protocol/id.ts';
import { type Body, stamp } from '../protocol/message.ts';
import type { Row } from './store/messages.ts';

/** A draft that has been given its place. */
export function toEntry({ class: kind, body, rooms, presence }: Draft, { n, id, timestamp }: Receipt): Entry {
  const entry: Entry = { n, class: kind, rooms, message: stamp(body, id, timestamp) };
  if (presence) entry.presence = presence;
  return entry;
}

/** Is it of a class of which something is kept? */
export function isKept(draft: Draft): boolean {
  return draft.class === 'durable' || draft.class === 'state';
}

/** A message as it was stored. */
export function fromRow([n, t, rooms, body]: Row, kind: 'durable' | 'state'): Entry {
  return { n, class: kind, rooms, message: stamp(JSON.parse(body) as Body, formatId(n, t), t) };
}
