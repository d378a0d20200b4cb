import { namespace } from './endpoints.js';

/** @import { Client, Direction, End, Identity, Listener } from './types.d.ts' */
/** @import { Socket } from 'socket.io-client' */

/**
 * Comes in by Socket.IO: one message is one event, named by its type. Reconnecting is left to whoever holds the client,
 * so that both doors behave alike.
 * @param {Identity} identity
 * @param {Listener} listener
 * @returns {Client}
 */
export function openSocketIo(identity, listener) {
  const socket = io(namespace, { ...OPTIONS, auth: identity });
  /** @type {string | undefined} why the server ends it: the last that it says */
  let farewell;
  tap(socket, listener);
  socket.on('connect', () => listener.opened());
  socket.onAny((type, message) => {
    farewell = type === 'error' ? message.data?.code : undefined;
    listener.message(message);
  });
  socket.on('connect_error', (error) => listener.closed(refusalOf(error)));
  socket.on('disconnect', (reason) => {
    const final = reason === 'io server disconnect';
    listener.closed({ reason: (final && farewell) || reason, final });
  });
  return {
    send: (request, receipt) => emit(socket, request, receipt),
    sendText: (text) => emit(socket, JSON.parse(text)),
    // The goodbye goes out before anything that is sent later.
    close: async () => void socket.disconnect(),
  };
}

const OPTIONS = {
  forceNew: true,
  reconnection: false,
  // WebSocket first, for its frames can be shown; where a proxy does not let it through, polling still works.
  transports: ['websocket', 'polling'],
  tryAllTransports: true,
};

/**
 * What has no type goes out as it is, under the event that `send()` uses.
 * @param {Socket} socket
 * @param {any} request
 * @param {(answer: unknown) => void} [receipt]
 */
function emit(socket, request, receipt) {
  const { type, ...rest } = Object(request);
  const [event, body] = typeof type === 'string' ? [type, rest] : ['message', request];
  if (receipt) socket.emit(event, body, receipt);
  else socket.emit(event, body);
}

/**
 * Shows the packets of Engine.IO as they are on the wire: a digit for the kind, then the packet of Socket.IO.
 * @param {Socket} socket
 * @param {Listener} listener
 */
function tap(socket, listener) {
  const show = (/** @type {Direction} */ direction) => (/** @type {{ type: string, data?: unknown }} */ packet) =>
    listener.frame(direction, `${PACKETS.indexOf(packet.type)}${packet.data ?? ''}`);
  const { engine } = socket.io;
  engine.on('packet', show('in'));
  engine.on('packetCreate', show('out'));
}

const PACKETS = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop'];

/**
 * A refusal by the hub brings its words as `data`; one by the door, such as that of a full server, as the body of the
 * answer to long-polling, which is tried last.
 * @param {Error & { data?: { code?: string, message?: string, retryable?: boolean }, context?: unknown }} error
 * @returns {End}
 */
function refusalOf({ data, context }) {
  if (data) {
    const { code, message = '', retryable } = data;
    return { reason: message, final: retryable === false, unauthorized: code === 'unauthorized' };
  }
  const words = wordsOf(context);
  return words === undefined ? { reason: '', unreachable: true, final: false } : { reason: words, final: false };
}

/** @param {unknown} context @returns {string | undefined} */
function wordsOf(context) {
  if (!(context instanceof XMLHttpRequest)) return;
  try {
    return JSON.parse(context.responseText).error.message;
  } catch {
    // No answer, or not one of this server.
  }
}
