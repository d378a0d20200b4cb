import type { Random } from '../../consistency/random.ts';
import { BROKEN, DECLARED, declaring, NOT_UTF8 } from '../../support/broken-frames.ts';
import { closing, encode } from '../../support/tcp.ts';
import type { Ground } from '../ground.ts';
import { NOTHING, PATIENCE } from '../line.ts';

interface Attempt {
  what: string;
  bytes: Buffer;
  code: number;
}

const FRAGMENTS = 300;

const ATTEMPTS: ((random: Random) => Attempt)[] = [
  (random) => {
    const [what, frames] = random.pick(Object.entries(BROKEN));
    return { what, bytes: Buffer.concat(frames.map(encode)), code: 1002 };
  },
  (random) => {
    const frame = { opcode: random.below(16), payload: noise(random, 125), reserved: (1 + random.below(7)) << 4 };
    return { what: 'reserved bits', bytes: encode({ ...frame, masked: random.chance(0.5) }), code: 1002 };
  },
  (random) => {
    const opcode = random.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]);
    return { what: `opcode ${opcode}`, bytes: encode({ opcode, payload: noise(random, 200) }), code: 1002 };
  },
  (random) => {
    const [what, hex] = random.pick(Object.entries(NOT_UTF8));
    const text = Buffer.concat([Buffer.from('{"type":"'), Buffer.from(hex, 'hex'), Buffer.from('"}')]);
    const frame = random.chance(0.5)
      ? { opcode: 1, payload: text }
      : { opcode: 8, payload: closing(1000, Buffer.from(hex, 'hex')) };
    return { what: `no UTF-8: ${what}`, bytes: encode(frame), code: 1007 };
  },
  (random) => {
    const [what, length] = random.pick(Object.entries(DECLARED));
    return { what: `declaring ${what}`, bytes: declaring(length), code: 1009 };
  },
  (random) => {
    const first = encode({ opcode: 1, payload: '"', fin: false });
    const payload = noise(random, 3).toString('hex');
    const more = encode({ opcode: 0, payload, fin: false });
    return { what: 'fragments', bytes: Buffer.concat([first, ...Array<Buffer>(FRAGMENTS).fill(more)]), code: 1008 };
  },
  (random) => {
    const code = random.pick([
      0,
      1,
      999,
      1004,
      1005,
      1006,
      1015,
      1016 + random.below(1984),
      5000 + random.below(60_000),
    ]);
    return { what: `close code ${code}`, bytes: encode({ opcode: 8, payload: closing(code) }), code: 1002 };
  },
];

/** Frames that break RFC 6455, behind a few that do not. */
export async function frames(ground: Ground): Promise<void> {
  const { random } = ground;
  const way = random.pick(['ws', 'websocket'] as const);
  const { what, bytes, code } = random.pick(ATTEMPTS)(random);
  const tcp = await ground.wire(way);
  const pings = Array.from({ length: random.below(3) }, () => encode({ opcode: 9, payload: noise(random, 100) }));
  for (const part of cut(Buffer.concat([...pings, bytes]), random)) tcp.socket.write(part);
  const timer = setTimeout(() => tcp.close(), PATIENCE);
  const closed = await tcp.closed;
  clearTimeout(timer);
  for (const { opcode, payload } of tcp.frames) if (opcode === 8) ground.ears.overhear(payload.toString('latin1'));
  ground.judge(
    'frames',
    `${way}: ${what}`,
    closed === undefined ? NOTHING : `close ${closed}`,
    new RegExp(`^close ${code}$`),
  );
}

function noise(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: random.below(most) }, () => random.below(256)));
}

/** In pieces, wherever they end. */
function cut(bytes: Buffer, random: Random): Buffer[] {
  if (random.chance(0.7)) return [bytes];
  const at = random.below(bytes.length);
  return [bytes.subarray(0, at), bytes.subarray(at)];
}
