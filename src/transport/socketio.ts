import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { Server, type Socket } from 'socket.io';
import type { Admission, Admitted } from '../auth/admission.ts';
import type { Callers } from '../auth/callers.ts';
import type { Origins } from '../auth/origins.ts';
import type { Answer, Audience, Clock, Logger, Reception, Request, Transport } from '../hub/ports.ts';
import { Session } from '../hub/session.ts';
import type { Connections } from '../limits/connections.ts';
import { type CodecLimits, decode, encode } from '../protocol/codec.ts';
import { CLOSES, type CloseName, FINAL_CLOSE, type Refusal, toRefusal } from '../protocol/errors.ts';
import { fromRequest, type HandshakeSource } from '../protocol/handshake.ts';
import { type Content, type Message, SYSTEM } from '../protocol/message.ts';
import { type Locale, say } from '../protocol/texts.ts';
import { EngineGate } from './engine-gate.ts';
import { encodeAnswer, encodeEvent, eventToMessage, type NotingParser, notingParser } from './event.ts';
import { FanOut } from './fanout.ts';
import { Frame } from './frame.ts';
import { FrameServer, FrameSocket, frameServerOptions } from './frame-socket.ts';
import { KnownParcels } from './known-parcels.ts';
import type { Pacer } from './pacer.ts';
import type { Parcel } from './parcel.ts';
import { Receipts } from './receipts.ts';

export interface SocketIoOptions {
  hub: Reception;
  admission: Admission;
  connections: Connections;
  callers: Callers;
  origins: Origins;
  clock: Clock;
  logger: Logger;
  locale: Locale;
  codec: CodecLimits;
  pacer: Pacer;
  /** Whether messages are compressed for clients that can take it. */
  compression: boolean;
  namespace: string;
  maxFrameBytes: number;
  pingInterval: number;
  pingTimeout: number;
  /** Milliseconds between two questions to one client how far it has received; 0: none. */
  receiptInterval: number;
  handshakeTimeout: number;
  closeTimeout: number;
  /** Bytes waiting for a client above which nothing more is pushed. */
  sendBuffer: number;
}

/** Engine.IO's path: its upgrades and requests are its own. */
export const SOCKET_IO_PATH = '/socket.io/';

/** What a client takes nothing of but makes the server answer is closed at this many times the send buffer. */
const HARD_LIMIT = 4;
/** What a text message of Engine.IO begins with in a WebSocket frame. */
const MESSAGE = '4';
/** Socket.IO's reasons for an end that nobody asked for. */
const ABNORMAL = new Set(['ping timeout', 'transport error', 'parse error']);

/** What is used of Engine.IO's connection. Its types do not know ready frames. */
interface EngineConnection {
  protocol: number;
  transport: { writable: boolean; socket?: unknown; emit(event: 'packet', packet: { type: string }): unknown };
  on(event: 'packetCreate', listener: (packet: { type: string }) => void): unknown;
  off(event: 'packetCreate', listener: (packet: { type: string }) => void): unknown;
  write(data: string, options: { compress: boolean; wsPreEncodedFrame?: Buffer[] }, taken?: () => void): unknown;
}

/** One client's socket, and what waits for it beside what the socket itself tells. */
interface Peer {
  session: Session;
  socket: Socket;
  /** Bytes in Engine.IO's queue, or passed on by it and not taken. */
  queued: number;
  /** It is to be asked with the next thing that it is written, how far it has received. */
  due: boolean;
  /** Nothing is read of it: reads on. */
  release?: (() => void) | undefined;
}

/** The Socket.IO door: one message is one event with one argument. */
export class SocketIoTransport implements Transport {
  readonly name = 'socketio';
  readonly #options: SocketIoOptions;
  readonly #parser: NotingParser = notingParser();
  readonly #peers = new Map<Session, Peer>();
  readonly #io: Server;
  readonly #gate: EngineGate;
  readonly #fanout: FanOut;
  readonly #known = new KnownParcels((message) => this.#encode(message));
  readonly #receipts: Receipts<Peer>;
  /** One listener for all sockets: what each has of its own costs memory once per connection. */
  readonly #onError: (this: Socket) => void;
  readonly #onDisconnect: (this: Socket, reason: string) => void;
  /** The application has namespaces of its own, and may want to know how their clients began. */
  #shared = false;

