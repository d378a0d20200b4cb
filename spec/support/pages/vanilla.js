import { rawAddress } from './address.js';
import { createBoard } from './board.js';

const socket = new WebSocket(rawAddress());
const board = createBoard({
  say: (content) => socket.send(JSON.stringify({ type: 'chat', content })),
  leave: () => socket.close(),
});

socket.addEventListener('open', () => board.show('online'));
socket.addEventListener('close', ({ code }) => board.show(`closed with ${code}`));
socket.addEventListener('message', ({ data }) => {
  const message = JSON.parse(data);
  if (message.type === 'chat') board.add(message);
});
