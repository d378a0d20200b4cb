/** @import { Door, End, Identity, Listener, RemoteClient } from './types.d.ts' */

/** A goodbye is still on its way when the thread has said it. */
const LINGER = 2000;
/** @type {End} */
const UNREACHABLE = { reason: '', unreachable: true, final: false };

/**
 * Comes in by a door with a thread of its own, so that a client can be slow, or be gone, while its page goes on.
 * @param {Door} door
 * @param {Identity} identity
 * @param {Listener} listener
 * @returns {RemoteClient}
 */
export function openRemote(door, identity, listener) {
  const worker = new Worker(new URL('./client-worker.js', import.meta.url), { type: 'module' });
  const post = (/** @type {unknown[]} */ ...act) => worker.postMessage(act);
  const gone = deferred();
  let awake = deferred();
  /** @type {((answer: unknown) => void)[]} */
  const receipts = [];
  let stalled = false;
  let leaving = false;

  const vanish = () => {
    worker.terminate();
    gone.resolve();
  };
  const closed = (/** @type {End} */ end) => {
    listener.closed(end);
    if (!leaving) vanish();
  };
  const heard = {
    ...listener,
    closed,
    answer: (/** @type {number} */ ticket, /** @type {unknown} */ answer) => receipts[ticket]?.(answer),
    gone: () => gone.resolve(),
    awake: () => {
      stalled = false;
      awake.resolve();
    },
  };
  worker.onmessage = ({ data: [event, ...details] }) => {
    const tell = /** @type {(...details: any[]) => void} */ (heard[/** @type {keyof typeof heard} */ (event)]);
    tell(...details);
  };
  // Its script could not be loaded. What it throws is shown by the browser, and has no place here.
  worker.onerror = (event) => event instanceof ErrorEvent || closed(UNREACHABLE);
  post('open', door, identity);

  return {
    send: (request, receipt) => post('send', request, receipt && receipts.push(receipt) - 1),
    sendText: (text) => {
      if (door === 'socketio') JSON.parse(text);
      post('sendText', text);
    },
    close: () => {
      leaving = true;
      if (stalled) vanish();
      post('close');
      setTimeout(vanish, LINGER);
      return gone.promise;
    },
    vanish,
    stall: (milliseconds) => {
      stalled = true;
      awake = deferred();
      post('stall', milliseconds);
      return awake.promise;
    },
  };
}

function deferred() {
  let resolve = () => {};
  const promise = /** @type {Promise<void>} */ (
    new Promise((done) => {
      resolve = () => done(undefined);
    })
  );
  return { promise, resolve };
}
