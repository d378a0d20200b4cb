import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Deferred } from './deferred.ts';
import { Inbox, type Wanted } from './inbox.ts';
import { type Message, type Outgoing, unique } from './messages.ts';

/** The system's Python: only that one sees the modules of Debian's packages. */
const PYTHON = '/usr/bin/python3';

/** Modules of the clients, and the Debian packages that bring them. */
const PACKAGES: Record<string, string> = {
  websockets: 'python3-websockets',
  socketio: 'python3-socketio',
  aiohttp: 'python3-aiohttp',
};

/** What a client tells: see the scripts. */
type Told =
  | { event: 'message'; name: string | null; args: [Message] }
  | { event: 'answer'; args: unknown[] }
  | { event: 'refused'; data: unknown };

/** Why no Python client can run here, if none can. */
export function pythonMissing(): string | undefined {
  const { status, error } = spawnSync(PYTHON, ['-c', `import ${Object.keys(PACKAGES).join()}`]);
  if (status === 0) return undefined;
  return `${error ? `no ${PYTHON}` : 'Python modules are missing'}: apt-get install ${Object.values(PACKAGES).join(' ')}`;
}

/** A client in another process and another language. */
export class PythonClient {
  /** Every event with its arguments; the raw door has no names of events. */
  readonly events: { name: string | null; args: unknown[] }[] = [];
  /** Resolves with what the client could see of the refusal. */
  readonly refused: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #exit: Promise<void>;
  readonly #inbox = new Inbox();
  readonly #refused = new Deferred<unknown>();
  #answered = new Deferred<unknown[]>();
  #complaints = '';

  /**
   * @param script its name in spec/flows/python
   * @param args what it takes: text as it is, anything else as JSON
   */
  constructor(script: string, ...args: unknown[]) {
    this.refused = this.#refused.promise;
    const path = fileURLToPath(new URL(`../flows/python/${script}`, import.meta.url));
    const words = args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg)));
    this.#child = spawn(PYTHON, ['-B', path, ...words], { stdio: 'pipe' });
    createInterface(this.#child.stdout!).on('line', (line) => this.#hear(JSON.parse(line) as Told));
    this.#child.stderr!.on('data', (text) => {
      this.#complaints += text;
    });
    this.#exit = new Promise((resolve) => {
      this.#child.on('close', (code) => {
        this.#inbox.end(`${script} ended with ${code}: ${this.#complaints}`);
        resolve();
      });
    });
  }

  send(message: Outgoing): void {
    this.#tell({ message, callback: false });
  }

  /** Emits with a callback; resolves with all of the callback's arguments. */
  call(message: Outgoing): Promise<unknown[]> {
    this.#answered = new Deferred();
    this.#tell({ message, callback: true });
    return this.#answered.promise;
  }

  next(wanted: Wanted, patience?: number): Promise<Message> {
    return this.#inbox.next(wanted, patience);
  }

  /** Resolves when all that the server had sent before it read this call has arrived. */
  async barrier(): Promise<void> {
    const content = unique('barrier');
    this.send({ type: 'heartbeat', content });
    await this.next({ type: 'heartbeat', content });
  }

  /** Lets the client say goodbye and end. */
  async close(): Promise<void> {
    this.#child.stdin!.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 2000);
    await this.#exit;
    clearTimeout(timer);
  }

  #tell(command: { message: Outgoing; callback: boolean }): void {
    this.#child.stdin!.write(`${JSON.stringify(command)}\n`);
  }

  #hear(told: Told): void {
    if (told.event === 'answer') this.#answered.resolve(told.args);
    if (told.event === 'refused') this.#refused.resolve(told.data);
    if (told.event !== 'message') return;
    this.events.push({ name: told.name, args: told.args });
    this.#inbox.push(told.args[0]);
  }
}
