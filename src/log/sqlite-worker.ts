import { parentPort, workerData } from 'node:worker_threads';
import { explain, openDatabase } from './store/database.ts';
import { type Database, firstLine, loadDriver } from './store/driver.ts';
import type { Known } from './store/sequence.ts';
import { type Change, Store, type StoreOptions } from './store/store.ts';

/** What the thread is started with. */
export interface WorkerOptions extends StoreOptions {
  folder: string;
  durability: 'normal' | 'full';
  /** Milliseconds. */
  now: number;
  known: Known | undefined;
}

/** What of the store is called from the other side. */
export type Method = Exclude<keyof Store, 'open' | 'trim'>;

export interface Call {
  id: number;
  method: Method;
  args: unknown[];
}

/** Answers a call, by its number; the first one, number 0, says how the opening went. */
export interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

/** Something that nobody has asked for went wrong. */
export interface Notice {
  notice: string;
}

// --- the thread: the only one that has the database ---

const port = parentPort!;
const options = workerData as WorkerOptions;
let trimming = false;

void open();

async function open(): Promise<void> {
  try {
    const database = openDatabase({ ...options, driver: await loadDriver() });
    begin(database);
  } catch (error) {
    say([{ id: 0, error: firstLine(error) }]);
  }
}

function begin(database: Database): void {
  try {
    const store = new Store(database, options);
    say([{ id: 0, value: store.open(options.now, options.known) }]);
    port.on('message', (calls: Call[]) => receive(store, calls));
  } catch (error) {
    database.close();
    throw new Error(explain(error, options.folder));
  }
}

/** Answers are gathered as calls are; but what has been committed is waited for. */
function receive(store: Store, calls: Call[]): void {
  const answers: Answer[] = [];
  for (const call of calls) {
    answers.push(answer(store, call));
    if (call.method === 'commit') say(answers.splice(0));
    // Nobody waits for what is removed.
    if (call.method === 'commit') trim(store, call.args[1] as number, (call.args[0] as Change[]).length);
  }
  if (answers.length > 0) say(answers);
  if (calls.some(({ method }) => method === 'close')) port.close();
}

function answer(store: Store, { id, method, args }: Call): Answer {
  try {
    return { id, value: Reflect.apply(store[method], store, args) };
  } catch (error) {
    return { id, error: firstLine(error) };
  }
}

/** Removes a little now, and the rest when nothing else is to be done. */
function trim(store: Store, now: number, added = 0): void {
  try {
    if (!store.trim(now, added) || trimming) return;
    trimming = true;
    setImmediate(() => {
      trimming = false;
      trim(store, now);
    });
  } catch (error) {
    say({ notice: `old messages could not be removed: ${firstLine(error)}` });
  }
}

function say(message: Answer[] | Notice): void {
  port.postMessage(message);
}
