import { createServer, defineType } from 'ambos';
import { z } from 'zod';

// A score board: whoever joins late is given the latest score of each player.

const score = defineType('score', {
  class: 'state',
  schema: z.object({ player: z.string(), points: z.number().int() }),
  key: ({ player }) => player,
});

const server = createServer({ port: Number(process.env['PORT'] ?? 3000), logLevel: 'warn', types: [score] });

server.hub.on(score, ({ data }) => {
  if (data.points >= 10) void server.hub.announce({ content: `${data.player} has won` });
});

await server.start();
console.log(`listening at ${server.url}`);
process.once('SIGTERM', () => void server.close());
