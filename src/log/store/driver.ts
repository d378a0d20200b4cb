import { getBuiltinModule } from 'node:process';

/** What SQLite takes and gives; integers stay exact up to 2^53. */
export type Value = string | number | null;

/** A prepared statement. `Row` is what its columns are, as the text of the statement says. */
export interface Statement<Row> {
  run(...values: Value[]): { changes: number | bigint };
  get(...values: Value[]): Row | undefined;
  all(...values: Value[]): Row[];
}

/** The part of Node's `node:sqlite` that is used here. */
export interface Database {
  exec(sql: string): void;
  prepare<Row>(sql: string): Statement<Row>;
  close(): void;
}

export interface Driver {
  DatabaseSync: new (path: string) => Database;
}

/**
 * SQLite as this Node has it, or the package with the same interface.
 * @throws Error where neither can be loaded
 */
export async function loadDriver(
  builtIn: unknown = getBuiltinModule('node:sqlite'),
  load: () => Promise<unknown> = () => import('@photostructure/sqlite'),
): Promise<Driver> {
  try {
    return (builtIn ?? (await load())) as Driver;
  } catch (error) {
    throw new Error(
      `SQLite can't be loaded: Node 22.13 and newer have it built in, others need the package @photostructure/sqlite (${firstLine(error)})`,
    );
  }
}

/** A name of any characters as SQLite can take it: it ends a text at a NUL, and knows no lone surrogates. */
export function quote(name: string): string {
  return JSON.stringify(name);
}

/** What an error says, in one line. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
