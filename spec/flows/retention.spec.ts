import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { FILE } from '../../src/log/store/database.ts';
import { type Client, DOORS, type Door } from '../support/client.ts';
import { newFolder } from '../support/folder.ts';
import { HistoryHouse } from '../support/history-house.ts';
import { unique } from '../support/messages.ts';
import { backOf, type Coming, come, drop, leaveAll, sessionOf, welcomeOf } from '../support/returning.ts';
import { startServer } from '../support/server.ts';
import { aboutUser, keptBy, said, talking } from '../support/talk.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FILL = 'x'.repeat(10_000);

describe('what a disk keeps no longer', () => {
  const house = HistoryHouse.forSuite({ logAge: '1h', rateBurst: 100_000 });
  let room: string;

  /** @returns somebody who has vanished, with what brings it back, and somebody who stays */
  async function company(door: Door, where = house.server): Promise<{ ana: Client; bo: Client; back: Coming }> {
    room = unique('room');
    const bo = await come('ws', where, { rooms: [room] });
    const ana = await come(door, where, { userId: unique('ana'), rooms: [room], session: '' });
    await ana.next({ type: 'user_list', room });
    await drop(ana);
    return { ana, bo, back: { userId: ana.userId, ...backOf(ana) } };
  }

  async function expectTruncated(back: Client, former: Client): Promise<void> {
    expect(welcomeOf(back)).to.include({ recovered: false, reason: 'truncated', session: sessionOf(former) });
    await back.barrier();
    expect(keptBy(back)).to.deep.equal([]);
  }

  for (const door of DOORS) {
    it(`is told of where it has grown too old, and nothing of the rest is given (${door})`, async () => {
      const { ana, bo, back } = await company(door);
      await said(bo, { type: 'chat', room });
      house.time.move(40 * MINUTE);
      const between = await said(bo, { type: 'chat', room });
      house.time.move(40 * MINUTE);
      const last = await said(bo, { type: 'chat', room });
      await expectTruncated(await come(door, house.server, back), ana);
      // Who has the first of them has all that it needs.
      const other = await come(door, house.server, { rooms: [room], lastId: between });
      await other.next({ id: last });
      expect(welcomeOf(other)).to.include({ recovered: true, replayed: 1 });
    });

    it(`is told of where it was too much for the disk (${door})`, async () => {
      const dataDir = newFolder();
      const dataBytes = 512 * 1024;
      const small = await startServer({ ...house.settings, dataDir, dataBytes });
      const { ana, bo, back } = await company(door, small);
      await talking(bo, room, 3 * Math.ceil(dataBytes / FILL.length), FILL);
      await expectTruncated(await come(door, small, back), ana);
      await leaveAll();
      await small.close();
      expect(statSync(join(dataDir, FILE)).size).to.be.at.most(1.25 * dataBytes);
    });

    it(`is no matter to who has missed nothing of it (${door})`, async () => {
      const { bo, back } = await company(door);
      const witness = await come(door, house.server, back);
      const lastId = await said(bo, { type: 'chat', room });
      await witness.next({ id: lastId });
      await drop(witness);
      house.time.move(2 * HOUR);
      await said(bo, { type: 'notification', to: bo.userId });
      const again = await come(door, house.server, { ...back, lastId });
      expect(welcomeOf(again)).to.include({ recovered: true, replayed: 0 });
    });

    it(`is a session that nobody has used for as long (${door})`, async () => {
      const { ana, bo, back } = await company(door);
      // Without a goodbye it would be in use for the grace time.
      await (await come(door, house.server, back)).close();
      await bo.next((m) => m.type === 'user_left' && m.room === undefined && aboutUser(m) === ana.userId);
      house.time.move(HOUR + MINUTE);
      for (const lastId of [undefined, back.lastId]) {
        const late = await come(door, house.server, { ...back, lastId });
        expect(welcomeOf(late)).to.include({ recovered: false, reason: 'session' });
        expect(sessionOf(late)).not.to.equal(sessionOf(ana));
        await late.barrier();
        expect(late.messages.some((message) => message.room === room)).to.equal(false);
      }
    });

    it(`is no session that was in use until the server ended (${door})`, async () => {
      const { ana, back } = await company(door);
      await come(door, house.server, back);
      house.time.move(2 * HOUR);
      await house.restart();
      const late = await come(door, house.server, { userId: ana.userId, session: sessionOf(ana) });
      expect(welcomeOf(late))
        .to.include({ session: sessionOf(ana) })
        .and.not.have.property('recovered');
      await late.next({ type: 'user_list', room });
    });
  }
});