  constructor(http: HttpServer, options: SocketIoOptions) {
    this.#options = options;
    this.#io = new Server(http, { ...serverOptions(options), parser: this.#parser });
    this.#gate = new EngineGate(this.#io, options);
    this.#fanout = new FanOut({
      pacer: options.pacer,
      idle: (session) => this.#takesNow(session),
      write: (session, parcel) => this.#write(session, parcel),
      flushed: (messages) => options.hub.flushed(messages),
    });
    this.#receipts = new Receipts({
      ...options,
      interval: options.receiptInterval,
      correspondents: { [Symbol.iterator]: () => this.#peers.values() },
      // What Engine.IO has not passed on yet would be overtaken.
      socketOf: (peer) => (peer.queued === 0 && isIdle(peer) ? frameSocketOf(peer) : undefined),
    });
    const door = this;
    this.#onError = function () {
      door.#cutLater(this);
    };
    this.#onDisconnect = function (reason) {
      door.#closed(this.data, reason);
    };
    // Without a listener Socket.IO writes what a client did wrong to the console.
    this.#io.of('/').on('connection', (socket) => socket.on('error', ignore));
    const namespace = this.#io.of(options.namespace);
    namespace.use((socket, next) => void this.#admit(socket, next));
    namespace.on('connection', (socket) => this.#open(socket));
  }

  /** For the application's own namespaces. */
  get io(): Server {
    this.#shared = true;
    return this.#io;
  }

  // --- handshake ---

  async #admit(socket: Socket, next: (error?: Error) => void): Promise<void> {
    const { admission, hub, locale, logger } = this.#options;
    const { conn } = socket;
    try {
      const isGone = () => conn.readyState !== 'open';
      const admitted = await admission.admit(sourceOf(socket), this.#gate.callerOf(conn), isGone);
      hub.checkPlace(admitted);
      socket.data.admitted = admitted;
      next();
    } catch (error) {
      const refusal = toRefusal(error);
      if (refusal.code === 'internal') logger.error({ err: error }, 'handshake failed');
      if (refusal.retryable) return void conn.close();
      next(connectError(refusal, locale));
    }
  }

  #open(socket: Socket): void {
    const { address } = this.#gate.callerOf(socket.conn);
    const session = this.#options.hub.connect(this, { ...(socket.data.admitted as Admitted), address });
    this.#peers.set(session, { session, socket, queued: 0, due: false });
    socket.data = session;
    socket.use((event) => this.#receive(session, event));
    // Socket.IO closes a client that breaks the protocol, as gently as if it were one that listens.
    socket.on('error', this.#onError);
    socket.on('disconnect', this.#onDisconnect);
    if (this.#shared) return;
    this.#gate.release(socket.conn);
    Object.assign(socket, { handshake: {} });
  }

  // --- receive ---

  /** Nothing is passed on: every event of this namespace is the hub's. */
  #receive(session: Session, event: unknown[]): void {
    const { bytes, answerId } = this.#parser.noteOf(event);
    const [name, ...args] = event;
    if (answerId !== undefined) args.pop();
    const { hub, codec } = this.#options;
    const request: Request = { bytes, decode: () => decode(eventToMessage(name, args), codec) };
    if (answerId !== undefined) request.answer = (answer) => this.#answer(session, answerId, answer);
    hub.receive(session, request);
  }

  /** Not by Socket.IO's own callback: that would overtake what waits for the session, the echo among it. */
  #answer(session: Session, id: number, answer: Answer): void {
    this.#fanout.sendToOne(new Frame(encodeAnswer(this.#options.namespace, id, answer), MESSAGE), session);
  }

  #closed(session: Session, reason: string): void {
    this.#peers.delete(session);
    const end = { goodbye: reason === 'client namespace disconnect' };
    const fault = `socket.io: close 1006 (${reason})`;
    this.#options.hub.disconnect(session, ABNORMAL.has(reason) ? { ...end, fault } : end);
  }

  // --- send ---

  send(message: Message<Content>, receivers: Audience | Session): void {
    const frame = this.#encode(message);
    if (receivers instanceof Session) this.#fanout.sendToOne(frame, receivers);
    else this.#fanout.sendToAll(frame, receivers);
  }

  replay(messages: readonly Message[], session: Session): void {
    this.#fanout.sendToOne(this.#known.of(messages), session);
  }

  settle(session: Session): void {
    this.#fanout.settle(session);
  }

  #encode(message: Message<Content>): Frame {
    return new Frame(encodeEvent(this.#options.namespace, message.type, encode(message)), MESSAGE);
  }

  #takesNow(session: Session): boolean {
    const peer = this.#peers.get(session);
    return peer !== undefined && isIdle(peer) && frameSocketOf(peer)?.takesAtOnce === true;
  }

  #write(session: Session, parcel: Parcel): boolean {
    const peer = this.#peers.get(session);
    if (!peer?.socket.connected) return true;
    const ws = frameSocketOf(peer);
    if (ws && !ws.compressed && isIdle(peer)) ws.writeFrames(parcel.bytes);
    else this.#queue(peer, parcel);
    this.#receipts.written(peer);
    const waiting = waitingFor(peer);
    if (waiting > this.#limitOf(peer)) this.#block(peer, waiting);
    return waiting === 0;
  }

  /** Bytes that may wait. Node tells that a socket has drained only if it was filled up to its own mark. */
  #limitOf(peer: Peer): number {
    return Math.max(this.#options.sendBuffer, frameSocketOf(peer)?.net.writableHighWaterMark ?? 0);
  }

  /**
   * Engine.IO's own queue: behind what it has not yet passed on, through polling, and through an upgrade that is under
   * way. It takes ready frames for a WebSocket, as those of Socket.IO's own broadcast.
   */
  #queue(peer: Peer, parcel: Parcel): void {
    const { compression: compress } = this.#options;
    const connection: EngineConnection = peer.socket.conn;
    const taken = () => this.#taken(peer, parcel.size);
    peer.queued += parcel.size;
    if (frameSocketOf(peer) && !compress) {
      return void connection.write('', { compress, wsPreEncodedFrame: [parcel.bytes] }, taken);
    }
    const texts = parcel.frames.map(({ text }) => text);
    const last = texts.pop();
    for (const text of texts) connection.write(text, { compress });
    if (last !== undefined) connection.write(last, { compress }, taken);
  }

  #taken(peer: Peer, bytes: number): void {
    peer.queued -= bytes;
    if (peer.session.blocked) this.#checkDrained(peer);
  }

  #block(peer: Peer, waiting: number): void {
    const { session } = peer;
    const { hub } = this.#options;
    if (!session.blocked) {
      hub.blocked(session);
      this.#awaitDrain(peer);
    } else if (waiting > HARD_LIMIT * this.#limitOf(peer)) hub.expel(session, 'slow_consumer');
  }

  /** Engine.IO tells by itself when what it has queued has been taken. */
  #awaitDrain(peer: Peer): void {
    if (peer.queued === 0) frameSocketOf(peer)?.net.once('drain', () => this.#checkDrained(peer));
  }

  #checkDrained(peer: Peer): void {
    if (waitingFor(peer) <= this.#limitOf(peer) / 2) this.#options.hub.drained(peer.session);
    else this.#awaitDrain(peer);
  }

  // --- pause ---

  /** A body of polling is complete before anything is known of it: there is nothing to be stopped. */
  pause(session: Session): boolean {
    const peer = this.#peers.get(session);
    const socket = peer && frameSocketOf(peer);
    if (!socket) return false;
    if (!peer.release) this.#hold(peer, socket);
    return true;
  }

  resume(session: Session): void {
    this.#release(this.#peers.get(session));
  }

  /** Engine.IO would take it for dead, since the answers to its pings are not read: they are taken as given. */
  #hold(peer: Peer, socket: FrameSocket): void {
    const connection: EngineConnection = peer.socket.conn;
    const pong = () => void connection.transport.emit('packet', { type: 'pong' });
    const onPacket = ({ type }: { type: string }) => void (type === 'ping' && setImmediate(pong));
    socket.pause();
    if (connection.protocol !== 3) {
      connection.on('packetCreate', onPacket);
      pong();
    }
    peer.release = () => {
      connection.off('packetCreate', onPacket);
      socket.resume();
    };
  }

  #release(peer: Peer | undefined): void {
    peer?.release?.();
    if (peer) peer.release = undefined;
  }

  // --- close ---

  /**
   * An SDK never sees close codes: it gets an `error` with the name. It reconnects by itself after a closed transport,
   * and does not after a disconnect.
   */
  close(session: Session, why: CloseName): void {
    const peer = this.#peers.get(session);
    if (!peer) return;
    this.#fanout.flushOne(session);
    const { hub, locale } = this.#options;
    const { code, ...text } = CLOSES[why];
    const final = code >= FINAL_CLOSE;
    // Taken off first: what closes a client that is over its limit must not find it over its limit again.
    this.#peers.delete(session);
    this.#release(peer);
    const data = { code: why, retryable: !final };
    const farewell = hub.stamped(session, { type: 'error', content: say(text, locale), from: SYSTEM, data });
    this.#queue(peer, this.#encode(farewell));
    const { socket } = peer;
    if (final) socket.disconnect(true);
    else socket.conn.close();
    this.#cutLater(socket);
  }

  /** A client that takes nothing would keep what still waits for it, and its place among the others, for ever. */
  #cutLater(socket: Socket): void {
    setTimeout(() => socket.conn.close(true), this.#options.closeTimeout).unref();
  }

  /** Ends what is left, at once. */
  stop(): void {
    this.#receipts.stop();
    this.#io.disconnectSockets(true);
    this.#io.engine.close();
  }
}

