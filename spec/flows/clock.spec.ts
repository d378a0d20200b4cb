import { expect } from 'chai';
import { type Client, DOORS } from '../support/client.ts';
import { HistoryHouse } from '../support/history-house.ts';
import { unique } from '../support/messages.ts';
import { expectOneOrder } from '../support/order.ts';
import { Person } from '../support/person.ts';
import { come, drop, welcomeOf } from '../support/returning.ts';
import { said } from '../support/talk.ts';

const HOUR = 3_600_000;

describe('a clock that is set back', () => {
  const house = HistoryHouse.forSuite();

  for (const door of DOORS) {
    it(`takes back no date of an id, and nobody's way back, before a restart and behind it (${door})`, async () => {
      const room = unique('room');
      const talkers: Client[] = [];
      const ids: string[] = [];
      const ana = new Person(door, room);
      await ana.come(house.server);

      /** Bo comes and says something, while Ana is away. */
      const speak = async () => {
        const bo = await come(door, house.server, { rooms: [room] });
        talkers.push(bo);
        ids.push(await said(bo, { type: 'chat', room }));
        await bo.barrier();
        return bo;
      };
      await speak();
      await drop(ana.client);
      house.time.move(-HOUR);
      const bo = await speak();
      await ana.come(house.server);
      expect(welcomeOf(ana.client)).to.include({ replayed: 1 });
      ids.push(await said(bo, { type: 'chat', room }));
      await ana.client.next({ id: ids.at(-1)! });
      await drop(ana.client);
      await house.restart(() => house.time.move(-HOUR));
      await speak();
      await ana.come(house.server);
      expect(welcomeOf(ana.client)).to.include({ replayed: 1 });
      await ana.client.barrier();

      expect(ana.kept).to.deep.equal(ids);
      expectOneOrder([...talkers, ...ana.lives].flatMap(({ messages }) => messages));
    });
  }
});
