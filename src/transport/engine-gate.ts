import { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'socket.io';
import type { Admission } from '../auth/admission.ts';
import type { Caller, Callers } from '../auth/callers.ts';
import type { Connections } from '../limits/connections.ts';
import { ERRORS, Refusal, toRefusal } from '../protocol/errors.ts';
import { queryOf } from '../protocol/handshake.ts';
import type { Locale } from '../protocol/texts.ts';
import { refusalBody, refuseUpgrade } from './upgrade.ts';

export interface EngineGateOptions {
  admission: Admission;
  connections: Connections;
  callers: Callers;
  locale: Locale;
  closeTimeout: number;
}

/** What is used of Engine.IO's connection, on which a client's namespaces share one transport. */
interface EngineConnection {
  id: string;
  request: IncomingMessage;
  transport: object;
  close(discard?: boolean): void;
  once(event: 'close', listener: () => void): unknown;
}

/** Stands before Engine.IO: refuses what it would let in or answer badly, and counts its connections. */
export class EngineGate {
  readonly #options: EngineGateOptions;
  readonly #connections = new Map<string, EngineConnection>();
  readonly #callers = new WeakMap<object, Caller>();
  /** Engine.IO's answers to requests for a WebSocket: they see a request as long as its connection lives. */
  readonly #upgrades = new WeakMap<object, ServerResponse>();

  constructor({ engine }: Server, options: EngineGateOptions) {
    this.#options = options;
    engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
      this.#pass(request, response, next);
    });
    engine.on('connection', (connection: EngineConnection) => this.#count(connection));
  }

  /** Refuses a new connection before Engine.IO sees it; the SDK will try again. */
  #pass(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    const query = queryOf(request.url);
    // As Engine.IO reads it: of several the last one counts, and an empty one asks for a new session.
    const sid = query.getAll('sid').at(-1);
    try {
      if (sid) this.#checkKnown(request, response, query, sid);
      else this.#checkNew(request);
    } catch (error) {
      return this.#refuse(request, response, toRefusal(error));
    }
    if (!isPlain(response)) this.#upgrades.set(request, response);
    next();
  }

  #checkKnown(request: IncomingMessage, response: ServerResponse, query: URLSearchParams, sid: string): void {
    if (isMistaken(request, response, query)) throw new Refusal('invalid_message', { detail: 'upgrade' });
    if (request.method === 'POST') response.once('finish', () => this.#endOversized(sid, response.statusCode));
  }

  #checkNew(request: IncomingMessage): void {
    const { admission, connections, callers } = this.#options;
    admission.checkFree();
    connections.check(callers.of(request).address);
  }

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

  /** Counts a connection, whatever namespaces it will ask for. */
  #count(connection: EngineConnection): void {
    const { connections, callers, closeTimeout } = this.#options;
    const { id, request, transport } = connection;
    const caller = callers.of(request);
    this.#callers.set(connection, caller);
    // A closed polling transport waits for one more poll, and forcing the close does not shorten that.
    Object.assign(transport, { closeTimeout });
    try {
      connections.open(caller.address);
    } catch {
      // Many shook hands at once while there was still a place: this one came too late.
      return connection.close(true);
    }
    this.#connections.set(id, connection);
    connection.once('close', () => {
      this.#connections.delete(id);
      connections.close(caller.address);
    });
  }

  /** Who began a connection, whatever has become of the request. */
  callerOf(connection: object): Caller {
    return this.#callers.get(connection) ?? NOBODY;
  }

  /**
   * Lets go of the request that a connection began with, which is as large as everything else that a connection holds,
   * but for what a client that comes again on the same connection is known by.
   */
  release(connection: { request: IncomingMessage }): void {
    const { request } = connection;
    if (!(request instanceof IncomingMessage)) return;
    const upgrade = this.#upgrades.get(request);
    if (upgrade) Object.assign(upgrade, { req: undefined });
    Object.assign(connection, { request: remainsOf(request) });
  }
}

const NOBODY: Caller = { address: '', origin: undefined, host: undefined };

/** What Socket.IO makes a handshake of, with the headers that are read here. */
function remainsOf(request: IncomingMessage & { _query?: object }) {
  const { url, headers, _query, socket } = request;
  const { authorization, 'sec-websocket-protocol': protocol } = headers;
  const kept = { authorization, 'sec-websocket-protocol': protocol };
  return { url, _query, headers: kept, connection: { encrypted: 'encrypted' in socket } };
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