function serverOptions(options: SocketIoOptions) {
  const limits = frameServerOptions(options);
  return {
    path: SOCKET_IO_PATH,
    // Unknown upgrades are the router's to refuse: Engine.IO would cut /ws after a second.
    destroyUpgrade: false,
    serveClient: true,
    // Mobile SDKs of the 2.x generation speak Engine.IO 3.
    allowEIO3: true,
    cors: (request: object, done: (error: null, cors: { origin: string | string[] }) => void) => {
      const caller = options.callers.of(request as IncomingMessage);
      done(null, { origin: options.origins.header(caller) ?? [] });
    },
    perMessageDeflate: options.compression,
    httpCompression: options.compression,
    cleanupEmptyChildNamespaces: true,
    maxHttpBufferSize: options.maxFrameBytes,
    pingInterval: options.pingInterval,
    pingTimeout: options.pingTimeout,
    connectTimeout: options.handshakeTimeout,
    upgradeTimeout: options.handshakeTimeout,
    // The same ws, with the same limits, as the raw door.
    wsEngine: class extends FrameServer {
      constructor() {
        super(limits);
      }
    },
  };
}

/** `auth` first; what it lacks is taken from the places of the raw door. */
function sourceOf({ handshake }: Socket): HandshakeSource {
  const source = fromRequest(handshake.url, handshake.headers);
  const auth: Record<string, unknown> = handshake.auth;
  return {
    username: auth['username'] ?? source.username,
    userId: auth['userId'] ?? source.userId,
    token: auth['token'] ?? source.token,
    rooms: auth['rooms'] ?? auth['room'] ?? source.rooms,
    lastId: auth['lastId'] ?? source.lastId,
    session: auth['session'] ?? source.session,
  };
}

function connectError(refusal: Refusal, locale: Locale): Error {
  const message = refusal.text(locale);
  const { code, retryable } = refusal.data();
  return Object.assign(new Error(message), { data: { code, message, retryable } });
}

/** The WebSocket of a connection that has one. While it upgrades from polling it has none yet. */
function frameSocketOf({ socket }: Peer): FrameSocket | undefined {
  const { transport }: EngineConnection = socket.conn;
  return transport.socket instanceof FrameSocket ? transport.socket : undefined;
}

function waitingFor(peer: Peer): number {
  return peer.queued + (frameSocketOf(peer)?.bufferedAmount ?? 0);
}

/** Engine.IO has passed on everything: what is written past it now comes behind that. */
function isIdle({ socket }: Peer): boolean {
  const { transport }: EngineConnection = socket.conn;
  return transport.writable;
}

function ignore(): void {}
