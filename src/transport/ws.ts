import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocket } from 'ws';
import type { Admission, Admitted } from '../auth/admission.ts';
import type { Callers } from '../auth/callers.ts';
import type { Audience, Clock, Logger, Reception, Transport } from '../hub/ports.ts';
import { Session } from '../hub/session.ts';
import type { Connections } from '../limits/connections.ts';
import { type CodecLimits, decodeText, encode } from '../protocol/codec.ts';
import { CLOSES, type CloseName, Refusal, toRefusal } from '../protocol/errors.ts';
import { fromRequest } from '../protocol/handshake.ts';
import type { Content, Message } from '../protocol/message.ts';
import type { Locale } from '../protocol/texts.ts';
import { FanOut } from './fanout.ts';
import { Frame } from './frame.ts';
import { FrameServer, FrameSocket, frameServerOptions } from './frame-socket.ts';
import { KnownParcels } from './known-parcels.ts';
import type { Pacer } from './pacer.ts';
import type { Parcel } from './parcel.ts';
import { Pulse } from './pulse.ts';
import { Receipts } from './receipts.ts';
import { refuseUpgrade } from './upgrade.ts';

/** The subprotocol that lets a browser carry its token in the handshake. */
const SUBPROTOCOL = 'ambos';

export interface WsOptions {
  hub: Reception;
  admission: Admission;
  connections: Connections;
  callers: Callers;
  clock: Clock;
  logger: Logger;
  locale: Locale;
  codec: CodecLimits;
  pacer: Pacer;
  /** Whether messages are compressed for clients that can take it. */
  compression: boolean;
  maxFrameBytes: number;
  pingInterval: number;
  pingTimeout: number;
  /** Milliseconds between two questions to one client how far it has received; 0: none. */
  receiptInterval: number;
  closeTimeout: number;
  /** Bytes waiting for a client above which nothing more is pushed. */
  sendBuffer: number;
}

/** A client that takes nothing but makes the server answer is closed at this many times the send buffer. */
const HARD_LIMIT = 4;
const SWEEP = 1000;
/**
 * Close codes of a client that takes leave: done, none given. A page that is left says 1001, and may be one that is
 * loaded anew; what a client closes by itself with a code of 4000 to 4499 it means to reconnect after.
 */
const GOODBYES = new Set([1000, 1005]);

/** The raw WebSocket door: one message is one text frame. */
export class WsTransport implements Transport {
  readonly name = 'ws';
  readonly #options: WsOptions;
  readonly #server: FrameServer<typeof Peer>;
  readonly #peers = new Map<Session, Peer>();
  readonly #fanout: FanOut;
  readonly #known = new KnownParcels(frameOf);
  readonly #receipts: Receipts<Peer>;
  /** Where sockets come from, once they no longer tell. */
  readonly #addresses = new WeakMap<Duplex, string>();
  /** One listener for all sockets: one that saw a request would keep it as long as its connection lives. */
  readonly #uncount: (this: Duplex) => void;
  readonly #stopSweeping: () => void;

