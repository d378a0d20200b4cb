import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';

// A broadcast to a room with Socket.IO, over its Redis adapter: this is one of several nodes.

const publishes = new Redis(process.env.REDIS_URL);
const subscribes = publishes.duplicate();
const io = new Server(Number(process.env.PORT), {
  serveClient: false,
  adapter: createAdapter(publishes, subscribes),
});
let count = 0;

io.on('connection', (socket) => {
  const { username: from, rooms } = socket.handshake.auth;
  socket.join(rooms);
  socket.on('chat', ({ type, content, room }) => {
    const timestamp = Math.floor(Date.now() / 1000);
    const message = { type, content, from, timestamp, id: `${timestamp}-${++count}`, data: null, room };
    io.to(room).emit('chat', message);
  });
});
