import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Question {
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Reply {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Somebody else's HTTP server: an application's backend, or who gives out keys. It remembers what it was asked. */
export class Elsewhere {
  readonly asked: Question[] = [];
  /** What it answers; a promise that never settles is a server that hangs. */
  reply: (question: Question) => Reply | Promise<Reply>;
  readonly #http: Server;

  constructor(reply: Elsewhere['reply'] = () => ({})) {
    this.reply = reply;
    this.#http = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const question = { headers: request.headers, body };
      this.asked.push(question);
      const { status = 200, body: answer = {}, headers = {} } = await this.reply(question);
      response.writeHead(status, headers).end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  }

  static async start(reply?: Elsewhere['reply']): Promise<Elsewhere> {
    const elsewhere = new Elsewhere(reply);
    await elsewhere.listen();
    return elsewhere;
  }

  async listen(port = 0): Promise<void> {
    await once(this.#http.listen(port, '127.0.0.1'), 'listening');
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** The bodies that it was sent. */
  get questions(): Record<string, unknown>[] {
    return this.asked.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  }

  async close(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }
}