  constructor(options: WsOptions) {
    this.#options = options;
    this.#server = new FrameServer({
      ...frameServerOptions(options),
      WebSocket: Peer,
      handleProtocols: selectProtocol,
    });
    this.#server.on('wsClientError', (_error, socket) => {
      refuseUpgrade(socket, new Refusal('invalid_message', { detail: 'upgrade' }), options.locale);
    });
    this.#fanout = new FanOut({
      pacer: options.pacer,
      idle: (session) => this.#peers.get(session)?.takesAtOnce === true,
      write: (session, parcel) => this.#write(session, parcel),
      flushed: (messages) => options.hub.flushed(messages),
    });
    this.#receipts = new Receipts({
      ...options,
      interval: options.receiptInterval,
      correspondents: { [Symbol.iterator]: () => this.#peers.values() },
      socketOf: (peer) => (peer.readyState === WebSocket.OPEN ? peer : undefined),
    });
    const addresses = this.#addresses;
    this.#uncount = function () {
      options.connections.close(addresses.get(this) ?? '');
    };
    const sweep = Math.min(SWEEP, options.pingInterval, options.pingTimeout);
    this.#stopSweeping = options.clock.every(sweep, () => this.#sweep());
  }

  // --- upgrade ---

  /** Lets a client in, or answers why not. All that takes time happens before the handshake, so that no byte is lost. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { admission, locale, hub, callers } = this.#options;
    const caller = callers.of(request);
    const { address } = caller;
    try {
      admission.checkFree();
      this.#count(socket, address);
      const source = fromRequest(request.url, request.headers);
      const admitted = await admission.admit(source, caller, () => socket.destroyed);
      if (socket.destroyed) return;
      hub.checkPlace(admitted);
      this.#server.handleUpgrade(request, socket, head, (peer) => this.#open(peer, admitted, address));
    } catch (error) {
      const refusal = toRefusal(error);
      if (refusal.code === 'internal') this.#options.logger.error({ err: error }, 'handshake failed');
      refuseUpgrade(socket, refusal, locale);
    }
  }

  #count(socket: Duplex, address: string): void {
    this.#options.connections.open(address);
    this.#addresses.set(socket, address);
    socket.on('close', this.#uncount);
  }

  #open(peer: Peer, admitted: Admitted, address: string): void {
    const { hub, clock } = this.#options;
    peer.door = this;
    peer.due = false;
    peer.held = false;
    peer.pulse = new Pulse(clock.now());
    peer.session = hub.connect(this, { ...admitted, address });
    this.#peers.set(peer.session, peer);
    peer.on('message', onMessage);
    peer.on('error', onError);
    peer.on('close', onClose);
  }

  // --- receive ---

  receive({ session }: Peer, data: RawData, isBinary: boolean): void {
    if (isBinary) return this.#options.hub.expel(session, 'unsupported_data');
    // ws gives a text message as one Buffer of valid UTF-8 (its `binaryType` is the default one).
    const bytes = data as Buffer;
    const { hub, codec } = this.#options;
    hub.receive(session, { bytes: bytes.length, decode: () => decodeText(bytes.toString(), codec) });
  }

  closed({ session, fault }: Peer, code: number): void {
    this.#peers.delete(session);
    const abnormal = code === 1006 || fault !== undefined;
    const why = fault?.message ?? 'abnormal closure';
    const end = { goodbye: GOODBYES.has(code) };
    this.#options.hub.disconnect(session, abnormal ? { ...end, fault: `websocket: close ${code} (${why})` } : end);
  }

  // --- send ---

  send(message: Message<Content>, receivers: Audience | Session): void {
    const frame = frameOf(message);
    if (receivers instanceof Session) this.#fanout.sendToOne(frame, receivers);
    else this.#fanout.sendToAll(frame, receivers);
  }

  replay(messages: readonly Message[], session: Session): void {
    this.#fanout.sendToOne(this.#known.of(messages), session);
  }

  settle(session: Session): void {
    this.#fanout.settle(session);
  }

  #write(session: Session, parcel: Parcel): boolean {
    const peer = this.#peers.get(session);
    if (peer?.readyState !== WebSocket.OPEN) return true;
    if (peer.compressed) this.#compress(peer, parcel);
    else peer.writeFrames(parcel.bytes);
    this.#receipts.written(peer);
    const waiting = peer.bufferedAmount;
    if (waiting > this.#limitOf(peer)) this.#block(peer);
    return waiting === 0;
  }

  /** ws compresses one message after another, and tells of each when it has been taken. */
  #compress(peer: Peer, { frames }: Parcel): void {
    for (const { text } of frames) peer.send(text, () => this.#checkDrained(peer));
  }

  /** Bytes that may wait. Node tells that a socket has drained only if it was filled up to its own mark. */
  #limitOf({ net }: Peer): number {
    return Math.max(this.#options.sendBuffer, net.writableHighWaterMark);
  }

  /** Stops reading too: a client that takes nothing must not pile up answers. */
  #block(peer: Peer): void {
    const { session, net } = peer;
    const { hub } = this.#options;
    if (session.blocked) return this.#checkHardLimit(peer);
    peer.pause();
    if (!peer.compressed) net.once('drain', () => this.#checkDrained(peer));
    hub.blocked(session);
  }

  /** It was told that nothing more is pushed, and goes on making the server answer. */
  #checkHardLimit(peer: Peer): void {
    if (peer.bufferedAmount <= HARD_LIMIT * this.#limitOf(peer)) return;
    this.#options.hub.expel(peer.session, 'slow_consumer');
  }

  #checkDrained(peer: Peer): void {
    if (!peer.session.blocked || peer.bufferedAmount > this.#limitOf(peer) / 2) return;
    if (!peer.held) peer.resume();
    this.#options.hub.drained(peer.session);
  }

  // --- pause: for the hub, or for a socket that takes nothing; it reads on when neither is ---

  pause(session: Session): boolean {
    const peer = this.#peers.get(session);
    if (peer?.readyState !== WebSocket.OPEN) return false;
    peer.held = true;
    peer.pause();
    return true;
  }

  resume(session: Session): void {
    const peer = this.#peers.get(session);
    if (!peer) return;
    peer.held = false;
    peer.pulse = new Pulse(this.#options.clock.now());
    if (!session.blocked) peer.resume();
  }

  // --- close ---

  close(session: Session, why: CloseName): void {
    const peer = this.#peers.get(session);
    if (!peer) return;
    this.#fanout.flushOne(session);
    // Paused, it would not see the peer's answer.
    peer.held = false;
    peer.resume();
    peer.close(CLOSES[why].code, why);
  }

  /** Ends what is left, at once. */
  stop(): void {
    this.#stopSweeping();
    this.#receipts.stop();
    for (const peer of this.#peers.values()) peer.terminate();
  }

  // --- liveness ---

  #sweep(): void {
    const { clock, pingInterval, pingTimeout } = this.#options;
    const now = clock.now();
    for (const peer of this.#peers.values()) {
      const { net, pulse, readyState } = peer;
      const verdict = pulse.check(now, net.bytesRead, net.writableLength, pingInterval, pingTimeout);
      if (verdict === 'ping' && readyState === WebSocket.OPEN) peer.ping();
      // What would show that it lives is not read.
      if (verdict === 'dead' && peer.held) peer.pulse = new Pulse(now);
      else if (verdict === 'dead') this.#bury(peer);
    }
  }

  /** The peer will hardly hear it, but one that merely went silent is told why. */
  #bury(peer: Peer): void {
    if (peer.readyState === WebSocket.OPEN) this.#options.hub.expel(peer.session, 'no_heartbeat');
    else peer.terminate();
  }
}

/**
 * One client's socket, and what this transport knows of it. All in one object, with handlers that all of them share:
 * what a client has of its own costs memory once per connection.
 */
class Peer extends FrameSocket {
  declare door: WsTransport;
  declare session: Session;
  declare due: boolean;
  /** Nothing is read of it, for the hub. */
  declare held: boolean;
  declare pulse: Pulse;
  declare fault?: Error;
}

function frameOf(message: Message<Content>): Frame {
  return new Frame(encode(message));
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  const peer = this as Peer;
  peer.door.receive(peer, data, isBinary);
}

function onError(this: WebSocket, error: Error): void {
  (this as Peer).fault = error;
}

function onClose(this: WebSocket, code: number): void {
  const peer = this as Peer;
  peer.door.closed(peer, code);
}

function selectProtocol(offered: Set<string>): string | false {
  if (offered.has(SUBPROTOCOL)) return SUBPROTOCOL;
  return [...offered][0] ?? false;
}
