import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

// No server for anything but finding the limit of the load generator: what clients send goes out again as it came, all
// that one turn brought in one buffer, with one write for each connection.

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const clients = new Set();
let batch = [];

createServer({ noDelay: true }, (socket) => {
  let rest = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.once('close', () => clients.delete(socket));
  socket.once('data', (head) => {
    accept(socket, head.toString('latin1'));
    socket.on('data', (bytes) => {
      rest = readFrames(Buffer.concat([rest, bytes]));
    });
  });
}).listen(Number(process.env.PORT), '127.0.0.1', 4096);

function accept(socket, head) {
  const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1];
  const answer = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  socket.write(`HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${answer}\r\n\r\n`);
  clients.add(socket);
}

/** Takes whole frames of less than 64 KiB. Returns what is left. */
function readFrames(bytes) {
  let at = 0;
  while (bytes.length - at >= 8) {
    const short = bytes[at + 1] & 0x7f;
    const length = short < 126 ? short : bytes.readUInt16BE(at + 2);
    const start = at + (short < 126 ? 6 : 8);
    if (bytes.length < start + length) break;
    if ((bytes[at] & 0x0f) === 1) repeat(bytes, start, length);
    at = start + length;
  }
  return bytes.subarray(at);
}

function repeat(bytes, start, length) {
  const header = length < 126 ? Buffer.from([0x81, length]) : Buffer.from([0x81, 126, length >> 8, length & 255]);
  const payload = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) payload[i] = bytes[start + i] ^ bytes[start - 4 + (i & 3)];
  if (batch.length === 0) setImmediate(flush);
  batch.push(header, payload);
}

function flush() {
  const bytes = Buffer.concat(batch);
  batch = [];
  for (const client of clients) client.write(bytes);
}
