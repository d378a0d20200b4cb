import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Admission, type AdmissionOptions } from '../../src/auth/admission.ts';
import { OpenAuthenticator } from '../../src/auth/authenticator.ts';
import { authorize } from '../../src/auth/authorize.ts';
import { Callers } from '../../src/auth/callers.ts';
import { Origins } from '../../src/auth/origins.ts';
import { Turnstile } from '../../src/auth/turnstile.ts';
import { systemClock } from '../../src/hub/clock.ts';
import type { Reception } from '../../src/hub/ports.ts';
import { Connections } from '../../src/limits/connections.ts';
import { Pacer } from '../../src/transport/pacer.ts';
import { SOCKET_IO_PATH, SocketIoTransport } from '../../src/transport/socketio.ts';
import { routeUpgrades } from '../../src/transport/upgrade.ts';
import { WsTransport } from '../../src/transport/ws.ts';
import type { TransportBench } from '../contracts/transport.ts';
import type { HandClock } from './hand-clock.ts';
import { silent } from './hub-bench.ts';

export const RECEIPT_INTERVAL = 1000;

export interface Ping {
  pingInterval: number;
  pingTimeout: number;
}

/** Both doors on one server, in front of any hub. */
export async function openDoors(
  hub: Reception,
  compression = false,
  sendBuffer = 65_536,
  /** Moves the time between two questions how far a client has received; without it none is asked. */
  receipts?: HandClock,
  overrides: { ping?: Ping; admission?: Partial<AdmissionOptions>; tls?: { cert: string; key: string } } = {},
): Promise<{ ws: TransportBench; socketio: TransportBench }> {
  const { tls } = overrides;
  const http = tls ? createHttpsServer(tls) : createServer();
  const origins = new Origins(['*']);
  const authenticator = new OpenAuthenticator(systemClock);
  const door = {
    hub,
    origins,
    admission: new Admission({
      authenticator,
      authorize,
      origins,
      turnstile: new Turnstile({ maxHandshakes: 10, handshakeQueue: 10 }),
      clock: systemClock,
      maxRooms: 10,
      timeout: 1000,
      ...overrides.admission,
    }),
    connections: new Connections({ maxConnections: 0, maxConnectionsPerIp: 0 }),
    callers: new Callers([]),
    clock: receipts ?? systemClock,
    receiptInterval: receipts ? RECEIPT_INTERVAL : 0,
    logger: silent,
    locale: 'es' as const,
    codec: { maxJsonDepth: 16, ownTypes: new Map() },
    pacer: new Pacer(),
    compression,
    namespace: '/',
    maxFrameBytes: 1_048_576,
    ...(overrides.ping ?? { pingInterval: 25_000, pingTimeout: 20_000 }),
    handshakeTimeout: 10_000,
    closeTimeout: 200,
    sendBuffer,
  };
  const ws = new WsTransport(door);
  const socketio = new SocketIoTransport(http, door);
  const paths = new Map([['/ws', (...upgrade: Parameters<WsTransport['upgrade']>) => void ws.upgrade(...upgrade)]]);
  routeUpgrades(http, { paths, leave: SOCKET_IO_PATH, refuseOthers: true, locale: 'es' });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const close = async () => {
    ws.stop();
    socketio.stop();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  };
  return { ws: { transport: ws, url, close }, socketio: { transport: socketio, url, close } };
}
