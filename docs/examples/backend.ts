import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

// A backend that Ambos asks by AUTH_URL: who a client is, and what it may do (docs/auth.md). AUTH_SECRET is the same on both sides.

const secret = process.env['AUTH_SECRET'] ?? '';
const sessions = new Map([['token-of-ana', { userId: 'ana', username: 'Ana' }]]);

const backend = createServer(async (request, response) => {
  const body = await text(request);
  const { 'ambos-timestamp': timestamp = '', 'ambos-signature': signature = '' } = request.headers;
  const expected = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  const signed =
    signature.length === expected.length && timingSafeEqual(Buffer.from(`${signature}`), Buffer.from(expected));
  if (!signed || Math.abs(Date.now() / 1000 - Number(timestamp)) > 60) return void response.writeHead(400).end();
  const { action, token, userId, room } = JSON.parse(body);
  if (action === 'connect' && !sessions.has(token)) return void response.writeHead(401).end();
  response.end(
    JSON.stringify(action === 'connect' ? sessions.get(token) : { allow: userId === 'ana' || room !== 'staff' }),
  );
});

backend.listen(Number(process.env['PORT'] ?? 4000), () => {
  console.log(`listening at http://localhost:${(backend.address() as { port: number }).port}`);
});
process.once('SIGTERM', () => void backend.close());
