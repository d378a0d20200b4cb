import type { ServerOptions } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { Renewal, type RenewalOptions } from './renewal.ts';

export interface TlsServerOptions extends Omit<RenewalOptions, 'take'> {
  http: ServerOptions;
  /** Milliseconds that the TLS handshake of a connection may take. */
  handshakeTimeout: number;
}

/** An HTTP server that speaks TLS, with a certificate that may be renewed while it runs. */
export class TlsServer {
  readonly http: Server;
  readonly #renewal: Renewal;
  /** Node's HTTP server knows of those alone that have shaken hands. */
  readonly #sockets = new Set<Duplex>();

  constructor({ http, handshakeTimeout, ...renewal }: TlsServerOptions) {
    this.http = createServer({ ...http, handshakeTimeout, minVersion: 'TLSv1.2' });
    this.#renewal = new Renewal({ ...renewal, take: (pair) => this.http.setSecureContext(pair) });
    const sockets = this.#sockets;
    // One listener for all of them.
    const leave = function (this: Duplex) {
      sockets.delete(this);
    };
    this.http.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('close', leave);
    });
    // Who shakes hands badly, or not at all, is no matter for the log: the whole world may try.
    this.http.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  /** When the certificate in use expires, in milliseconds since the epoch. */
  get validTo(): number {
    return this.#renewal.validTo;
  }

  /** Reads the certificate. @throws Error whose message is one line for the operator */
  start(): Promise<void> {
    return this.#renewal.start();
  }

  stop(): void {
    this.#renewal.stop();
  }

  /** Ends every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
