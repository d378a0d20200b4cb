import type { Options } from '../../src/index.ts';
import { newFolder, removeFolders } from './folder.ts';
import { MachineTime } from './machine-time.ts';
import { leaveAll } from './returning.ts';
import { type Running, startServer } from './server.ts';

/** A server that keeps what is said on a disk, over its ends, while a spec moves the machine's time. */
export class HistoryHouse {
  readonly settings: Partial<Options>;
  server!: Running;
  time!: MachineTime;

  private constructor(settings: Partial<Options>) {
    this.settings = { dataDir: newFolder(), ...settings };
  }

  /** To be called within `describe`: it opens before the first case, and closes behind the last one. */
  static forSuite(settings: Partial<Options> = {}): HistoryHouse {
    const house = new HistoryHouse(settings);
    before(async () => {
      house.time = new MachineTime();
      house.server = await startServer(house.settings);
    });
    afterEach(leaveAll);
    after(async () => {
      await house.server.close();
      house.time.restore();
      removeFolders();
    });
    return house;
  }

  /** @param meanwhile what happens while nobody is there */
  async restart(meanwhile = () => {}): Promise<void> {
    await this.server.close();
    meanwhile();
    this.server = await startServer(this.settings);
  }
}
