import { once } from 'node:events';
import { closing, encode, type Tcp, upgradeRequest } from '../../support/tcp.ts';
import type { Ground } from '../ground.ts';
import { NOTHING, PATIENCE } from '../line.ts';

const WAYS = ['ws', 'websocket'] as const;
/** What a peer that says nothing any more is to hear, or what a system says of it. */
const GONE = /^gone$/;
const MARGIN = 10_000;

/** Peers that are gone, or seem so, at every stage. */
export async function vanishing(ground: Ground): Promise<void> {
  const { random, target } = ground;
  const attempts: Record<string, () => Promise<void>> = {
    'a reset before a word': async () => reset(ground.tcp(), ''),
    'a reset in the midst of the handshake': async () =>
      reset(ground.tcp(), upgradeRequest('/ws').slice(0, random.below(150))),
    'a reset behind the handshake': async () =>
      reset(ground.tcp(), upgradeRequest(`/ws?token=${ground.villain().token}`)),
    'a reset in the midst of a frame': async () => {
      const tcp = await ground.wire(random.pick(WAYS));
      await reset(tcp, encode({ opcode: 1, payload: 'x'.repeat(500) }).subarray(0, random.below(400)));
    },
    'a reader that reads nothing': () => deaf(ground),
  };
  if (random.chance(0.2)) return lingering(ground);
  const [what, attempt] = random.pick(Object.entries(attempts));
  await attempt();
  ground.judge('vanishing', what, 'gone', GONE);
  if (target.silence > 0 && random.chance(0.2)) ground.later(silent(ground));
}

async function reset(tcp: Tcp, bytes: string | Buffer): Promise<void> {
  if (tcp.socket.connecting) await Promise.race([once(tcp.socket, 'connect'), tcp.closed]);
  if (bytes.length > 0) await new Promise((resolve) => tcp.socket.write(bytes as string, resolve));
  tcp.close(true);
}

/** It says goodbye and keeps its side of TCP open: the server has to end it. */
async function lingering(ground: Ground): Promise<void> {
  const tcp = await ground.wire(ground.random.pick(WAYS), ground.villain(), true);
  const ended = new Promise((resolve) => tcp.socket.once('end', resolve));
  tcp.write({ opcode: 8, payload: closing(1000) });
  const timer = setTimeout(() => tcp.close(), PATIENCE);
  const how = await Promise.race([ended.then(() => 'gone'), tcp.closed.then(() => NOTHING)]);
  clearTimeout(timer);
  tcp.close();
  ground.judge('vanishing', 'a close that is not followed', how, GONE);
}

/** It makes the server answer and takes nothing of it, for a while. */
async function deaf(ground: Ground): Promise<void> {
  const tcp = await ground.wire(ground.random.pick(WAYS));
  tcp.socket.pause();
  for (let i = 0; i < 100; i += 1) tcp.send('{"type":"user_list"}');
  tcp.close(ground.random.chance(0.5));
}

/** It is there, and answers no ping. */
async function silent(ground: Ground): Promise<void> {
  const tcp = await ground.wire('ws');
  const timer = setTimeout(() => tcp.close(), ground.target.silence + MARGIN);
  const code = await tcp.closed;
  clearTimeout(timer);
  ground.judge('vanishing', 'a peer that answers no ping', code ? `close ${code}` : NOTHING, /^close 4012$/);
}
