import { accessSync, constants, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Database, type Driver, firstLine } from './driver.ts';

export const FILE = 'log.db';
/** Is there while the file is being made: one without tables then is a beginning, not a loss. */
const UNFINISHED = 'log.unfinished';

/** "Ambo" in ASCII: nobody else's database is taken for ours. */
const APPLICATION = 0x416d626f;
const VERSION = 1;

const SCHEMA = `
  -- n, t: the last place given and the last date; base: where this store began;
  -- floor: the highest N that a room held of which nothing is kept
  CREATE TABLE head (n INTEGER NOT NULL, t INTEGER NOT NULL, base INTEGER NOT NULL, floor INTEGER NOT NULL);
  -- the first N of each second that gave one
  CREATE TABLE tick (n INTEGER PRIMARY KEY, t INTEGER NOT NULL UNIQUE);
  -- first, top: its lowest and highest N
  CREATE TABLE room (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    first INTEGER NOT NULL, top INTEGER NOT NULL, count INTEGER NOT NULL
  );
  CREATE INDEX room_first ON room (first);
  -- prev: the N of the room's row before, kept or not; rooms: a JSON array, where they are several
  CREATE TABLE log (
    room INTEGER NOT NULL, n INTEGER NOT NULL, prev INTEGER NOT NULL, t INTEGER NOT NULL,
    rooms TEXT, body TEXT NOT NULL,
    PRIMARY KEY (room, n)
  ) WITHOUT ROWID;
  CREATE TABLE state (
    room TEXT NOT NULL, key TEXT NOT NULL, n INTEGER NOT NULL, t INTEGER NOT NULL, rooms TEXT, body TEXT NOT NULL,
    PRIMARY KEY (room, key)
  );
  CREATE INDEX state_n ON state (n);
  CREATE INDEX state_room ON state (room, n);
  CREATE TABLE idem (
    user TEXT NOT NULL, id TEXT NOT NULL, n INTEGER NOT NULL, t INTEGER NOT NULL, k INTEGER NOT NULL,
    PRIMARY KEY (user, id)
  ) WITHOUT ROWID;
  CREATE INDEX idem_n ON idem (n);
  -- open: 0 closed, 1 has a connection, 2 had one when its server ended; t: its last use, in milliseconds
  CREATE TABLE session (
    id TEXT PRIMARY KEY, open INTEGER NOT NULL, t INTEGER NOT NULL, record TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX session_use ON session (open, t);
  -- always empty but for a moment, to see whether something can be written
  CREATE TABLE probe (bytes BLOB NOT NULL);
`;

export interface DatabaseOptions {
  driver: Driver;
  /** Made where it is not there; it and the file are for their owner alone. */
  folder: string;
  /** `full`: a commit is on the disk before anybody hears of it. `normal`: it survives the process, not a power cut. */
  durability: 'normal' | 'full';
}

/**
 * Opens the database of a folder, or makes it. Nobody else can open it until it is closed or the process has ended.
 * @throws Error whose message is one line for the operator
 */
export function openDatabase({ driver, folder, durability }: DatabaseOptions): Database {
  const isNew = prepareFolder(folder);
  const database = openFile(driver, folder);
  try {
    // Before anything is read: WAL then needs no shared memory, and nobody else gets in.
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE');
    if (!isNew) checkSchema(database);
    database.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; COMMIT');
    if (isNew) createSchema(database, folder);
    recover(database, folder);
    database.exec(`PRAGMA synchronous = ${durability.toUpperCase()}`);
    return database;
  } catch (error) {
    database.close();
    throw new Error(explain(error, folder));
  }
}

/** Leaves one whole file behind, which somebody else can open now. */
export function closeDatabase(database: Database): void {
  try {
    // The package's `close` lets go of the file only when all statements have been collected: the lock goes before. With
    // the WAL, that is when somebody reads without it.
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL; SELECT n FROM head');
  } finally {
    database.close();
  }
}

/** Not Node's own way: in a folder of the system's, such as /proc, that would try for ever. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

/** @returns whether the file is still to be made */
function prepareFolder(folder: string): boolean {
  const unfinished = join(folder, UNFINISHED);
  try {
    makeFolder(resolve(folder));
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    if (!existsSync(join(folder, FILE))) {
      writeFileSync(unfinished, '');
      // What else SQLite makes beside it gets the same mode.
      writeFileSync(join(folder, FILE), '', { mode: 0o600, flag: 'a' });
    }
    return existsSync(unfinished);
  } catch (error) {
    throw new Error(`The folder of the log, ${folder}, can't be written: ${firstLine(error)}`);
  }
}

function openFile({ DatabaseSync }: Driver, folder: string): Database {
  try {
    return new DatabaseSync(join(folder, FILE));
  } catch (error) {
    throw new Error(explain(error, folder));
  }
}

function createSchema(database: Database, folder: string): void {
  if (readNumber(database, 'user_version') === 0) {
    database.exec(`BEGIN; ${SCHEMA} PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${VERSION}; COMMIT`);
  }
  checkSchema(database);
  rmSync(join(folder, UNFINISHED));
}

function checkSchema(database: Database): void {
  const version = readNumber(database, 'user_version');
  if (readNumber(database, 'application_id') !== APPLICATION)
    throw new Unusable('is no log of Ambos, or an empty file');
  if (version > VERSION) throw new Unusable(`was written by a newer version of Ambos (its format is ${version})`);
}

/** Takes over what the last process left in the WAL, and sees whether the file is whole. */
function recover(database: Database, folder: string): void {
  database.exec('PRAGMA journal_size_limit = 67108864; PRAGMA wal_checkpoint(TRUNCATE)');
  const bytes = readNumber(database, 'page_count') * readNumber(database, 'page_size');
  if (statSync(join(folder, FILE)).size < bytes) throw new Unusable('is damaged: its end is missing');
}

/** The value of a pragma. */
export function readNumber(database: Database, pragma: string): number {
  const [value] = Object.values(database.prepare<Record<string, number>>(`PRAGMA ${pragma}`).get() ?? {});
  return value ?? 0;
}

// --- errors ---

class Unusable extends Error {}

const ADVICE = 'move it away to begin with an empty one, or bring it back from a backup';

// Result codes of SQLite.
const BUSY = 5;
const CORRUPT = 11;
const NOTADB = 26;

/** What an error at the opening means to the operator, in one line. */
export function explain(error: unknown, folder: string): string {
  const log = `The log ${join(folder, FILE)}`;
  if (error instanceof Unusable) return `${log} ${error.message}: ${ADVICE}`;
  const { errcode = 0 } = error as { errcode?: number };
  // The lowest byte is the kind of error, what is above it a detail.
  const kind = errcode & 0xff;
  if (kind === BUSY) return `${log} is in use by another process`;
  if (kind === CORRUPT || kind === NOTADB) return `${log} is damaged (${firstLine(error)}): ${ADVICE}`;
  return `${log} can't be opened: ${firstLine(error)}`;
}
