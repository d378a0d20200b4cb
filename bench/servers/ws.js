import { WebSocketServer } from 'ws';

// A broadcast with ws, as its documentation shows it: stringify once, send to each.

const server = new WebSocketServer({ port: Number(process.env.PORT), perMessageDeflate: false });
let count = 0;

server.on('connection', (client, request) => {
  const from = new URL(request.url, 'ws://localhost').searchParams.get('username');
  client.on('error', () => {});
  client.on('message', (data) => {
    const { type, content } = JSON.parse(data);
    const timestamp = Math.floor(Date.now() / 1000);
    const text = JSON.stringify({ type, content, from, timestamp, id: `${timestamp}-${++count}`, data: null });
    for (const other of server.clients) if (other.readyState === other.OPEN) other.send(text);
  });
});
