import { transportContract } from '../contracts/transport.ts';
import { openDoors } from '../support/doors.ts';

transportContract('WsTransport', 'ws', async (hub) => (await openDoors(hub)).ws);
