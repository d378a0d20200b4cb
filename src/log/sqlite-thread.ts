import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type WorkerOptions as ThreadOptions, Worker } from 'node:worker_threads';
import type { Answer, Call, Method, Notice, WorkerOptions } from './sqlite-worker.ts';
import { firstLine } from './store/driver.ts';
import type { Opening, Store } from './store/store.ts';

export interface ThreadEvents {
  /** It ended by itself; every call has been rejected. */
  died(reason: Error): void;
  noticed(text: string): void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The thread that has the store, as the others see it. Whatever becomes of it, every call is settled. */
export class SqliteThread {
  readonly #worker: Worker;
  readonly #events: ThreadEvents;
  readonly #waiting = new Map<number, Waiting>();
  readonly #opening: Promise<unknown>;
  readonly #exit: Promise<void>;
  /** Calls of this turn: a message between threads costs more than what most of them ask for. */
  readonly #outbox: Call[] = [];
  #calls = 0;
  #end: Error | undefined;

  constructor(options: WorkerOptions, events: ThreadEvents) {
    this.#events = events;
    this.#opening = this.#expect(0);
    this.#worker = startWorker(options);
    this.#worker.on('message', (message: Answer[] | Notice) => this.#receive(message));
    this.#worker.on('messageerror', (error) => this.#abandon(error));
    this.#worker.on('error', (error) => this.#fail(new Error(`its thread has failed: ${firstLine(error)}`)));
    this.#worker.on('exit', () => this.#fail(new Error('its thread has ended')));
    this.#exit = new Promise((resolve) => this.#worker.once('exit', resolve));
  }

  /** @throws Error whose message is one line for the operator */
  opened(): Promise<Opening> {
    return this.#opening as Promise<Opening>;
  }

  /** Calls a method of the store. @throws Error with what SQLite says; also where the thread has ended */
  call<M extends Method>(method: M, ...args: Parameters<Store[M]>): Promise<ReturnType<Store[M]>> {
    if (this.#end) return Promise.reject(this.#end);
    this.#calls += 1;
    const id = this.#calls;
    if (this.#outbox.push({ id, method, args }) === 1) queueMicrotask(() => this.#post());
    return this.#expect(id) as Promise<ReturnType<Store[M]>>;
  }

  /** Closes the store; resolves when the thread has ended. Rejects where the store could not be closed in order. */
  async close(): Promise<void> {
    // Never `terminate`: the SQLite package takes the whole process with it when it is interrupted.
    const [closed] = await Promise.allSettled([this.call('close'), this.#exit]);
    if (closed.status === 'rejected') throw closed.reason;
  }

  #post(): void {
    this.#worker.postMessage(this.#outbox.splice(0));
  }

  #expect(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #receive(message: Answer[] | Notice): void {
    if ('notice' in message) return this.#events.noticed(message.notice);
    for (const answer of message) this.#settle(answer);
  }

  #settle({ id, value, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  }

  /** An answer could not be read: whose it was is not known. */
  #abandon(error: Error): void {
    this.#fail(error);
    this.#worker.postMessage([{ id: -1, method: 'close', args: [] }] satisfies Call[]);
  }

  #fail(error: Error): void {
    if (this.#end) return;
    this.#end = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#events.died(error);
  }
}

function startWorker(workerData: WorkerOptions): Worker {
  const extension = extname(new URL(import.meta.url).pathname);
  const url = new URL(`./sqlite-worker${extension}`, import.meta.url);
  // Flags of the process are not for the thread; and Node 22 warns of its SQLite, which is meant to be used here.
  const options: ThreadOptions = { workerData, name: 'ambos-log', execArgv: ['--disable-warning=ExperimentalWarning'] };
  if (extension === '.js') return new Worker(url, options);
  // From the sources: a thread does not inherit what lets the process run TypeScript, and Node 20 only takes this.
  const loader = createRequire(import.meta.url).resolve('tsx/cjs/api');
  const boot = `require(${JSON.stringify(loader)}).register(); require(${JSON.stringify(fileURLToPath(url))})`;
  return new Worker(boot, { ...options, eval: true });
}
