import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { Admission, Admitted } from '../auth/admission.ts';
import type { Audience, Clock, Logger, Reception, Transport } from '../hub/ports.ts';
import { Session } from '../hub/session.ts';
import type { Connections } from '../limits/connections.ts';
import { type CodecLimits, decodeText, encode } from '../protocol/codec.ts';
import { CLOSES, type CloseName, Refusal, toRefusal } from '../protocol/errors.ts';
import { fromRequest } from '../protocol/handshake.ts';
import type { Message } from '../protocol/message.ts';
import type { Locale } from '../protocol/texts.ts';
import { Pulse } from './pulse.ts';
import { refuseUpgrade } from './upgrade.ts';
import { wsLimits } from './ws-limits.ts';

/** The subprotocol that lets a browser carry its token in the handshake. */
const SUBPROTOCOL = 'ambos';

export interface WsOptions {
  hub: Reception;
  admission: Admission;
  connections: Connections;
  clock: Clock;
  logger: Logger;
  locale: Locale;
  codec: CodecLimits;
  maxFrameBytes: number;
  pingInterval: number;
  pingTimeout: number;
  closeTimeout: number;
  /** Bytes waiting for a client above which nothing more is pushed. */
  sendBuffer: number;
}

/** One client's socket, and what this transport knows of it. */
interface Peer {
  session: Session;
  ws: WebSocket;
  /** The socket underneath: it tells how much waits, and when it has drained. */
  socket: Socket;
  pulse: Pulse;
  /** Bytes that may wait for it. Node tells that a socket has drained only if it was filled up to its own mark. */
  limit: number;
}

/** A client that takes nothing but makes the server answer is closed at this many times the send buffer. */
const HARD_LIMIT = 4;
const SWEEP = 1000;

/** The raw WebSocket door: one message is one text frame. */
export class WsTransport implements Transport {
  readonly name = 'ws';
  readonly #options: WsOptions;
  readonly #server: WebSocketServer;
  readonly #peers = new Map<Session, Peer>();
  readonly #stopSweeping: () => void;

  constructor(options: WsOptions) {
    this.#options = options;
    const { maxFrameBytes: maxPayload, closeTimeout } = options;
    this.#server = new WebSocketServer({ ...wsLimits({ maxPayload, closeTimeout }), handleProtocols: selectProtocol });
    this.#server.on('wsClientError', (_error, socket) => {
      refuseUpgrade(socket, new Refusal('invalid_message', { detail: 'upgrade' }), options.locale);
    });
    const sweep = Math.min(SWEEP, options.pingInterval, options.pingTimeout);
    this.#stopSweeping = options.clock.every(sweep, () => this.#sweep());
  }

  // --- upgrade ---

  /** Lets a client in, or answers why not. All that takes time happens before the handshake, so that no byte is lost. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { admission, connections, locale } = this.#options;
    const address = request.socket.remoteAddress ?? '';
    try {
      admission.checkOpen();
      connections.open(address);
    } catch (error) {
      return refuseUpgrade(socket, toRefusal(error), locale);
    }
    socket.once('close', () => connections.close(address));
    try {
      const admitted = await admission.admit(fromRequest(request.url, request.headers), request.headers.origin);
      if (socket.destroyed) return;
      this.#server.handleUpgrade(request, socket, head, (ws) => this.#open(ws, request.socket, admitted, address));
    } catch (error) {
      const refusal = toRefusal(error);
      if (refusal.code === 'internal') this.#options.logger.error({ err: error }, 'handshake failed');
      refuseUpgrade(socket, refusal, locale);
    }
  }

  #open(ws: WebSocket, socket: Socket, admitted: Admitted, address: string): void {
    const { hub, clock, sendBuffer } = this.#options;
    const session = hub.connect(this, { ...admitted, address });
    const limit = Math.max(sendBuffer, socket.writableHighWaterMark);
    const peer: Peer = { session, ws, socket, pulse: new Pulse(clock.now()), limit };
    this.#peers.set(session, peer);
    let fault: Error | undefined;
    ws.on('message', (data, isBinary) => this.#receive(peer, data, isBinary));
    ws.on('error', (error) => {
      fault = error;
    });
    ws.on('close', (code) => this.#closed(peer, code, fault));
  }

  // --- receive ---

  #receive({ session }: Peer, data: RawData, isBinary: boolean): void {
    if (isBinary) return this.#options.hub.expel(session, 'unsupported_data');
    // ws gives a text message as one Buffer of valid UTF-8 (its `binaryType` is the default one).
    const bytes = data as Buffer;
    const { hub, codec } = this.#options;
    hub.receive(session, { bytes: bytes.length, decode: () => decodeText(bytes.toString(), codec) });
  }

  #closed({ session }: Peer, code: number, fault: Error | undefined): void {
    this.#peers.delete(session);
    const abnormal = code === 1006 || fault !== undefined;
    const why = fault?.message ?? 'abnormal closure';
    this.#options.hub.disconnect(session, abnormal ? `websocket: close ${code} (${why})` : undefined);
  }

  // --- send ---

  /** Encodes once, whatever the number of receivers. */
  send(message: Message, receivers: Audience | Session): void {
    const frame = Buffer.from(encode(message));
    if (receivers instanceof Session) return this.#write(receivers, frame);
    for (const session of receivers) this.#write(session, frame);
  }

  #write(session: Session, frame: Buffer): void {
    const peer = this.#peers.get(session);
    if (peer?.ws.readyState !== WebSocket.OPEN) return;
    peer.ws.send(frame, { binary: false });
    if (peer.ws.bufferedAmount > peer.limit) this.#block(peer);
  }

  /** Stops reading too: a client that takes nothing must not pile up answers. */
  #block(peer: Peer): void {
    const { session, ws, socket, limit } = peer;
    if (ws.bufferedAmount > HARD_LIMIT * limit) return this.#options.hub.expel(session, 'slow_consumer');
    if (session.blocked) return;
    ws.pause();
    socket.once('drain', () => {
      ws.resume();
      this.#options.hub.drained(session);
    });
    this.#options.hub.blocked(session);
  }

  // --- close ---

  close(session: Session, why: CloseName): void {
    const ws = this.#peers.get(session)?.ws;
    if (!ws) return;
    // Paused, it would not see the peer's answer.
    ws.resume();
    ws.close(CLOSES[why].code, why);
  }

  /** Ends what is left, at once. */
  stop(): void {
    this.#stopSweeping();
    for (const { ws } of this.#peers.values()) ws.terminate();
  }

  // --- liveness ---

  #sweep(): void {
    const { clock, pingInterval, pingTimeout } = this.#options;
    const now = clock.now();
    for (const { session, ws, socket, pulse } of this.#peers.values()) {
      const verdict = pulse.check(now, socket.bytesRead, socket.writableLength, pingInterval, pingTimeout);
      if (verdict === 'ping' && ws.readyState === WebSocket.OPEN) ws.ping();
      if (verdict === 'dead') this.#bury(session, ws);
    }
  }

  /** The peer will hardly hear it, but one that merely went silent is told why. */
  #bury(session: Session, ws: WebSocket): void {
    if (ws.readyState === WebSocket.OPEN) this.#options.hub.expel(session, 'no_heartbeat');
    else ws.terminate();
  }
}

function selectProtocol(offered: Set<string>): string | false {
  if (offered.has(SUBPROTOCOL)) return SUBPROTOCOL;
  return [...offered][0] ?? false;
}
