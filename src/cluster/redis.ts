import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Node, Nodes, Question } from '../hub/nodes.ts';
import type { Clock, Logger } from '../hub/ports.ts';
import type { Snapshot } from '../hub/stats.ts';
import { BEAT, ENTER, FORGET, LEAVE } from './scripts.ts';

export interface RedisNodesOptions {
  /** `redis:` or `rediss:`, with user, password and database where needed. */
  url: string;
  /** What its keys begin with: one for each deployment that shares a Redis. */
  prefix: string;
  /** Milliseconds that those have to come back whose node has ended. */
  grace: number;
  clock: Clock;
  logger: Logger;
  /** Milliseconds between two beats. */
  beat?: number;
  /** Milliseconds after its last beat at which a node has ended, as far as the others know. */
  lease?: number;
  /** Milliseconds that an answer may take, of other nodes or of Redis. */
  patience?: number;
}

/** A question that waits for its answers. */
interface Asking {
  answers: unknown[];
  /** How many are still to come. */
  left: number;
  done(): void;
}

/** What goes over the channels. */
type Word = { id: number; from: string; question: Question } | { id: number; answer: unknown };

const CONNECTION = {
  lazyConnect: true,
  protocol: 2 as const,
  disableClientInfo: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: null,
  connectTimeout: 2000,
  disconnectTimeout: 200,
  retryStrategy: (times: number) => Math.min(50 * times, 500),
};

/**
 * Nodes that meet in a Redis. Each says from time to time that it lives, until when it is to be believed, and what it has
 * counted, and hears the same of all others in the same step. The time is that of Redis.
 */
export class RedisNodes implements Nodes {
  readonly name = randomBytes(6).toString('base64url');
  others: ReadonlyMap<string, Snapshot> = new Map();
  readonly #options: Required<RedisNodesOptions>;
  readonly #calls: Redis;
  readonly #ears: Redis;
  readonly #nodes: string;
  readonly #figures: string;
  readonly #channel: string;
  readonly #asking = new Map<number, Asking>();
  readonly #burying = new Set<string>();
  #node: Node | undefined;
  #count = 0;
  #beating = false;
  #beatAt = 0;
  #stop = () => {};

  constructor(options: RedisNodesOptions) {
    this.#options = { beat: 1000, lease: 3000, patience: 2000, ...options };
    const { url, prefix } = options;
    const connection = {
      ...CONNECTION,
      commandTimeout: this.#options.patience,
      connectionName: `${prefix}-nodes-${this.name}`,
    };
    this.#calls = new Redis(url, connection);
    this.#ears = new Redis(url, connection);
    // Whether Redis is there is for the log to say, which is of no use without it either.
    for (const redis of [this.#calls, this.#ears]) redis.on('error', () => {});
    this.#nodes = `{${prefix}}:nodes`;
    this.#figures = `{${prefix}}:figures`;
    // Channels are shared by all databases of a Redis.
    this.#channel = `{${prefix}}:ask:${this.#calls.options.db ?? 0}`;
    this.#ears.on('message', (_channel: string, text: string) => void this.#hear(JSON.parse(text) as Word));
  }

  // --- start ---

  async start(node: Node, known: ReadonlySet<string>): Promise<void> {
    const { clock, beat } = this.#options;
    this.#node = node;
    try {
      await Promise.all([this.#calls.connect(), this.#ears.connect()]);
      await this.#ears.subscribe(this.#channel, this.#channelOf(this.name));
      await this.#run(ENTER, ...known);
      await this.#beat();
    } catch (error) {
      this.#letGo();
      throw error;
    }
    this.#stop = clock.every(beat, () => void this.#beat());
  }

  #channelOf(name: string): string {
    return `${this.#channel}:${name}`;
  }

  // --- beat ---

  async #beat(): Promise<void> {
    if (this.#beating) return;
    this.#beating = true;
    try {
      const { lease, grace } = this.#options;
      const reply = await this.#run(BEAT, this.name, lease, grace, JSON.stringify(this.#node!.report()));
      this.#meet(...(reply as [string[], (string | null)[], string[]]));
    } catch (error) {
      this.#miss(error);
    } finally {
      this.#beating = false;
    }
  }

  #meet(living: string[], figures: (string | null)[], ended: string[]): void {
    this.#beatAt = this.#options.clock.now();
    const others = living.map((name, i) => [name, JSON.parse(figures[i] ?? '{}') as Snapshot] as const);
    this.others = new Map(others.filter(([name]) => name !== this.name));
    // One of them sees to it, whichever: who is the first in the alphabet, all agree on that.
    if (living.sort()[0] === this.name) for (const name of ended) void this.#bury(name);
  }

  #miss(error: unknown): void {
    const { clock, lease, logger } = this.#options;
    if (this.others.size === 0 || Math.abs(clock.now() - this.#beatAt) < lease) return;
    this.others = new Map();
    logger.warn({ err: error }, 'nothing is heard of the other nodes');
  }

  async #bury(name: string): Promise<void> {
    if (this.#burying.has(name)) return;
    this.#burying.add(name);
    try {
      if (await this.#node!.bury(name)) await this.#run(FORGET, name, this.#options.grace);
    } catch (error) {
      this.#options.logger.warn({ err: error, node: name }, 'a node that ended was not seen out, trying again');
    } finally {
      this.#burying.delete(name);
    }
  }

  // --- ask ---

  async ask(question: Question): Promise<unknown[]> {
    this.#count += 1;
    const id = this.#count;
    const asking: Asking = { answers: [], left: Number.POSITIVE_INFINITY, done: () => {} };
    this.#asking.set(id, asking);
    const answered = new Promise<void>((resolve) => {
      asking.done = resolve;
    });
    const cancel = this.#options.clock.after(this.#options.patience, asking.done);
    try {
      const ears = await this.#say(this.#channel, { id, from: this.name, question });
      // Its own are among them. Behind a proxy, or in a cluster of Redis, not all are counted.
      asking.left = Math.max(ears - 1, this.others.size) - asking.answers.length;
      if (asking.left > 0) await answered;
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'the other nodes could not be asked');
    } finally {
      cancel();
      this.#asking.delete(id);
    }
    return asking.answers;
  }

  async #hear(word: Word): Promise<void> {
    if ('answer' in word) return this.#take(word.id, word.answer);
    if (word.from === this.name) return;
    const answer = await this.#node!.answer(word.question);
    await this.#say(this.#channelOf(word.from), { id: word.id, answer }).catch(() => {});
  }

  #take(id: number, answer: unknown): void {
    const asking = this.#asking.get(id);
    if (!asking) return;
    asking.answers.push(answer);
    asking.left -= 1;
    if (asking.left <= 0) asking.done();
  }

  #say(channel: string, word: Word): Promise<number> {
    return this.#calls.publish(channel, JSON.stringify(word));
  }

  // --- stop ---

  async stop(): Promise<void> {
    this.#stop();
    // Where Redis is away the others find out by themselves.
    await this.#run(LEAVE, this.name).catch(() => {});
    this.#letGo();
  }

  #letGo(): void {
    this.#stop();
    this.#calls.disconnect();
    this.#ears.disconnect();
  }

  #run(script: string, ...args: (string | number)[]): Promise<unknown> {
    return this.#calls.eval(script, 2, this.#nodes, this.#figures, ...args);
  }
}
