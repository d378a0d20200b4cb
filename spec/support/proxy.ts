import net, { type AddressInfo, type Server, type Socket } from 'node:net';

/** A client's connection and the one to the server that stands for it. */
interface Pair {
  client: Socket;
  server: Socket;
}

/**
 * A network that fails when a case says so, between clients and a server:
 *
 *     const proxy = await TcpProxy.before(server.url);
 *     const ana = await connect('ws', proxy.url);
 *     proxy.blackHole();
 */
export class TcpProxy {
  readonly url: string;
  /** Connections that were reset, ended, stalled or swallowed. */
  struck = 0;
  readonly #listener: Server;
  readonly #pairs = new Set<Pair>();
  /** Bytes from the server that still pass before `then` is done. */
  #left = Number.POSITIVE_INFINITY;
  #then: (pair: Pair) => void = () => {};

  private constructor(listener: Server) {
    this.#listener = listener;
    this.url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  }

  /** Listens on a free port, for clients of the server at `url`; or of the one at which each of them is to arrive. */
  static async before(url: string | (() => string)): Promise<TcpProxy> {
    const target = () => new URL(typeof url === 'string' ? url : url());
    // Paused: what a client sends at once is for the pipe.
    const listener = net.createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const proxy = new TcpProxy(listener);
    listener.on('connection', (client) => {
      const { hostname, port } = target();
      proxy.#join(client, net.connect(Number(port), hostname));
    });
    return proxy;
  }

  /** The ports by which the server knows the connections that pass here. */
  get ports(): number[] {
    return [...this.#pairs].flatMap(({ server }) => server.localPort ?? []);
  }

  /** Resets every connection, on both sides. */
  cut(): void {
    this.struck += this.#pairs.size;
    for (const pair of this.#pairs) reset(pair);
  }

  /** Lets so many more bytes of the server pass, all of which arrive; then the connection ends, for the server by a reset. */
  cutAfter(bytes: number): void {
    this.#left = bytes;
    this.#then = end;
  }

  /** From here on nothing passes either way, and neither side is told. */
  blackHole(): void {
    this.struck += this.#pairs.size;
    for (const pair of this.#pairs) swallow(pair);
  }

  /** Lets so many more bytes of the server pass, then nothing more. What clients send goes on passing. */
  stallAfter(bytes: number): void {
    this.#left = bytes;
    this.#then = stall;
  }

  /** Everything passes again, also what has waited. */
  heal(): void {
    this.#left = Number.POSITIVE_INFINITY;
    for (const { client, server } of this.#pairs) {
      client.resume();
      server.resume();
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #join(client: Socket, server: Socket): void {
    const pair = { client, server };
    this.#pairs.add(pair);
    for (const socket of [client, server]) socket.setNoDelay().on('error', () => {}); // 'close' follows
    client.on('data', (bytes) => void server.write(bytes)).resume();
    server.on('data', (bytes) => this.#pass(pair, bytes));
    client.on('end', () => server.end()).on('close', () => this.#part(pair));
    server.on('end', () => client.end()).on('close', () => this.#part(pair));
  }

  #pass(pair: Pair, bytes: Buffer): void {
    if (bytes.length < this.#left) {
      this.#left -= bytes.length;
      pair.client.write(bytes);
      return;
    }
    const { client, server } = pair;
    const rest = bytes.subarray(this.#left);
    server.pause();
    if (rest.length > 0) server.unshift(rest);
    client.write(bytes.subarray(0, this.#left));
    this.struck += 1;
    this.#then(pair);
  }

  #part(pair: Pair): void {
    // What was written before still arrives.
    pair.client.destroySoon();
    pair.server.destroySoon();
    this.#pairs.delete(pair);
  }
}

function reset({ client, server }: Pair): void {
  abort(client);
  abort(server);
}

/** A reset of the client's side could overtake what it has not read. */
function end({ client, server }: Pair): void {
  client.end();
  abort(server);
}

/** Node can't reset what is being shut down: at the end of the process it would wait for that handle for ever. */
function abort(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

function swallow({ client, server }: Pair): void {
  client.pause();
  server.pause();
}

function stall({ server }: Pair): void {
  server.pause();
}
