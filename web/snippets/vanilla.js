// @ts-nocheck
const url = 'ws://localhost:3000/ws?username=Ana';
const waiting = [];
let socket;
let timer;
let delay = 1000;

function connect() {
  socket = new WebSocket(url);
  socket.onopen = () => {
    delay = 1000;
    for (const text of waiting.splice(0)) socket.send(text);
  };
  socket.onmessage = ({ data }) => show(JSON.parse(data));
  socket.onclose = ({ code }) => {
    if (code >= 4500) return;
    timer = setTimeout(connect, delay);
    delay = Math.min(2 * delay, 30_000);
  };
}

export function send(message) {
  const text = JSON.stringify(message);
  if (socket.readyState === WebSocket.OPEN) socket.send(text);
  else waiting.push(text);
}

export function disconnect() {
  clearTimeout(timer);
  socket.onclose = null;
  socket.close();
}

function show({ type, from, content }) {
  console.log(`${type} · ${from}: ${content}`);
}

connect();
send({ type: 'chat', content: '¡Hola!' });
