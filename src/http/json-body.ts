import type { IncomingMessage } from 'node:http';
import { Refusal } from '../protocol/errors.ts';

/** As browsers cannot send it to another origin without asking, which is never answered here. */
const JSON_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;

/**
 * Reads the body of a request as JSON, up to the limit and no further.
 * @param most bytes
 * @returns what is still untrusted
 * @throws Refusal `unsupported_media_type`, `too_large`, `invalid_json`
 */
export async function readJson(request: IncomingMessage, most: number): Promise<unknown> {
  const { headers } = request;
  const plain = (headers['content-encoding'] ?? 'identity').toLowerCase() === 'identity';
  if (!plain || !JSON_TYPE.test(headers['content-type'] ?? '')) throw new Refusal('unsupported_media_type');
  if (Number(headers['content-length']) > most) throw tooLarge(most);
  const bytes = await readBytes(request, most);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Refusal('invalid_json');
  }
}

/** Not by iteration: leaving that would destroy the socket, and with it the answer. */
function readBytes(request: IncomingMessage, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > most) {
        request.pause().removeAllListeners('data');
        return reject(tooLarge(most));
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    // Whoever left in the middle hears nothing of it.
    request.on('close', () => reject(new Refusal('invalid_json')));
    request.on('error', () => reject(new Refusal('invalid_json')));
  });
}

function tooLarge(most: number): Refusal {
  return new Refusal('too_large', { detail: 'size', value: most });
}
