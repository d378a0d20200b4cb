import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'ambos';
import Koa from 'koa';

// Ambos inside an application that has a Koa app and an HTTP server of its own.

const koa = new Koa();
const http = createHttpServer();
const ambos = createServer({ http, koa, logLevel: 'warn' });

koa.use(async (ctx) => {
  const users = await ambos.hub.users();
  ctx.body = `My own page; ${users.length} connected`;
});

await ambos.start();
http.listen(Number(process.env['PORT'] ?? 3000), () => console.log(`listening at ${ambos.url}`));
process.once('SIGTERM', () => void ambos.close().then(() => http.close()));
