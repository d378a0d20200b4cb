import { type Tcp, upgradeRequest } from '../../support/tcp.ts';
import type { Ground } from '../ground.ts';
import { from, SocketLine } from '../line.ts';

const MARGIN = 6000;
const DOORS = ['/ws', '/socket.io/?EIO=4&transport=websocket'];

/** Handshakes that do not end: each is cut in time, and meanwhile the rest goes on. */
export async function slow(ground: Ground): Promise<void> {
  const { random, target } = ground;
  const handshake = upgradeRequest(random.pick(DOORS), { 'X-Slow': 'x'.repeat(9000) });
  const attempts: Record<string, () => Promise<void>> = {
    'nothing at all': () => ended(ground.tcp()),
    'half a handshake': () => ended(writing(ground.tcp(), handshake.slice(0, random.below(300)))),
    'all but its end': () => ended(writing(ground.tcp(), handshake.slice(0, -2))),
    'a trickle': () => ended(trickling(ground.tcp(), handshake)),
    'a body that trickles': () =>
      ended(trickling(ground.tcp(), 'POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n[')),
    'no CONNECT': async () => {
      const line = new SocketLine(ground.url, undefined, ground.villain(), ground.ears, from(ground.address()));
      await line.next();
      await line.next(target.handshake + MARGIN);
      line.close();
    },
  };
  const [what, attempt] = random.pick(Object.entries(attempts));
  const began = performance.now();
  ground.later(
    attempt().then(() => {
      const late = performance.now() - began > target.handshake + MARGIN;
      ground.judge('slow', what, late ? 'nothing' : 'cut', /^cut$/);
    }),
  );
}

/** At the latest when nobody would wait any longer. */
async function ended(tcp: Tcp): Promise<void> {
  const timer = setTimeout(() => tcp.close(), 60_000);
  await tcp.closed;
  clearTimeout(timer);
}

function writing(tcp: Tcp, text: string): Tcp {
  tcp.socket.write(text);
  return tcp;
}

function trickling(tcp: Tcp, text: string): Tcp {
  let at = 0;
  const timer = setInterval(() => {
    tcp.socket.write(text[at] ?? 'x');
    at += 1;
  }, 100);
  void tcp.closed.then(() => clearInterval(timer));
  return tcp;
}
