import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** A connection, as `CLIENT LIST` tells of it. */
interface Connection {
  address: string;
  port: number;
  /** It is told what is published. */
  subscribes: boolean;
}

/** A redis-server that is nobody else's, and keeps nothing on the disk. */
export class PrivateRedis {
  readonly url: string;
  readonly #port: number;
  readonly #child: ChildProcess;

  private constructor(port: number, folder: string) {
    this.url = `redis://127.0.0.1:${port}`;
    this.#port = port;
    const settings = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no' };
    const flags = Object.entries(settings).flatMap(([key, value]) => [`--${key}`, String(value)]);
    this.#child = spawn('redis-server', flags, { stdio: 'ignore' });
    // It must not outlive a run that is broken off.
    process.once('exit', () => this.#child.kill('SIGKILL'));
  }

  static async start(port: number, folder: string): Promise<PrivateRedis> {
    const redis = new PrivateRedis(port, folder);
    while (!(await redis.#answers())) await sleep(20);
    return redis;
  }

  /** Ends what comes from these ports. @returns how many connections that were */
  async cut(ports: readonly number[], subscribersAlone: boolean): Promise<number> {
    const victims = (await this.#connections()).filter(
      ({ port, subscribes }) => ports.includes(port) && (subscribes || !subscribersAlone),
    );
    for (const { address } of victims) await this.#command(`CLIENT KILL ADDR ${address}`);
    return victims.length;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  async #answers(): Promise<boolean> {
    if (this.#child.exitCode !== null) throw new Error(`redis-server ended with ${this.#child.exitCode}`);
    const answer = await this.#command('PING').catch(() => '');
    return answer.startsWith('+PONG');
  }

  async #connections(): Promise<Connection[]> {
    const lines = (await this.#command('CLIENT LIST')).split('\n').filter((line) => line.includes(' addr='));
    return lines.map((line) => {
      const address = / addr=(\S+)/.exec(line)![1]!;
      return { address, port: Number(address.split(':').at(-1)), subscribes: !/ sub=0 psub=0 /.test(line) };
    });
  }

  /** One command, as a person would type it. */
  async #command(line: string): Promise<string> {
    const socket = connect(this.#port, '127.0.0.1');
    socket.write(`${line}\r\nQUIT\r\n`);
    return text(socket);
  }
}
