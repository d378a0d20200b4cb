/**
 * What is written. Everything about a message follows from its name, `writer/target/number`, which is its clientMsgId and
 * its data too: whoever reads it can tell by itself whether a byte is wrong.
 */
export interface Letter {
  /** Its clientMsgId. */
  ref: string;
  type: 'chat' | 'notification';
  content: string;
  writer: string;
  /** A room; or `@` and a userId. */
  target: string;
  number: number;
}

/** UTF-16 units of a block: a text is cut between blocks, never in the midst of a character. */
const BLOCK = 16;
const BLOCKS = [
  'Ana dijo: «hola»',
  'ñandú €',
  '😀 👩‍🚀 ok',
  '"\\\n\t\u2028\u0007',
  'plain ASCII text',
  '</script> & {}[]',
  '日本語',
];
const BOOK = Array.from({ length: 4096 }, (_, i) => BLOCKS[(i * i + (i >> 3)) % BLOCKS.length]!.padEnd(BLOCK)).join('');

/** So many in a hundred have at most so many blocks: most are small, a few fill sockets. */
const SIZES: readonly (readonly [hundredths: number, blocks: number])[] = [
  [70, 6],
  [94, 64],
  [99, 500],
  [100, 2000],
];

export function letterOf(writer: string, target: string, number: number): Letter {
  const ref = `${writer}/${target}/${number}`;
  const mixed = mix(ref);
  const [, most] = SIZES.find(([hundredths]) => mixed % 100 < hundredths)!;
  const blocks = (mixed >>> 7) % most;
  const from = ((mixed >>> 4) % (4096 - blocks)) * BLOCK;
  const content = `${ref} ${BOOK.slice(from, from + blocks * BLOCK)}`;
  return { ref, type: mixed % 5 === 0 ? 'notification' : 'chat', content, writer, target, number };
}

/** The letter that data names; undefined where it names none. */
export function letterBy(data: unknown): Letter | undefined {
  const [, writer, target, number] = /^(\w+)\/(@?\w+)\/(\d+)$/.exec(String(data)) ?? [];
  return writer && target && number ? letterOf(writer, target, Number(number)) : undefined;
}

/** FNV-1a. */
function mix(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
