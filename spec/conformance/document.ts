import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Kind = 'server message' | 'client message' | 'http body';

/** A JSON block of PROTOCOL.md with the kind that the line above it names. */
export interface Block {
  kinds: Kind[];
  caption: string;
  text: string;
}

const KINDS: Kind[] = ['server message', 'client message', 'http body'];

export const protocol = readFileSync(join(import.meta.dirname, '../../PROTOCOL.md'), 'utf8');

export const blocks: Block[] = [...protocol.matchAll(/^(.*)\n```json\n([\s\S]*?)\n```$/gm)].map(([, before, text]) => {
  const caption = before!;
  return { caption, text: text!, kinds: KINDS.filter((kind) => caption.toLowerCase().includes(kind)) };
});

export function blocksOf(kind: Kind): Block[] {
  return blocks.filter((block) => block.kinds.includes(kind));
}
