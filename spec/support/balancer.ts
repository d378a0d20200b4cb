import net, { type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * One address for several servers: each connection goes to the next one that takes it. It knows nothing of readiness,
 * as the simplest of its kind.
 */
export class Balancer {
  readonly url: string;
  readonly #listener: Server;
  readonly #ports: number[];
  readonly #sockets = new Set<Socket>();
  #turn = 0;

  private constructor(listener: Server, urls: readonly string[]) {
    this.#listener = listener;
    this.#ports = urls.map((url) => Number(new URL(url).port));
    this.url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  }

  static async before(...urls: string[]): Promise<Balancer> {
    const listener = net.createServer({ pauseOnConnect: true, allowHalfOpen: true });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const balancer = new Balancer(listener, urls);
    listener.on('connection', (client) => balancer.#pass(client, urls.length));
    return balancer;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #pass(client: Socket, tries: number): void {
    this.#keep(client);
    this.#turn += 1;
    const port = this.#ports[this.#turn % this.#ports.length]!;
    const server = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.#keep(server);
    server.once('connect', () => {
      client.pipe(server);
      server.pipe(client);
      client.on('close', () => server.destroy());
      server.on('close', () => client.destroySoon());
    });
    server.once('error', () => {
      if (!server.connecting && server.bytesRead + server.bytesWritten > 0) return;
      if (tries > 1) this.#pass(client, tries - 1);
      else client.destroy();
    });
  }

  #keep(socket: Socket): void {
    if (this.#sockets.has(socket)) return;
    this.#sockets.add(socket);
    socket.setNoDelay();
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
