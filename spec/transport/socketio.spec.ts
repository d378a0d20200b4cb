import { transportContract } from '../contracts/transport.ts';
import { openDoors } from '../support/doors.ts';

transportContract('SocketIoTransport', 'socketio', async (hub) => (await openDoors(hub)).socketio);
