import { type Server as HttpServer, type IncomingMessage, ServerResponse } from 'node:http';
import { Server, type Socket } from 'socket.io';
import { WebSocketServer } from 'ws';
import type { Admission, Admitted } from '../auth/admission.ts';
import type { Origins } from '../auth/origins.ts';
import type { Answer, Audience, Logger, Reception, Transport } from '../hub/ports.ts';
import { Session } from '../hub/session.ts';
import type { Connections } from '../limits/connections.ts';
import { type CodecLimits, decode, encode } from '../protocol/codec.ts';
import { CLOSES, type CloseName, ERRORS, FINAL_CLOSE, Refusal, toRefusal } from '../protocol/errors.ts';
import { fromRequest, type HandshakeSource, queryOf } from '../protocol/handshake.ts';
import { type Message, SYSTEM } from '../protocol/message.ts';
import { type Locale, say } from '../protocol/texts.ts';
import { encodeEvent, eventToMessage, type MeasuringParser, measuringParser } from './event.ts';
import { refusalBody, refuseUpgrade } from './upgrade.ts';
import { wsLimits } from './ws-limits.ts';

export interface SocketIoOptions {
  hub: Reception;
  admission: Admission;
  connections: Connections;
  origins: Origins;
  logger: Logger;
  locale: Locale;
  codec: CodecLimits;
  namespace: string;
  maxFrameBytes: number;
  pingInterval: number;
  pingTimeout: number;
  handshakeTimeout: number;
  closeTimeout: number;
  /** Bytes waiting for a client above which nothing more is pushed. */
  sendBuffer: number;
}

/** Engine.IO's path: its upgrades and requests are its own. */
export const SOCKET_IO_PATH = '/socket.io/';

/** What a client takes nothing of but makes the server answer is closed at this many times the send buffer. */
const HARD_LIMIT = 4;
const PLAIN = { compress: false };
/** Socket.IO's reasons for an end that nobody asked for. */
const ABNORMAL = new Set(['ping timeout', 'transport error', 'parse error']);

type Gate = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** What is used of Engine.IO's connection, on which a client's namespaces share one transport. */
interface EngineConnection {
  id: string;
  remoteAddress: string;
  close(discard?: boolean): void;
  once(event: 'close', listener: () => void): unknown;
}

/** One client's socket, and how many bytes it has been sent but has not taken. */
interface Peer {
  session: Session;
  socket: Socket;
  waiting: number;
}

/** The Socket.IO door: one message is one event with one argument. */
export class SocketIoTransport implements Transport {
  readonly name = 'socketio';
  /** The application's own namespaces live here. */
  readonly io: Server;
  readonly #options: SocketIoOptions;
  readonly #parser: MeasuringParser = measuringParser();
  readonly #peers = new Map<Session, Peer>();
  readonly #connections = new Map<string, EngineConnection>();

