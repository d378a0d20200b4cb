import { WebSocketServer } from 'ws';

// Presence with ws, as one writes it first: a newcomer gets the list, and everybody else is told at once.

const LONGEST = 1000;
const server = new WebSocketServer({ port: Number(process.env.PORT), perMessageDeflate: false });
const users = new Map();
let count = 0;

server.on('connection', (client, request) => {
  const query = new URL(request.url, 'ws://localhost').searchParams;
  const user = { id: query.get('userId'), username: query.get('username'), status: 'online' };
  client.on('error', () => {});
  client.send(message('user_list', 'Lista de usuarios conectados', [user, ...users.values()].slice(0, LONGEST)));
  const { id: userId, username } = user;
  const text = message('user_joined', `${username} se ha unido al chat`, { username, userId });
  for (const other of users.keys()) if (other.readyState === other.OPEN) other.send(text);
  users.set(client, user);
});

function message(type, content, data) {
  const timestamp = Math.floor(Date.now() / 1000);
  return JSON.stringify({ type, content, from: 'system', timestamp, id: `${timestamp}-${++count}`, data });
}
