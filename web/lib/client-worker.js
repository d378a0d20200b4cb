/** @import { Client, Door, Identity, Listener, Request } from './types.d.ts' */

// The thread of one client. What a page does here can be done to nobody else: a thread that sleeps does not read its
// socket, and one that is ended says no goodbye.

const DOORS = {
  ws: async () => (await import('./raw-client.js')).openRaw,
  socketio: async () => {
    await import('/socket.io/socket.io.js');
    return (await import('./socketio-client.js')).openSocketIo;
  },
};

/** @type {Promise<Client>} */
let client;

const tell = (/** @type {string} */ event, /** @type {unknown[]} */ ...details) => postMessage([event, ...details]);

/** @type {Listener} */
const listener = {
  opened: () => tell('opened'),
  frame: (direction, text) => tell('frame', direction, text),
  message: (message) => tell('message', message),
  closed: (end) => tell('closed', end),
};

const ACTS = {
  /** @param {Door} door @param {Identity} identity */
  open(door, identity) {
    client = DOORS[door]().then((open) => open(identity, listener));
    // The code of the door comes from the server, too.
    client.catch(() => tell('closed', { reason: '', unreachable: true, final: false }));
  },
  /** @param {Request} request @param {number} [ticket] */
  async send(request, ticket) {
    (await client).send(request, ticket === undefined ? undefined : (answer) => tell('answer', ticket, answer));
  },
  /** @param {string} text */
  async sendText(text) {
    (await client).sendText(text);
  },
  async close() {
    await (await client).close();
    tell('gone');
  },
  /** @param {number} milliseconds */
  stall(milliseconds) {
    sleep(milliseconds);
    tell('awake');
  },
};

/** Holds the thread up, and with it its sockets. Shared memory to wait on is had by this way in any page. @param {number} milliseconds */
function sleep(milliseconds) {
  const end = performance.now() + milliseconds;
  try {
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    Atomics.wait(new Int32Array(buffer), 0, 0, milliseconds);
  } catch {
    // No such memory here: awake, then, but as busy.
  }
  while (performance.now() < end);
}

addEventListener('message', ({ data: [act, ...details] }) => {
  const perform = /** @type {(...details: any[]) => unknown} */ (ACTS[/** @type {keyof typeof ACTS} */ (act)]);
  void perform(...details);
});

export {};
