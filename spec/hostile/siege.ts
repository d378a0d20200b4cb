import { type ChildProcess, fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Random } from '../consistency/random.ts';
import { newFolder } from '../support/folder.ts';
import { INTERNAL } from '../support/internals.ts';
import { Fortress, type Weight } from './fortress.ts';
import type { Target } from './ground.ts';
import type { Options } from './options.ts';
import type { Deeds, Order, Report } from './order.ts';
import { GENERAL, Post } from './post.ts';
import { Resident } from './resident.ts';
import { API_KEY, SETTINGS } from './settings.ts';
import { Tally } from './tally.ts';
import { honestToken, JWT_SETTINGS } from './villain.ts';

const GANG = fileURLToPath(new URL('./gang.ts', import.meta.url));
const ROOMS = ['red', 'green', 'blue', 'white'];
const KINDS = ['raw', 'sdk', 'raw', 'sdk', 'raw', 'polling'] as const;
const TICK = 20;
const MIB = 1024 ** 2;
/** Milliseconds in which what was written comes, be the machine as busy as it may. */
const QUIET = 30_000;
/** Of each way in, and the seconds that the first token has: the machine is busy. */
const ENDINGS = { endings: 5, life: 5 };
/** Milliseconds that the server has to let go of those who have left, their presence and their budgets. */
const SETTLING = 12_000;

/**
 * What is bearable. A ratio to the time of peace would say nothing where attackers, honest clients and server share two
 * cores: the attackers' own work is in it. A second is harm, whoever's work it is.
 */
const BEARABLE = 1000;
/** PROTOCOL.md 2.8. */
const EXPIRY = 1000;
/**
 * Both attacks are alike, and after each nobody hostile is left: what the second adds is what inputs leave behind. The
 * first fills what is bounded (rings, caches, code), which is why it does not count. A leak of 1 KiB per input would be
 * 25 MiB of 25,000; what is left of noise is a few MiB.
 */
const GROWTH = { heap: 8 * MIB, rss: 64 * MIB };

type Say = (text: string) => void;

/** One run: a server, its honest clients, a time of peace, two attacks, and the verdict. */
export class Siege {
  readonly tally = new Tally();
  readonly #options: Options;
  readonly #random: Random;
  readonly #folder = newFolder();
  readonly #post = new Post();
  readonly #secrets: string[] = [JWT_SETTINGS.JWT_SECRET, API_KEY];
  readonly #weights: Weight[] = [];
  #server!: Fortress;
  #gang: ChildProcess | undefined;
  #residents: Resident[] = [];
  #writing = true;

