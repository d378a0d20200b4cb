import type { Memory } from './memory.ts';
import type { Options } from './options.ts';

/** What the client says of itself. Without username or userId it keeps those that the server gave it at first. */
export interface Auth {
  username?: string | undefined;
  userId?: string | undefined;
  /** Goes by the subprotocols, never in the URL, which others may log. */
  token?: string | undefined;
  /** Rooms to join with the first connection: names, or one text with commas. */
  rooms?: readonly string[] | string | undefined;
}

/** What it takes to open a connection. */
export interface Handshake {
  url: string;
  protocols: string[];
  token: string | undefined;
}

/**
 * The address of the door, without anybody's identity.
 *
 * @param url may be relative to the page; its own path counts where `path` is not given
 * @throws TypeError where it is no URL
 */
export function addressOf(url: string, path?: string, page?: string): URL {
  const address = new URL(url, page);
  address.protocol = address.protocol.replace('http', 'ws');
  if (path ?? address.pathname === '/') address.pathname = path ?? '/ws';
  address.hash = '';
  return address;
}

/** Asks for what the client says of itself. */
export async function ask(auth: Options['auth'] = {}): Promise<Auth> {
  if (typeof auth !== 'function') return auth;
  // As Socket.IO does it, a function that takes something is given what to call back.
  return auth.length > 0 ? new Promise(auth) : (auth as () => Auth | Promise<Auth>)();
}

/**
 * Without a username or userId the client goes on as who the server took it for: a stranger could recover nothing. With a
 * token the server knows.
 */
export function handshakeOf(
  address: URL,
  auth: Auth,
  rooms: Iterable<string>,
  memory: Memory,
  recovery: boolean,
): Handshake {
  const { token } = auth;
  const self = token ? undefined : memory.self;
  const who = { username: auth.username || self?.username, userId: auth.userId || self?.id };
  const url = new URL(address);
  // An empty session asks for one.
  const past = recovery && { session: memory.session ?? '', lastId: memory.lastId };
  for (const [name, value] of Object.entries({ ...who, ...past })) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  for (const room of rooms) if (room) url.searchParams.append('room', room);
  return { url: url.href, protocols: token ? ['ambos', `bearer.${token}`] : [], token };
}
