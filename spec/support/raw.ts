import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { Client, type Close, type Options, Refused } from './client-base.ts';
import { type Message, type Outgoing, type Receipt, type Refusal, unique } from './messages.ts';

const CLOSING_PATIENCE = 1000;

/** A client of the raw WebSocket door. */
export class RawClient extends Client {
  readonly door = 'ws';
  readonly ws: WebSocket;
  /** Frames that no message may travel in. */
  binaryFrames = 0;
  pings = 0;

  constructor(url: string, options: Options) {
    super(url);
    this.ws = new WebSocket(rawUrl(url, options), options.protocols ?? [], {
      headers: options.headers ?? {},
      autoPong: options.autoPong ?? true,
      perMessageDeflate: options.compression ?? false,
      ...(options.ca !== undefined && { ca: options.ca }),
      ...(options.from !== undefined && { localAddress: options.from }),
    });
    this.ws.on('message', (data, binary) => this.#receive(String(data), binary));
    this.ws.on('ping', () => {
      this.pings += 1;
    });
    this.ws.on('error', () => {}); // 'close' follows, or 'unexpected-response' came before
    this.ws.on('close', (code, reason) => this.ended({ code, reason: String(reason) }));
  }

  /** Resolves with the client when its first list is there. */
  async arrive(): Promise<this> {
    const refused = new Promise<never>((_, reject) => {
      this.ws.on('unexpected-response', (_request, response) => {
        readRefusal(response).then(reject, reject);
      });
    });
    this.welcome = await Promise.race([this.next('user_list'), refused]);
    return this;
  }

  send(message: Outgoing): void {
    this.write(JSON.stringify(message));
  }

  /** Sends a frame as it is. */
  write(frame: string | Buffer): void {
    this.ws.send(frame);
  }

  async request(message: Outgoing): Promise<Receipt> {
    const clientMsgId = message.clientMsgId ?? unique('r');
    this.send({ ...message, clientMsgId });
    return receiptOf(await this.next((answer) => answersTo(answer, clientMsgId)));
  }

  async close(): Promise<Close> {
    this.ws.resume();
    this.ws.close(1000);
    const timer = setTimeout(() => this.ws.terminate(), CLOSING_PATIENCE);
    const close = await this.closed;
    clearTimeout(timer);
    return close;
  }

  drop(): void {
    this.ws.terminate();
  }

  pause(): void {
    this.ws.pause();
  }

  resume(): void {
    this.ws.resume();
  }

  #receive(text: string, binary: boolean): void {
    if (binary) this.binaryFrames += 1;
    this.inbox.texts.push(text);
    this.inbox.push(JSON.parse(text) as Message);
  }
}

/** The address of the raw door with the identity in its query. */
export function rawUrl(url: string, options: Options = {}): string {
  const query = new URLSearchParams(options.query);
  if (options.username !== undefined) query.append('username', options.username);
  if (options.userId !== undefined) query.append('userId', options.userId);
  for (const room of options.rooms ?? []) query.append('room', room);
  if (options.session !== undefined) query.append('session', String(options.session));
  if (options.lastId !== undefined) query.append('lastId', String(options.lastId));
  const text = query.toString();
  return `${url.replace(/^http/, 'ws')}/ws${text && `?${text}`}`;
}

function answersTo(answer: Message, clientMsgId: string): boolean {
  if (answer.type !== 'ack' && answer.type !== 'error') return false;
  return (answer.data as { clientMsgId?: string }).clientMsgId === clientMsgId;
}

function receiptOf(answer: Message): Receipt {
  const { clientMsgId: _, ...data } = answer.data as Record<string, unknown>;
  if (answer.type === 'error') return { ok: false, error: { message: answer.content, ...data } as Refusal };
  return { ok: true, ...(data as { id: string; timestamp: number }) };
}

async function readRefusal(response: IncomingMessage): Promise<Refused> {
  let body = '';
  for await (const chunk of response) body += chunk;
  const seen = { status: response.statusCode, headers: response.headers, body, code: codeOf(body) };
  return new Refused('ws', seen, `${response.statusCode} ${body}`);
}

function codeOf(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { error?: { code?: string } }).error?.code;
  } catch {
    return undefined; // the case that looks at the body will say so
  }
}
