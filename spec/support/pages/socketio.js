import { identity, server } from './address.js';
import { createBoard } from './board.js';

/** The SDK as the server itself offers it, for a script element: it puts `io` into the window. */
function loadSdk() {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = `${server}/socket.io/socket.io.js`;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
}

await loadSdk();
const socket = window.io(server, { auth: identity });
const board = createBoard({ say: (content) => socket.emit('chat', { content }), leave: () => socket.disconnect() });

socket.on('connect', () => {
  // A tab that is closed in mid-upgrade is missed by its silence alone, so it is online when that is over.
  const { engine } = socket.io;
  if (engine.transport.name === 'websocket') board.show('online');
  else engine.once('upgrade', () => board.show('online'));
});
socket.on('disconnect', (reason) => board.show(reason));
socket.on('chat', (message) => board.add(message));
