import type { Options } from './options.ts';
import { Socket } from './socket.ts';

export type { Answer, Callback, Failure, Outgoing } from './answer.ts';
export type { CloseDetails, ConnectError, DisconnectReason, Events } from './events.ts';
export type { Auth } from './handshake.ts';
export type { Message, UserRow } from './message.ts';
export type { Options, StorageLike } from './options.ts';
export type { Socket } from './socket.ts';

/**
 * Connects to an Ambos server by its raw WebSocket protocol.
 *
 *     const socket = io('http://localhost:3000', { auth: { username: 'Ana' }, rooms: ['tea'] });
 *     socket.on('chat', (message) => console.log(message.from, message.content));
 *     socket.emit('chat', { content: 'Hola', room: 'tea' });
 *
 * @param url `http`, `https`, `ws` or `wss`, or relative to the page; in a page, its own server where it is not given
 * @throws Error where there is no WebSocket, or the URL is none
 */
export function io(url?: string, options?: Options): Socket;
export function io(options: Options): Socket;
export function io(url: string | Options = '/', options: Options = {}): Socket {
  return typeof url === 'string' ? new Socket(url, options) : new Socket('/', url);
}

export { io as connect };
