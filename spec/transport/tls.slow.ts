import { transportContract } from '../contracts/transport.ts';
import { openDoors } from '../support/doors.ts';
import { FIRST } from '../support/key-pairs.ts';

transportContract(
  'WsTransport, over TLS',
  'ws',
  async (hub, buffer, clock) => (await openDoors(hub, false, buffer, clock, { tls: FIRST })).ws,
  { ca: FIRST.cert },
);
transportContract(
  'SocketIoTransport, over TLS',
  'socketio',
  async (hub, buffer, clock) => (await openDoors(hub, false, buffer, clock, { tls: FIRST })).socketio,
  { ca: FIRST.cert },
);
transportContract(
  'WsTransport, compressing, over TLS',
  'ws',
  async (hub, buffer, clock) => (await openDoors(hub, true, buffer, clock, { tls: FIRST })).ws,
  { ca: FIRST.cert, compression: true },
);
