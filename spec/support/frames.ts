import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';

/** The part of ws that clients read with; its types do not know it. */
const { Receiver } = createRequire(import.meta.url)('ws') as { Receiver: new (options: object) => Writable };

/** `end`, as RFC 6455 frames it. */
const END = Buffer.from([0x81, 3, 0x65, 0x6e, 0x64]);

/**
 * The text messages that a WebSocket client reads from bytes.
 * @throws where the bytes break RFC 6455, or are not whole frames
 */
export function textsOf(bytes: Uint8Array): string[] {
  const texts: string[] = [];
  const receiver = new Receiver({});
  receiver.on('error', () => {}); // told by `errored`
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    texts.push(isBinary ? `binary of ${data.length} bytes` : data.toString());
  });
  receiver.write(bytes);
  receiver.write(END);
  if (receiver.errored) throw receiver.errored;
  if (texts.pop() !== 'end') throw new Error(`the bytes end in the middle of a frame, after ${texts.length} texts`);
  return texts;
}
