import { accepted } from '../conformance/answers.ts';
import type { Client } from './client.ts';
import { dataKey, type Message, type Outgoing, unique } from './messages.ts';

const KEPT = new Set(['chat', 'notification', 'task']);
const PRESENCE = new Set(['user_joined', 'user_left']);

/** @returns the id of the message */
export async function said(client: Client, message: Outgoing): Promise<string> {
  const receipt = await accepted(client, { content: unique(message.type), ...message });
  return receipt.id;
}

/** Resolves when it has heard all that was published before: its own message to itself comes behind that. */
export async function hearAll(client: Client): Promise<void> {
  await client.next({ id: await said(client, { type: 'chat', to: client.userId }) });
}

/** Says so many things, as fast as the receipts come. @returns their ids, in the order of N */
export async function talking(client: Client, room: string, count: number, content = 'x'): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i += 10) {
    const batch = Array.from({ length: Math.min(10, count - i) }, () => said(client, { type: 'chat', room, content }));
    ids.push(...(await Promise.all(batch)));
  }
  return ids;
}

/** Is it somebody's coming or going? */
export function isPresence({ type }: Message): boolean {
  return PRESENCE.has(type);
}

/** The ids of the messages of a kept class that a client received, in order. */
export function keptBy(client: Client): string[] {
  return client.messages.filter(({ type }) => KEPT.has(type)).map(({ id }) => id);
}

/** What it heard of a user's coming and going, behind so many messages. */
export function presenceIn(client: Client, after: number, userId: string): string[] {
  const heard = client.messages.slice(after).filter((m) => isPresence(m) && aboutUser(m) === userId);
  return heard.map(({ type, room }) => (room === undefined ? type : `${type}@${room}`));
}

/** Whom it is about. */
export function aboutUser(message: Message): unknown {
  return dataKey(message, 'userId');
}
