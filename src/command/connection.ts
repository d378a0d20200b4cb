import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import type { Message } from '../protocol/message.ts';
import { withoutSecrets } from '../protocol/secrets.ts';

/** Where to connect, and as whom. */
interface Address {
  url: string;
  query: Record<string, string>;
  token?: string | undefined;
  /** Any certificate will do. */
  insecure?: boolean | undefined;
}

/** The server does not let the client in. */
export class Refused extends Error {
  /** Trying again would not help. */
  readonly final: boolean;

  constructor(message: string, status: number) {
    super(message);
    this.final = [400, 401, 403].includes(status);
  }
}

/** The raw door of a running server, as the command line uses it. */
export class Connection {
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  readonly #ws: WebSocket;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    this.closed = new Promise((resolve) => ws.once('close', resolve));
  }

  /**
   * @param token goes in a header: others may log the URL
   * @param onMessage listens from the first message on, which may come together with the handshake
   * @throws Error in words for people, where nobody answers or the server refuses
   */
  static async open(address: Address, onMessage: (message: Message) => void): Promise<Connection> {
    const { url, query, token, insecure = false } = address;
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const ws = new WebSocket(endpoint(url, query), { headers, rejectUnauthorized: !insecure });
    ws.on('unexpected-response', (_request, response) => void explainRefusal(ws, url, response));
    ws.on('message', (data) => onMessage(JSON.parse(String(data)) as Message));
    const connection = new Connection(ws);
    try {
      await once(ws, 'open');
    } catch (error) {
      throw readable(error, url);
    } finally {
      ws.on('error', () => {});
    }
    return connection;
  }

  send(message: object): void {
    this.#ws.send(JSON.stringify(message));
  }

  close(): void {
    this.#ws.close(1000);
  }
}

async function explainRefusal(ws: WebSocket, url: string, response: IncomingMessage): Promise<void> {
  const body = await text(response).catch(() => '');
  const { statusCode = 0 } = response;
  ws.emit('error', new Refused(`${withoutSecrets(url)} refuses: ${reasonOf(body) ?? statusCode}`, statusCode));
}

/** `http://host:port`, `ws://host:port/ws` and `host:port` all name the same door. */
function endpoint(url: string, query: Record<string, string>): string {
  const full = new URL(/^\w+:\/\//.test(url) ? url : `ws://${url}`);
  full.protocol = full.protocol.replace('http', 'ws');
  if (full.pathname === '/') full.pathname = '/ws';
  for (const [name, value] of Object.entries(query)) full.searchParams.set(name, value);
  return full.href;
}

function reasonOf(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { error?: { message?: string } }).error?.message;
  } catch {
    return undefined;
  }
}

function readable(error: unknown, url: string): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  // Where a name has several addresses Node gives an error of errors, without words.
  const shown = withoutSecrets(url);
  if (code === 'ECONNREFUSED') return new Error(`Nobody listens at ${shown}: is the server running?`);
  if (isMistrust(error, code))
    return new Error(`The certificate of ${shown} is not trusted (${error.message}): ${TRUST}`);
  return error instanceof Error ? error : new Error(String(error));
}

const TRUST = 'name its authority by NODE_EXTRA_CA_CERTS=FILE, or give --insecure';
const MISTRUST = /^(DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_|ERR_TLS_CERT_|HOSTNAME_MISMATCH)/;

function isMistrust(error: unknown, code: unknown): error is Error {
  return error instanceof Error && typeof code === 'string' && MISTRUST.test(code);
}
