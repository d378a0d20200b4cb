// @ts-nocheck
import { io } from 'socket.io-client';

const socket = io('http://localhost:3000', {
  auth: { username: 'Ana', rooms: ['sala-1'] },
});

socket.on('chat', ({ from, content, room = 'general' }) => {
  console.log(`${room} · ${from}: ${content}`);
});

socket.on('user_joined', ({ content }) => console.log(content));
socket.on('user_left', ({ content }) => console.log(content));
socket.on('error', ({ content, data }) => console.warn(data.code, content));

socket.on('connect_error', ({ message, data }) => {
  console.warn(data?.code ?? 'offline', data?.message ?? message);
});

export async function say(content, room) {
  const receipt = await socket.timeout(5000).emitWithAck('chat', { content, room });
  if (!receipt.ok) throw new Error(receipt.error.message);
  return receipt.id;
}

export function disconnect() {
  socket.disconnect();
}
