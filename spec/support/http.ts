import http, { type Agent, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Message } from './messages.ts';

export interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** The authority whose certificates are taken, as PEM. */
  ca?: string;
  /** Whose connections are used again; without it each request has its own. */
  agent?: Agent;
  /** Which of this machine's addresses it comes from. */
  from?: string;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** One HTTP request. Unlike fetch it may carry any header. */
export async function request(url: string, asked: Asked = {}): Promise<Answer> {
  const response = await open(url, asked);
  return { status: response.statusCode!, headers: response.headers, body: await text(response) };
}

/** The response as a stream, for a body that does not end. */
export function open(
  url: string,
  { method = 'GET', headers = {}, body, ca, agent, from }: Asked = {},
): Promise<IncomingMessage> {
  const { request: send } = url.startsWith('https') ? https : http;
  return new Promise((resolve, reject) => {
    const sent = send(url, {
      method,
      headers,
      agent: agent ?? false,
      ...(ca !== undefined && { ca }),
      ...(from !== undefined && { localAddress: from }),
    });
    sent.on('response', resolve);
    sent.on('error', reject);
    sent.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response);
    });
    sent.end(body);
  });
}

/** The answer to an upgrade request of `/ws`, or of any other path. */
export async function upgrade(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const handshake = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const response = await open(url, { headers: { ...handshake, ...headers } });
  if (response.statusCode === 101) return { status: 101, headers: response.headers, body: '' };
  return { status: response.statusCode!, headers: response.headers, body: await text(response) };
}

export function json<T = Record<string, unknown>>(answer: Answer): T {
  return JSON.parse(answer.body) as T;
}

/** All that a room holds behind the place of an id, oldest first. */
export async function historyAfter({ url }: { url: string }, room: string, id: string): Promise<Message[]> {
  const answer = json(await request(`${url}/ws/history?room=${room}&limit=300&after=${id}`));
  const page = answer['messages'] as Message[];
  return answer['more'] ? [...page, ...(await historyAfter({ url }, room, page.at(-1)!.id))] : page;
}

async function text(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