  constructor(options: Options) {
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  async run(say: Say = () => {}): Promise<Tally> {
    const environment = { ...SETTINGS, ...this.#options.settings, DATA_DIR: `${this.#folder}/data` };
    this.#server = new Fortress(environment, (why) => this.tally.fail('crashes', why));
    try {
      await this.#server.start();
      await this.#gather();
      say(`${this.#residents.length} honest clients are here`);
      const writing = this.#write();
      await sleep(this.#options.peace * 333);
      this.#post.phase = 'peace';
      await sleep(this.#options.peace * 667);
      this.#post.phase = 'siege';
      for (let i = 1; i <= this.#options.attacks; i += 1) await this.#attack(i, say);
      this.#writing = false;
      await writing;
      await this.#quieten();
    } finally {
      await this.#end();
    }
    this.#judge();
    return this.tally;
  }

  // --- the honest ---

  async #gather(): Promise<void> {
    for (let i = 0; i < this.#options.clients; i += 1) this.#residents.push(await this.#invite(i));
    await Promise.all(this.#residents.map(({ arrived }) => arrived));
    this.#secrets.push(...this.#residents.flatMap(({ session, options: { token } }) => [session, token]));
  }

  async #invite(i: number): Promise<Resident> {
    const name = `h${i}`;
    const rooms = this.#random.shuffle(ROOMS).slice(0, 1 + this.#random.below(2));
    const { tally } = this;
    const whoever = { name, rooms, kind: KINDS[i % KINDS.length]!, token: await honestToken(name, rooms) };
    return new Resident({ ...whoever, url: this.#server.url, post: this.#post, tally });
  }

  /** At a steady rate, until it is told to end. */
  async #write(): Promise<void> {
    const random = this.#random.fork();
    while (this.#writing) {
      for (let left = (this.#options.rate * TICK) / 1000; left > 0; left -= 1) {
        if (random.chance(left)) this.#writeOne(random);
      }
      await sleep(TICK);
    }
  }

  #writeOne(random: Random): void {
    const writer = random.pick(this.#residents);
    const friend = `@${random.pick(this.#residents).name}`;
    writer.write(random.pick([GENERAL, ...writer.options.rooms, ...writer.options.rooms, friend]));
    this.tally.count('written');
  }

  // --- the hostile ---

  async #attack(which: number, say: Say): Promise<void> {
    const { inputs, seconds, hands, attacks, strict } = this.#options;
    const target = this.#target();
    const share = { inputs: inputs / attacks, seconds: seconds / attacks, hands, low: strict };
    const endings = strict ? ENDINGS : { endings: 1, life: 2 };
    const order = { target, seed: this.#random.below(2 ** 32), ...share, ...endings };
    const deeds = await this.#order(order, (count) => say(`attack ${which}: ${count} inputs`));
    // Without a server there is nothing to be attacked.
    if (deeds) await this.#assess(which, deeds);
    else this.tally.fail('crashes', 'the attackers could not go on');
  }

  async #assess(which: number, { numbers, forgeries, ends }: Deeds): Promise<void> {
    this.tally.add(numbers);
    this.tally.tell(`forged tokens refused, attack ${which}`, `${forgeries.refused}/${forgeries.kinds}`);
    this.tally.fail('admitted', 'kinds of forged tokens', forgeries.kinds - forgeries.refused);
    this.#judgeEnds(which, ends);
    await sleep(this.#options.strict ? SETTLING : this.#target().handshake);
    if (!this.#server.fallen) this.#weights.push(await this.#server.weigh());
  }

  /** @returns undefined where their process ends before it has told what it did */
  #order(order: Order, progress: (inputs: number) => void): Promise<Deeds | undefined> {
    const gang = fork(GANG, { execArgv: ['--import', 'tsx'] });
    this.#gang = gang;
    return new Promise((resolve) => {
      gang.once('exit', () => resolve(undefined));
      gang.on('message', ({ inputs, done }: Report) => {
        progress(inputs);
        if (!done) return;
        gang.removeAllListeners('exit');
        gang.once('exit', () => resolve(done));
        gang.kill();
      });
      gang.send(order);
    });
  }

  #target(): Target {
    const { settings } = this.#options;
    const names = this.#residents.map(({ name }) => name);
    return {
      url: this.#server.url,
      names,
      rooms: ROOMS,
      sessions: this.#residents.map(({ session }) => session),
      apiKey: API_KEY,
      secrets: this.#secrets,
      handshake: Number(settings['HANDSHAKE_TIMEOUT'] ?? 10_000),
      silence: settings['HANDSHAKE_TIMEOUT'] ? 0 : 45_000,
      burst: Number(settings['RATE_BURST'] ?? 500),
    };
  }

  // --- the verdict ---

  async #quieten(): Promise<void> {
    const until = performance.now() + QUIET;
    while (!this.#isQuiet && performance.now() < until) await sleep(TICK);
  }

  get #isQuiet(): boolean {
    return this.#post.waiting.length === 0 && this.#missing().length === 0;
  }

  /** Streams that somebody has not heard to the end. */
  #missing(): [words: string, count: number][] {
    return [...this.#post.streams].flatMap(([stream, count]) => {
      const [writer, target] = stream.split('/') as [string, string];
      const readers = this.#residents.filter((resident) => resident.hears(writer, target));
      const late = readers.filter((resident) => resident.heardOf(stream) < count);
      return late.map((resident): [string, number] => [
        `${resident.name}: ${stream}`,
        count - resident.heardOf(stream),
      ]);
    });
  }

  async #end(): Promise<void> {
    for (const resident of this.#residents) resident.leave();
    this.#gang?.kill();
    await this.#server.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #judge(): void {
    for (const [words, count] of this.#missing()) this.tally.fail('lost', words, count);
    const { waiting } = this.#post;
    this.tally.fail('rejected', `never acknowledged: ${waiting.slice(0, 3)}`, waiting.length);
    this.#judgeTimes();
    this.#judgeWeights();
    this.#judgeLog();
  }

  #judgeTimes(): void {
    for (const phase of ['peace', 'siege'] as const) {
      const [half, most, all] = [50, 99, 100].map((hundredths) => this.#post.percentile(phase, hundredths).toFixed(1));
      this.tally.tell(`honest ms, ${phase}: p50, p99, max`, `${half} ${most} ${all}`);
    }
    const p99 = this.#post.percentile('siege', 99);
    if (this.#options.strict && p99 > BEARABLE) this.tally.fail('slow', `${p99.toFixed(0)} ms under attack`);
  }

  #judgeEnds(which: number, ends: number[]): void {
    this.tally.tell(`ms off a token’s end, attack ${which}`, Math.max(...ends).toFixed(0));
    const late = ends.filter((off) => off > EXPIRY);
    if (this.#options.strict) this.tally.fail('late', `by ${late.join()} ms`, late.length);
  }

  #judgeWeights(): void {
    const [before, after = before] = this.#weights;
    if (!before || !after) return;
    for (const what of ['heap', 'rss'] as const) {
      const [first, second] = [before, after].map((weight) => (weight[what] / MIB).toFixed(1));
      this.tally.tell(`MiB of ${what}, after each attack`, `${first} ${second}`);
      if (after[what] - before[what] > GROWTH[what])
        this.tally.fail('grown', `${what}: from ${first} to ${second} MiB`);
    }
  }

  /** The log is for operators: stacks may be in it, secrets and failures may not. */
  #judgeLog(): void {
    const { lines, complaints } = this.#server.log;
    for (const line of lines) {
      if (line.startsWith('{"level":50')) this.tally.fail('crashes', line);
      if (this.#secrets.some((secret) => line.includes(secret))) this.tally.fail('leaks', `into the log: ${line}`);
    }
    if (INTERNAL.test(complaints)) this.tally.fail('crashes', complaints);
    this.tally.tell('lines of the log', lines.length.toLocaleString('en-US'));
  }
}
