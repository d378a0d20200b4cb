import { type Client, type Door, type Options, RawClient, SdkClient } from './client.ts';
import type { Message } from './messages.ts';

/** What the first list says of recovery. */
interface Welcome extends Message {
  session?: string;
  recovered?: boolean;
  reason?: string;
  replayed?: number;
}

/** A client that comes back, or wants to be able to. */
export interface Coming extends Omit<Options, 'query' | 'auth' | 'lastId' | 'session'> {
  lastId?: unknown;
  session?: unknown;
}

export const PATIENCE = 5000;

/** Mocha runs one case at a time. */
const came = new Set<Client>();

/** Waits longer than `connect`, for a machine that is busy. */
export async function come(door: Door, server: { url: string }, coming: Coming): Promise<Client> {
  const client = open(door, server, coming);
  client.welcome = await client.next('user_list', PATIENCE);
  return client;
}

/** As `come`, where a refusal is to be told apart from a server that is not there yet. */
export function open(door: Door, { url }: { url: string }, coming: Coming): Client {
  const options = optionsOf(door, coming);
  const client = door === 'ws' ? new RawClient(url, options) : new SdkClient(url, options);
  came.add(client);
  return client;
}

/** How a client says what it comes back by. */
export function optionsOf(door: Door, { lastId, session, ...options }: Coming): Options {
  const back = { ...(lastId !== undefined && { lastId }), ...(session !== undefined && { session }) };
  if (door === 'ws' || options.sdk === 2) return { ...options, query: back as Record<string, string> };
  const { username, userId, rooms } = options;
  const identity = { ...(username && { username }), ...(userId && { userId }), ...(rooms && { rooms }) };
  return { ...options, auth: { ...identity, ...back } };
}

/** What a client that has come before comes back by. */
export function backOf(client: Client): { session: string; lastId: string } {
  return { session: sessionOf(client), lastId: lastIdOf(client) };
}

/** The same, with who it is. */
export function returning(client: Client): { userId: string; session: string; lastId: string } {
  return { userId: client.userId, session: sessionOf(client), lastId: lastIdOf(client) };
}

/** Ends the connection without a word, as a network does. */
export async function drop(client: Client): Promise<void> {
  client.drop();
  await client.closed;
}

/** Nobody whom a case has called stays. */
export async function leaveAll(): Promise<void> {
  const clients = [...came];
  came.clear();
  await Promise.all(clients.map((client) => client.close()));
}

export function welcomeOf({ welcome }: Client): Welcome {
  return welcome;
}

export function sessionOf(client: Client): string {
  return welcomeOf(client).session ?? '';
}

export function lastIdOf(client: Client): string {
  return client.messages.at(-1)!.id;
}
