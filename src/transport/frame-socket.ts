import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import type { Session } from '../hub/session.ts';

/** A WebSocket that takes ready frames, with the socket underneath. */
export class FrameSocket extends WebSocket {
  /** It tells how much waits and when that has been taken, too. */
  declare net: Socket;
  /** ws compresses its messages, and has to frame each of them. */
  declare compressed: boolean;
  /** The client whose messages it bears. */
  declare session?: Session;

  /**
   * Whether what is written now is taken at once, as bytes that may be used again after it. TLS takes nothing at once: it
   * has to encrypt it, and tells later.
   */
  get takesAtOnce(): boolean {
    return this.bufferedAmount === 0 && !(this.net instanceof TLSSocket);
  }

  /**
   * Writes whole frames past ws. They can't cut into one of its own (a pong, a close): it writes each of those whole and at
   * once, as long as nothing is compressed.
   */
  writeFrames(frames: Buffer): void {
    if (this.readyState === WebSocket.OPEN) this.net.write(frames);
  }
}

export interface FrameServerOptions {
  maxFrameBytes: number;
  closeTimeout: number;
  compression: boolean;
}

/** No window is kept from one message to the next, and small ones are left alone: a client costs little while idle. */
const COMPRESSION = { threshold: 1024, serverNoContextTakeover: true, clientNoContextTakeover: true };

/**
 * What both doors hold their WebSockets to. Fragments are limited by number since each costs memory of its own, however
 * small. `closeTimeout` is an option of ws that its types do not know yet.
 */
export function frameServerOptions(
  options: FrameServerOptions,
): ServerOptions<typeof FrameSocket> & { closeTimeout: number } {
  return {
    WebSocket: FrameSocket,
    noServer: true,
    clientTracking: false,
    perMessageDeflate: options.compression && COMPRESSION,
    maxPayload: options.maxFrameBytes,
    maxFragments: 256,
    closeTimeout: options.closeTimeout,
  };
}

/** Shakes hands, for either door. */
export class FrameServer<S extends typeof FrameSocket = typeof FrameSocket> extends WebSocketServer<S> {
  override handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    opened: (client: InstanceType<S>, request: IncomingMessage) => void,
  ): void {
    super.handleUpgrade(request, socket, head, (client) => {
      client.net = request.socket;
      client.compressed = client.extensions !== '';
      opened(client, request);
    });
  }
}
