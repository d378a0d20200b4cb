import type { Client } from './client.ts';

/** What a client says to go on where a connection has ended: nothing but what that one has told it. */
export function returning(client: Client): { userId: string; session: string; lastId: string } {
  const { userId, welcome } = client;
  return { userId, session: welcome.session ?? '', lastId: lastIdOf(client) };
}

/** The id of the last message that it has received. */
export function lastIdOf({ messages }: Client): string {
  return messages.at(-1)!.id;
}

/** Ends the connection without a word, as a network does. */
export async function drop(client: Client): Promise<void> {
  client.drop();
  await client.closed;
}
