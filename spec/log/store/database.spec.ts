import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { closeDatabase, FILE, openDatabase, readNumber } from '../../../src/log/store/database.ts';
import { type Database, type Driver, loadDriver } from '../../../src/log/store/driver.ts';
import { newFolder, removeFolders } from '../../support/folder.ts';
import { collectGarbage } from '../../support/garbage.ts';

describe('openDatabase', () => {
  let driver: Driver;
  let folder: string;
  let open: Database[];

  before(async () => {
    driver = await loadDriver();
  });

  beforeEach(() => {
    folder = join(newFolder(), 'data', 'log');
    open = [];
  });

  afterEach(close);

  after(removeFolders);

  const file = () => join(folder, FILE);
  const tryOpen = () => {
    const database = openDatabase({ driver, folder, durability: 'normal' });
    open.push(database);
    return database;
  };

  function close(): void {
    for (const database of open.splice(0)) closeDatabase(database);
  }

  /** What the operator reads. */
  const refusal = async (): Promise<string> => {
    const error = await new Promise(tryOpen).catch((reason: Error) => reason);
    await collectGarbage();
    expect(error).to.be.instanceOf(Error);
    const { message } = error as Error;
    expect(message).not.to.include('\n');
    return message;
  };

  const make = () => {
    tryOpen().exec('INSERT INTO head VALUES (1, 2, 3, 4)');
    return close();
  };

  it('makes the folder and its files, for their owner alone', () => {
    tryOpen().exec('INSERT INTO head VALUES (1, 2, 3, 4)');
    expect(statSync(folder).mode & 0o777).to.equal(0o700);
    for (const name of [FILE, `${FILE}-wal`]) expect(statSync(join(folder, name)).mode & 0o777).to.equal(0o600);
  });

  it('leaves a folder that is there as it is', () => {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o750);
    tryOpen();
    expect(statSync(folder).mode & 0o777).to.equal(0o750);
  });

  it('leaves one file when it is closed', () => {
    make();
    expect(readdirSync(folder)).to.deep.equal([FILE]);
  });

  it('opens what was made before', () => {
    make();
    expect({ ...tryOpen().prepare<object>('SELECT * FROM head').get() }).to.deep.equal({
      n: 1,
      t: 2,
      base: 3,
      floor: 4,
    });
  });

  it('waits for the disk at each commit only where it has to', () => {
    const levels: number[] = [];
    for (const durability of ['normal', 'full'] as const) {
      const database = openDatabase({ driver, folder, durability });
      open.push(database);
      levels.push(readNumber(database, 'synchronous'));
      close();
    }
    expect(levels).to.deep.equal([1, 2]);
  });

  it('is open once', async () => {
    tryOpen();
    expect(await refusal()).to.equal(`The log ${file()} is in use by another process`);
  });

  it('goes on where it was interrupted in the making', () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'log.unfinished'), '');
    writeFileSync(file(), '');
    tryOpen();
    expect(existsSync(join(folder, 'log.unfinished'))).to.equal(false);
  });

  it('says so where the folder is no folder', async () => {
    writeFileSync(dirname(folder), '');
    expect(await refusal()).to.match(/^The folder of the log, .*log, can't be written: /);
  });

  it('says so where the folder may not be written', async () => {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o555);
    for (const path of [dirname(folder), dirname(dirname(folder))]) chmodSync(path, 0o755);
    // The superuser may write anywhere.
    const user = process.geteuid?.();
    if (user === 0) process.seteuid?.(65_534);
    try {
      expect(await refusal()).to.match(/^The folder of the log, .*log, can't be written: EACCES/);
    } finally {
      if (user === 0) process.seteuid?.(0);
    }
  });

  const spoilt: Record<string, { spoil(): void; says: RegExp }> = {
    'a file of something else': {
      spoil: () => writeFileSync(file(), 'no database at all\n'.repeat(1000)),
      says: /is damaged \(.*\): move it away to begin/,
    },
    'an empty file': { spoil: () => truncateSync(file()), says: /is no log of Ambos, or an empty file: move it away/ },
    'a file whose end is missing': {
      spoil: () => truncateSync(file(), statSync(file()).size - 8192),
      says: /is damaged.*: move it away/,
    },
    'a file with a hole at its beginning': {
      spoil: () => {
        const bytes = readFileSync(file());
        writeFileSync(file(), bytes.fill(0xff, 100, 4096));
      },
      says: /is damaged.*: move it away/,
    },
    'a database of another program': {
      spoil: () => {
        rmSync(file());
        const other = new driver.DatabaseSync(file());
        other.exec('CREATE TABLE theirs (x)');
        other.close();
      },
      says: /is no log of Ambos/,
    },
    'a log of a newer version': {
      spoil: () => {
        tryOpen().exec('PRAGMA user_version = 99');
        return close();
      },
      says: /was written by a newer version of Ambos \(its format is 99\): /,
    },
  };

  for (const [what, { spoil, says }] of Object.entries(spoilt)) {
    it(`refuses ${what}, and leaves it alone`, async () => {
      make();
      spoil();
      const { size } = statSync(file());
      expect(await refusal()).to.match(says);
      expect(await refusal()).to.match(says);
      expect(statSync(file()).size).to.equal(size);
    });
  }
});

describe('loadDriver', () => {
  it('takes what Node has built in', async () => {
    const builtIn = {};
    expect(await loadDriver(builtIn, () => Promise.reject(new Error('not asked')))).to.equal(builtIn);
  });

  it('says what to do where nothing can be loaded', async () => {
    const error = await loadDriver(null, () => Promise.reject(new Error('no prebuild\n  at …'))).catch((e) => e);
    expect(error.message).to.equal(
      "SQLite can't be loaded: Node 22.13 and newer have it built in, others need the package @photostructure/sqlite (no prebuild)",
    );
  });
});
