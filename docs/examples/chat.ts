import { createServer } from 'ambos';

// A chat with a bot, in twenty lines. Connect by either door: /ws/test shows both.

const server = createServer({ port: Number(process.env['PORT'] ?? 3000), locale: 'en', logLevel: 'warn' });
const { hub } = server;

hub.on('connect', ({ user }) => hub.announce({ content: `Welcome, ${user.name}`, to: user.id }));

hub.on('chat', async ({ content, room }) => {
  if (content !== '/who') return;
  const names = (await hub.users(room)).map(({ name }) => name);
  await hub.announce({ type: 'chat', from: 'Bot', content: names.join(', '), ...(room !== undefined && { room }) });
});

await server.start();
console.log(`listening at ${server.url}`);
process.once('SIGTERM', () => void server.close());
