import { ATTACHMENTS, FATAL, type Packet, REFUSED } from '../../support/crafted-packets.ts';
import type { Ground } from '../ground.ts';
import { from, type Line, SocketLine, type Way } from '../line.ts';
import { oddValue, word } from '../random-json.ts';

/** Engine.IO and Socket.IO close without a code, and by polling the next request tells. */
const ENDED = /^(?:close 100[0-9]|http 400|http 0)$/;
/** Before the CONNECT. */
const EARLY = [
  '42["chat",{"content":"x"}]',
  '41',
  '431[]',
  '44{"message":"x"}',
  '40"text"',
  '40[]',
  '40null',
  '40{',
  '9',
];
const WRONG_AUTH = ['token', 'username', 'userId', 'rooms', 'session'];

export async function packets(ground: Ground): Promise<void> {
  const { random } = ground;
  const way = random.pick(['websocket', 'websocket', 'polling'] as const);
  if (random.chance(0.15)) return early(ground);
  if (random.chance(0.15)) return wrongAuth(ground, way);
  const line = await ground.enter(way);
  for (let i = 0; i < 12; i += 1) await refused(ground, line);
  const [what, fatal] = random.pick(Object.entries(random.chance(0.8) ? FATAL : TOO_MANY));
  const outcome = await line.ask(() => send(line, fatal));
  ground.judge('packets', `${way}: ${what}`, outcome, ENDED);
  line.close();
}

const TOO_MANY: Record<string, Packet[]> = Object.fromEntries(ATTACHMENTS.map((packet) => [packet, [packet]]));

/** What is answered, and its sender lives on. */
async function refused(ground: Ground, line: Line): Promise<void> {
  const { random } = ground;
  if (random.chance(0.4)) return callback(ground, line);
  const [what, [packets, code]] = random.pick(Object.entries(REFUSED));
  const outcome = await line.ask(() => send(line, packets));
  ground.judge('packets', `${line.way}: ${what}`, outcome, new RegExp(`^${code}$`));
}

async function callback(ground: Ground, line: Line): Promise<void> {
  const { random } = ground;
  const id = random.pick(['0', '1', '9007199254740993', '99999999999999999999999', String(random.below(1e6))]);
  const name = JSON.stringify(random.pick(['system', 'ack', word(random), 'Chat']));
  const packet = `42${id}[${name},${JSON.stringify(oddValue(random))}]`;
  // What is no message is refused before its type is.
  const outcome = await line.ask(() => line.write(packet));
  ground.judge('packets', `${line.way}: ${packet}`, outcome, /^(?:forbidden_type|unknown_type|invalid_message)$/);
}

/** By polling they are one body, as they came at once. */
function send(line: Line, packets: readonly Packet[]): void {
  if (line.way !== 'polling') return packets.forEach((packet) => void line.write(packet));
  const texts = packets.map((packet) => (typeof packet === 'string' ? packet : `b${packet.toString('base64')}`));
  line.write(texts.join('\x1e'));
}

async function early(ground: Ground): Promise<void> {
  const line = new SocketLine(ground.url, undefined, ground.villain(), ground.ears, from(ground.address()));
  await line.next();
  const packet = ground.random.pick(EARLY);
  const outcome = await line.ask(() => line.write(packet));
  ground.judge('packets', `first of all ${packet}`, outcome, ENDED);
  line.close();
}

/** Claims that are of no kind that they may be. */
async function wrongAuth(ground: Ground, way: Exclude<Way, 'ws'>): Promise<void> {
  const { random } = ground;
  const key = random.pick(WRONG_AUTH);
  const value = random.pick<unknown>([1.5, true, {}, [[]], [1], { toString: 'x' }]);
  const { line, outcome } = await ground.knock(way, { claims: { [key]: value } });
  const expected = /^(?:unauthorized|invalid_(?:username|user_id|room|session))$/;
  ground.judge('packets', `${way}: ${key} is ${JSON.stringify(value)}`, outcome, expected);
  line.close();
}