  constructor(http: HttpServer, options: SocketIoOptions) {
    this.#options = options;
    this.io = new Server(http, { ...serverOptions(options), parser: this.#parser });
    this.io.engine.use(this.#gate);
    this.io.engine.on('connection', (connection) => this.#count(connection));
    // A closed connection waits for one more poll, and forcing the close does not shorten that.
    this.io.engine.on('connection', ({ transport }) =>
      Object.assign(transport, { closeTimeout: options.closeTimeout }),
    );
    // Without a listener Socket.IO writes what a client did wrong to the console.
    this.io.of('/').on('connection', (socket) => socket.on('error', ignore));
    const namespace = this.io.of(options.namespace);
    namespace.use((socket, next) => void this.#admit(socket, next));
    namespace.on('connection', (socket) => this.#open(socket));
  }

  // --- handshake ---

  /** Refuses a new connection before Engine.IO sees it; the SDK will try again. */
  readonly #gate: Gate = (request, response, next) => {
    const query = queryOf(request.url);
    // As Engine.IO reads it: of several the last one counts, and an empty one asks for a new session.
    const sid = query.getAll('sid').at(-1);
    if (sid) {
      if (isMistaken(request, response, query)) {
        return this.#refuse(request, response, new Refusal('invalid_message', { detail: 'upgrade' }));
      }
      if (request.method === 'POST') response.once('finish', () => this.#endOversized(sid, response.statusCode));
      return next();
    }
    try {
      this.#options.admission.checkOpen();
      this.#options.connections.check(request.socket.remoteAddress ?? '');
    } catch (error) {
      return this.#refuse(request, response, toRefusal(error));
    }
    next();
  };

  /** Engine.IO refuses a body that is too large, and goes on; a frame of that size ends a connection, so this does too. */
  #endOversized(sid: string, status: number): void {
    if (status === ERRORS.too_large.status) this.#connections.get(sid)?.close(true);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    const { locale } = this.#options;
    if (!isPlain(response)) return refuseUpgrade(request.socket, refusal, locale);
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    if (refusal.retryAfter !== undefined) response.setHeader('Retry-After', refusal.retryAfter);
    response.writeHead(refusal.status).end(refusalBody(refusal, locale));
  }

  /** Counts an Engine.IO connection, whatever namespaces it will ask for. */
  #count(connection: EngineConnection): void {
    const { connections } = this.#options;
    const { id, remoteAddress } = connection;
    try {
      connections.open(remoteAddress);
    } catch {
      // Many shook hands at once while there was still a place: this one came too late.
      return connection.close(true);
    }
    this.#connections.set(id, connection);
    connection.once('close', () => {
      this.#connections.delete(id);
      connections.close(remoteAddress);
    });
  }

  async #admit(socket: Socket, next: (error?: Error) => void): Promise<void> {
    const { admission, locale, logger } = this.#options;
    try {
      socket.data.admitted = await admission.admit(sourceOf(socket), socket.handshake.headers.origin);
      next();
    } catch (error) {
      const refusal = toRefusal(error);
      if (refusal.code === 'internal') logger.error({ err: error }, 'handshake failed');
      if (refusal.retryable) return void socket.conn.close();
      next(connectError(refusal, locale));
    }
  }

  #open(socket: Socket): void {
    const { user, rooms } = socket.data.admitted as Admitted;
    const address = socket.conn.remoteAddress;
    const session = this.#options.hub.connect(this, { user, rooms, address });
    this.#peers.set(session, { session, socket, waiting: 0 });
    socket.use((event) => this.#receive(session, event));
    // Socket.IO closes a client that breaks the protocol, as gently as if it were one that listens.
    socket.on('error', () => this.#cutLater(socket));
    socket.on('disconnect', (reason) => this.#closed(session, reason));
  }

  // --- receive ---

  /** Nothing is passed on: every event of this namespace is the hub's. */
  #receive(session: Session, event: unknown[]): void {
    const bytes = this.#parser.sizeOf(event);
    const [name, ...args] = event;
    const last = args.at(-1);
    const answer = typeof last === 'function' ? (last as (answer: Answer) => void) : undefined;
    if (answer) args.pop();
    const { hub, codec } = this.#options;
    const request = { bytes, decode: () => decode(eventToMessage(name, args), codec) };
    hub.receive(session, answer ? { ...request, answer } : request);
  }

  #closed(session: Session, reason: string): void {
    this.#peers.delete(session);
    this.#options.hub.disconnect(session, ABNORMAL.has(reason) ? `socket.io: close 1006 (${reason})` : undefined);
  }

  // --- send ---

  /** Encodes once, whatever the number of receivers. */
  send(message: Message, receivers: Audience | Session): void {
    const packet = encodeEvent(this.#options.namespace, message.type, encode(message));
    const bytes = Buffer.byteLength(packet);
    if (receivers instanceof Session) return this.#write(receivers, packet, bytes);
    for (const session of receivers) this.#write(session, packet, bytes);
  }

  /** Engine.IO's own queue keeps this in order with acks, other packets and an upgrade that is under way. */
  #write(session: Session, packet: string, bytes: number): void {
    const peer = this.#peers.get(session);
    if (!peer?.socket.connected) return;
    peer.waiting += bytes;
    peer.socket.conn.write(packet, PLAIN, () => this.#taken(peer, bytes));
    if (peer.waiting > this.#options.sendBuffer) this.#block(peer);
  }

  #taken(peer: Peer, bytes: number): void {
    peer.waiting -= bytes;
    const { hub, sendBuffer } = this.#options;
    if (peer.session.blocked && peer.waiting <= sendBuffer / 2) hub.drained(peer.session);
  }

  #block({ session, waiting }: Peer): void {
    const { hub, sendBuffer } = this.#options;
    if (waiting > HARD_LIMIT * sendBuffer) return hub.expel(session, 'slow_consumer');
    if (!session.blocked) hub.blocked(session);
  }

  // --- close ---

  /**
   * An SDK never sees close codes: it gets an `error` with the name. It reconnects by itself after a closed transport,
   * and does not after a disconnect.
   */
  close(session: Session, why: CloseName): void {
    const peer = this.#peers.get(session);
    if (!peer) return;
    const { hub, locale } = this.#options;
    const { code, ...text } = CLOSES[why];
    const final = code >= FINAL_CLOSE;
    // Taken off first: what closes a client that is over its limit must not find it over its limit again.
    this.#peers.delete(session);
    const data = { code: why, retryable: !final };
    const farewell = hub.stamped(session, { type: 'error', content: say(text, locale), from: SYSTEM, data });
    const { socket } = peer;
    socket.conn.write(encodeEvent(this.#options.namespace, 'error', encode(farewell)), PLAIN);
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
    this.io.disconnectSockets(true);
    this.io.engine.close();
  }
}

function serverOptions(options: SocketIoOptions) {
  const limits = wsLimits({ maxPayload: options.maxFrameBytes, closeTimeout: options.closeTimeout });
  return {
    path: SOCKET_IO_PATH,
    // Unknown upgrades are the router's to refuse: Engine.IO would cut /ws after a second.
    destroyUpgrade: false,
    serveClient: true,
    // Mobile SDKs of the 2.x generation speak Engine.IO 3.
    allowEIO3: true,
    cors: { origin: options.origins.open ? '*' : options.origins.list },
    perMessageDeflate: false,
    httpCompression: false,
    cleanupEmptyChildNamespaces: true,
    maxHttpBufferSize: options.maxFrameBytes,
    pingInterval: options.pingInterval,
    pingTimeout: options.pingTimeout,
    connectTimeout: options.handshakeTimeout,
    upgradeTimeout: options.handshakeTimeout,
    // The same ws, with the same limits, as the raw door.
    wsEngine: class extends WebSocketServer {
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
  };
}

function connectError(refusal: Refusal, locale: Locale): Error {
  const message = refusal.text(locale);
  const { code, retryable } = refusal.data();
  return Object.assign(new Error(message), { data: { code, message, retryable } });
}

/** For an upgrade Engine.IO passes something that only looks like a response. */
function isPlain(response: ServerResponse): boolean {
  return response instanceof ServerResponse;
}

/** Engine.IO never answers a plain request for a WebSocket, and calls an unknown method a failure of its own. */
function isMistaken({ method }: IncomingMessage, response: ServerResponse, query: URLSearchParams): boolean {
  if (!isPlain(response)) return false;
  return query.getAll('transport').at(-1) === 'websocket' || (method !== 'GET' && method !== 'POST');
}

function ignore(): void {}
