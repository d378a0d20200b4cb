import { randomUUID } from 'node:crypto';
import type { Json, Message } from '../protocol/message.ts';
import type { ClientFlags } from './command-line.ts';
import { Connection } from './connection.ts';

/**
 * `ambos send`: sends one message to a running server and waits for its receipt.
 * @returns the id of the message
 * @throws Error in the server's words where it refuses
 */
export async function send(url: string, content: string, flags: ClientFlags): Promise<string> {
  const { room, to, type = 'chat', username = 'ambos', token, insecure } = flags;
  const data = flags.data === undefined ? undefined : parse(flags.data);
  const clientMsgId = randomUUID();
  let resolve: (id: string) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const answer = new Promise<string>((...settle) => ([resolve, reject] = settle));
  const query = { username, ...(room !== undefined && { room }) };
  const connection = await Connection.open({ url, query, token, insecure }, (message) => {
    if (!answers(message, clientMsgId)) return;
    if (message.type === 'error') reject(new Error(message.content));
    else resolve(message.data.id);
  });
  void connection.closed.then((code) => reject(new Error(`Closed (${code}) before an answer came`)));
  connection.send({ type, content, room, to, data, clientMsgId });
  return answer.finally(() => connection.close());
}

function answers(message: Message, clientMsgId: string): message is Message & { data: { id: string } } {
  const { data, type } = message;
  const isAnswer = type === 'ack' || type === 'error';
  return (
    isAnswer && typeof data === 'object' && data !== null && 'clientMsgId' in data && data.clientMsgId === clientMsgId
  );
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new Error(`--data is not JSON: ${text}`);
  }
}
