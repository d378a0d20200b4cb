import { type Client, type Door, type Options, Refused } from './client-base.ts';
import { RawClient } from './raw.ts';
import { SdkClient } from './sdk.ts';

export * from './client-base.ts';
export { RawClient, SdkClient };

// Mocha runs one case at a time in a process, so one list of what a case has opened is enough.
const opened = new Set<Client>();

/**
 * Connects by a door; resolves when the first `user_list` has arrived.
 *
 *     const ana = await connect('ws', server.url, { username: 'Ana', rooms: ['sala-1'] });
 *     await ana.request({ type: 'chat', content: 'Hola' });
 *     await ana.next({ type: 'chat', content: 'Hola' });
 *
 * Rejects with `Refused` when the server refuses the connection.
 */
export function connect(door: 'ws', url: string, options?: Options): Promise<RawClient>;
export function connect(door: 'socketio', url: string, options?: Options): Promise<SdkClient>;
export function connect(door: Door, url: string, options?: Options): Promise<Client>;
export function connect(door: Door, url: string, options: Options = {}): Promise<Client> {
  const client = door === 'ws' ? new RawClient(url, options) : new SdkClient(url, options);
  opened.add(client);
  return client.arrive();
}

/** Tries to connect and resolves with the refusal; an accepted connection is the error here. */
export async function refusal(door: Door, url: string, options: Options = {}): Promise<Refused> {
  try {
    await connect(door, url, options);
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
  throw new Error(`the ${door} connection was accepted: ${JSON.stringify(options)}`);
}

/** Closes all clients opened since the last call, and returns them for whoever wants to look at their traffic. */
export async function closeAll(): Promise<Client[]> {
  const clients = [...opened];
  opened.clear();
  await Promise.all(clients.map((client) => client.close()));
  return clients;
}
