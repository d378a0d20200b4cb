import { expect } from 'chai';
import { type Client, DOORS } from '../support/client.ts';
import { newFolder, removeFolders } from '../support/folder.ts';
import { MachineTime } from '../support/machine-time.ts';
import { unique } from '../support/messages.ts';
import { expectOneOrder } from '../support/order.ts';
import { Person } from '../support/person.ts';
import { come, drop, leaveAll, welcomeOf } from '../support/returning.ts';
import { type Running, startServer } from '../support/server.ts';
import { said } from '../support/talk.ts';

const HOUR = 3_600_000;

describe('a clock that is set back', () => {
  const settings = { dataDir: newFolder() };
  let server: Running;
  let time: MachineTime;

  before(async () => {
    time = new MachineTime();
    server = await startServer(settings);
  });
  afterEach(leaveAll);
  after(async () => {
    await server.close();
    time.restore();
    removeFolders();
  });

  for (const door of DOORS) {
    it(`takes back no date of an id, and nobody's way back, before a restart and behind it (${door})`, async () => {
      const room = unique('room');
      const talkers: Client[] = [];
      const ids: string[] = [];
      const ana = new Person(door, room);
      await ana.come(server);

      /** Bo comes and says something, while Ana is away. */
      const speak = async () => {
        const bo = await come(door, server, { rooms: [room] });
        talkers.push(bo);
        ids.push(await said(bo, { type: 'chat', room }));
        await bo.barrier();
        return bo;
      };
      await speak();
      await drop(ana.client);
      time.move(-HOUR);
      const bo = await speak();
      await ana.come(server);
      expect(welcomeOf(ana.client)).to.include({ replayed: 1 });
      ids.push(await said(bo, { type: 'chat', room }));
      await ana.client.next({ id: ids.at(-1)! });
      await drop(ana.client);
      await server.close();
      time.move(-HOUR);
      server = await startServer(settings);
      await speak();
      await ana.come(server);
      expect(welcomeOf(ana.client)).to.include({ replayed: 1 });
      await ana.client.barrier();

      expect(ana.kept).to.deep.equal(ids);
      expectOneOrder([...talkers, ...ana.lives].flatMap(({ messages }) => messages));
    });
  }
});
