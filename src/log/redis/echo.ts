import type { Draft, Entry, PresenceChange, Receipt } from '../../hub/ports.ts';
import { formatId } from '../../protocol/id.ts';
import { type Body, type DeliveryClass, stamp } from '../../protocol/message.ts';

export interface Place {
  n: number;
  /** Unix seconds. */
  t: number;
  /** Of what has no place of its own; else 0. */
  k: number;
}

/** What was published, as the bus says it to every node: its place, who published it, and the rest still as JSON. */
export interface Echo extends Place {
  /** The publishing node and its number there. */
  tag: string;
  payload: string;
}

/** What a draft says, without its place: written once, for the bus and for what is kept. */
export function toPayload({ class: kind, rooms, presence, body }: Draft): string {
  return JSON.stringify([kind, rooms, presence ?? null, body]);
}

/** Reads `n t k tag payload`. */
export function readEcho(text: string): Echo {
  const { words, rest } = cut(text, 4);
  return { n: Number(words[0]), t: Number(words[1]), k: Number(words[2]), tag: words[3]!, payload: rest };
}

/** Reads `n t k`. */
export function readPlace(text: string): Place {
  const [n, t, k] = text.split(' ');
  return { n: Number(n), t: Number(t), k: Number(k) };
}

export function toReceipt({ n, t, k }: Place): Receipt {
  return { n, id: formatId(n, t, k || undefined), timestamp: t };
}

/** The entry of an echo, for who does not have the draft. */
export function entryOf({ n, t, k, payload }: Echo): Entry {
  const [kind, rooms, presence, body] = JSON.parse(payload) as [DeliveryClass, string[], PresenceChange | null, Body];
  const entry: Entry = { n, class: kind, rooms, message: stamp(body, formatId(n, t, k || undefined), t) };
  if (presence) entry.presence = presence;
  return entry;
}

/** The entry of a row as it is kept, `n t payload`. */
export function readRow(text: string): Entry {
  const { words, rest } = cut(text, 2);
  return entryOf({ n: Number(words[0]), t: Number(words[1]), k: 0, tag: '', payload: rest });
}

/** Who is present, `n change` each, in the order of their coming. */
/** How Redis has somebody who is present: where, and the change that brought it. */
export function toMember(change: PresenceChange): [seat: string, who: string] {
  return [`${change.room}\n${change.session}`, JSON.stringify(change)];
}

export function readMembers(texts: string[]): PresenceChange[] {
  const all = texts.map((text) => cut(text, 1)).map(({ words, rest }) => ({ n: Number(words[0]), rest }));
  return all.sort((a, b) => a.n - b.n).map(({ rest }) => JSON.parse(rest) as PresenceChange);
}

/** The first words of a text, and what follows them. */
function cut(text: string, count: number): { words: string[]; rest: string } {
  const words: string[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const end = text.indexOf(' ', at);
    words.push(text.slice(at, end));
    at = end + 1;
  }
  return { words, rest: text.slice(at) };
}
