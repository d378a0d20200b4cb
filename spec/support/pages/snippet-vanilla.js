import { createBoard } from './board.js';

const board = createBoard({
  say: (content) => snippet.send({ type: 'chat', content }),
  leave: () => snippet.disconnect(),
});
// This snippet shows what comes by the console.
console.log = (line) => board.log(line);
const snippet = await import('../../../web/snippets/vanilla.js');
