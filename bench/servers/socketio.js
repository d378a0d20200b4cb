import { Server } from 'socket.io';

// A broadcast with Socket.IO, to everybody or to a room.

const io = new Server(Number(process.env.PORT), { serveClient: false });
let count = 0;

io.on('connection', (socket) => {
  const { username: from, rooms } = socket.handshake.auth;
  socket.join(rooms);
  socket.on('chat', ({ type, content, room }) => {
    const timestamp = Math.floor(Date.now() / 1000);
    const message = { type, content, from, timestamp, id: `${timestamp}-${++count}`, data: null, room };
    if (room) io.to(room).emit('chat', message);
    else io.emit('chat', message);
  });
});
