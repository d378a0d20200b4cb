import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { FILE } from '../../src/log/store/database.ts';
import { DOORS } from '../support/client.ts';
import { newFolder, removeFolders } from '../support/folder.ts';
import { MachineTime } from '../support/machine-time.ts';
import { nOf, positionOf, unique } from '../support/messages.ts';
import { Command } from '../support/process.ts';
import { backOf, come, drop, lastIdOf, leaveAll, sessionOf, welcomeOf } from '../support/returning.ts';
import { type Running, startServer } from '../support/server.ts';
import { keptBy, said } from '../support/talk.ts';

describe('the folder of the log', () => {
  const room = unique('room');
  let folder: string;
  let server: Running;
  let time: MachineTime;
  let rival: Command | undefined;

  beforeEach(async () => {
    folder = newFolder();
    time = new MachineTime();
    server = await startServer({ dataDir: folder });
  });
  afterEach(async () => {
    await leaveAll();
    await server.close();
    time.restore();
    rival?.kill('SIGKILL');
  });
  after(removeFolders);

  async function restart(meanwhile: () => void = () => {}): Promise<void> {
    await server.close();
    meanwhile();
    server = await startServer({ dataDir: folder });
  }

  const wipe = () => rmSync(folder, { recursive: true });

  for (const door of DOORS) {
    it(`is asked in vain about what was before it was wiped, within the same second too (${door})`, async () => {
      time.stop();
      const ana = await come(door, server, { userId: 'ana', rooms: [room], session: '' });
      const chat = await said(ana, { type: 'chat', room });
      await ana.barrier();
      const ids = [chat, ana.welcome.id, lastIdOf(ana)];
      const { session } = backOf(ana);
      await restart(wipe);
      const bo = await come(door, server, { userId: 'bo', rooms: [room], session: '' });
      const fresh = await said(bo, { type: 'chat', room });
      expect(positionOf(fresh).date).to.equal(positionOf(chat).date);
      const [date] = fresh.split('-');
      for (const lastId of [...ids, `${date}-${nOf(fresh) + 1000n}`, `${date}-${nOf(chat)}.7`]) {
        const back = await come(door, server, { userId: 'ana', rooms: [room], lastId });
        expect(welcomeOf(back), lastId).to.include({ recovered: false, reason: 'unknown' });
        expect(sessionOf(back)).to.match(/^[\w-]{22,}$/);
        await back.barrier();
        expect(keptBy(back)).to.deep.equal([]);
        // The first that applies.
        const stranger = await come(door, server, { userId: 'ana', session, lastId });
        expect(welcomeOf(stranger), lastId).to.include({ recovered: false, reason: 'session' });
        expect(sessionOf(stranger)).not.to.equal(session);
      }
      // What is given since is known.
      await drop(bo);
      const again = await come(door, server, { userId: 'bo', lastId: ids[0]!.replace(/-.*/, `-${nOf(fresh)}`) });
      expect(welcomeOf(again)).to.include({ recovered: true, replayed: 0 });
    });
  }

  it('is one process’s at a time: another one says so in one line, and ends with 1', async () => {
    rival = new Command([], { LOG: 'sqlite', DATA_DIR: folder });
    expect(await rival.exit()).to.equal(1);
    expect(rival.stderr).to.equal(`The log ${join(folder, FILE)} is in use by another process\n`);
    expect(rival.stdout).to.equal('');
    const ana = await come('ws', server, { rooms: [room] });
    await said(ana, { type: 'chat', room });
  }).timeout(20_000);
});
