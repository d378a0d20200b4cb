import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { newFolder } from '../support/folder.ts';
import { Blows } from './blows.ts';
import { Deployment } from './deployment.ts';
import { History } from './history.ts';
import { Journal } from './journal.ts';
import { Ledger } from './ledger.ts';
import { KINDS } from './link.ts';
import type { Options } from './options.ts';
import { Order } from './order.ts';
import { Participant } from './participant.ts';
import { Pen } from './pen.ts';
import { Random } from './random.ts';
import { callRoll } from './roll.ts';
import { Route } from './route.ts';
import { Season } from './season.ts';
import type { MortalServer } from './server.ts';
import { Tally } from './tally.ts';
import { GENERAL, type Reader, Transcript } from './transcript.ts';
import { judge } from './verdict.ts';
import { Weather } from './weather.ts';

/** So high that nobody may be refused what it missed. */
const UNLIMITED = '1000000000';
const SETTINGS = {
  LOG_MESSAGES: UNLIMITED,
  LOG_AGE: '7d',
  DATA_BYTES: '64GiB',
  REPLAY_LIMIT: UNLIMITED,
  RATE_LIMIT: UNLIMITED,
  RATE_BURST: UNLIMITED,
  INBOX_SIZE: '100000',
  SEND_BUFFER: '32KiB',
};

/** On a disk nobody is to leave who comes back. On Redis those of a node that stays away are counted out. */
const GRACES = { disk: '20d', redis: '10s' };

const ROOMS = ['red', 'green', 'blue', 'white'];
const TICK = 20;
/** Milliseconds without a delivery, while the server lives, after which nothing more is to be expected. */
const STUCK = 30_000;

/** Tells whoever waits how far it is. */
type Say = (text: string) => void;

/** One run: servers with their people, a time of bad weather, a quiet time, and the verdict. */
export class Trial {
  readonly tally = new Tally();
  /** What everybody saw, in files; they stay where something has failed. */
  readonly folder = newFolder();
  readonly #options: Options;
  readonly #random: Random;
  readonly #ledgerJournal = new Journal(this.folder, 'ledger');
  readonly #ledger = new Ledger(this.#ledgerJournal);
  readonly #order = new Order();
  #deployment!: Deployment;
  #people: Participant[] = [];

  constructor(options: Options) {
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  async run(say: Say = () => {}): Promise<Tally> {
    await this.#start();
    try {
      const since = await this.#gather();
      say(`${this.#people.length} people are here`);
      await this.#storm(say);
      say('quiet: everybody writes to the end and comes level');
      await this.#quieten();
      await this.#judge(since);
    } finally {
      await this.#end();
    }
    if (!this.tally.failed) rmSync(this.folder, { recursive: true, force: true });
    return this.tally;
  }

  // --- start ---

  async #start(): Promise<void> {
    const { nodes, redis, patience } = this.#options;
    const times = {
      PING_INTERVAL: `${patience / 3}ms`,
      PING_TIMEOUT: `${patience / 2}ms`,
      PRESENCE_GRACE: redis ? GRACES.redis : GRACES.disk,
    };
    const settings = { ...SETTINGS, ...times };
    const died = (why: string) => this.tally.fail('crashes', why);
    this.#deployment = new Deployment({ nodes, redis, settings, folder: this.folder, died });
    await this.#deployment.start();
  }

  /** @returns a position before everything that is written */
  async #gather(): Promise<string> {
    for (let i = 0; i < this.#options.clients; i += 1) this.#people.push(await this.#invite(i));
    await Promise.all(this.#people.map(({ arrived }) => arrived));
    return this.#people[0]!.lastId;
  }

  /** Of four that are made alike two write; every sixth has no network that could fail, every ninth shares its user. */
  async #invite(i: number): Promise<Participant> {
    const random = this.#random.fork();
    const reader = readerOf(i, random);
    const { tally } = this;
    const route = await Route.to(this.#deployment.nodes, random, i % 6 !== 5);
    const journal = new Journal(this.folder, reader.name);
    const transcript = new Transcript(reader, tally, journal, this.#order);
    const pen = (i >> 2) % 2 === 0 ? this.#pen(reader, random) : undefined;
    const kind = KINDS[i % KINDS.length]!;
    const manner = { kind, naming: random.chance(0.5), patience: this.#options.patience, random };
    return new Participant({ ...reader, ...manner, route, tally, journal, transcript, pen });
  }

  #pen({ name: writer, userId, rooms }: Reader, random: Random): Pen {
    const friend = `@u${random.below(Math.min(8, this.#options.clients))}`;
    const targets = [GENERAL, ...rooms, ...rooms, friend];
    return new Pen({ writer, userId, targets, random, tally: this.tally, ledger: this.#ledger });
  }

  // --- bad weather ---

  async #storm(say: Say): Promise<void> {
    const { seconds, deliveries, weather } = this.#options;
    const season = this.#break(weather);
    const until = performance.now() + seconds * 1000;
    const progress = this.#progress(say);
    const isEnough = () => performance.now() > until && this.tally.events.deliveries >= deliveries;
    while (!isEnough() && progress()) await this.#write();
    await season.end();
  }

  #break(weather: Options['weather']): Season {
    const season = new Season();
    const deployment = this.#deployment;
    const about = { ...weather, season, tally: this.tally };
    new Weather({ ...about, people: this.#people, nodes: deployment.nodes, random: this.#random.fork() });
    new Blows({ ...about, deployment, ledger: this.#ledger, random: this.#random.fork() });
    return season;
  }

  /** Says how far it is. @returns whether there is any progress at all, which nobody goes on without */
  #progress(say: Say): () => boolean {
    let said = performance.now();
    let moved = said;
    let last = 0;
    return () => {
      const now = performance.now();
      const { deliveries, acknowledged, kills } = this.tally.events;
      if (deliveries > last || !this.#deployment.lives) moved = now;
      last = deliveries;
      if (now - said > 5000) {
        said = now;
        say(`${deliveries} deliveries of ${acknowledged} messages, ${kills} kills`);
      }
      const stuck = now - moved > STUCK;
      if (stuck) this.tally.fail('late', `nothing more came after ${deliveries} deliveries`);
      return !stuck;
    };
  }

  async #write(): Promise<void> {
    const pens = this.#pens;
    for (let left = (this.#options.rate * TICK) / 1000; left > 0; left -= 1) {
      if (this.#random.chance(left)) this.#random.pick(pens).write();
    }
    for (const pen of pens) pen.remind();
    await sleep(TICK);
  }

  get #pens(): Pen[] {
    return this.#people.flatMap(({ options: { pen } }) => pen ?? []);
  }

  // --- quiet ---

  /** Who has heard a message that was written behind all others has heard everything. */
  async #quieten(): Promise<void> {
    const progress = this.#progress(() => {});
    const wait = async (test: () => boolean) => {
      while (!test() && progress()) {
        for (const pen of this.#pens) pen.remind();
        await sleep(TICK);
      }
    };
    const answered = () => this.#pens.every(({ waiting }) => waiting === 0);
    await wait(answered);
    this.#pens[0]!.write(GENERAL);
    await wait(answered);
    const { head } = this.#ledger;
    await wait(() => this.#people.every(({ options: { transcript } }) => transcript.floor >= head));
    for (const { options } of this.#people) {
      const { floor } = options.transcript;
      if (floor < head) this.tally.fail('late', `${options.name} has come to ${floor} of ${head}`);
    }
  }

  async #judge(since: string): Promise<void> {
    const [first, ...others] = this.#deployment.nodes;
    const journal = new Journal(this.folder, 'history');
    const history = await this.#read(new History(first!.url, this.tally, journal), since);
    for (const { name, url } of others) {
      const other = await this.#read(new History(url, new Tally(), new Journal(this.folder, `history-${name}`)), since);
      if (!other.equals(history)) this.tally.fail('different', `the history at ${name}`);
    }
    const roll = ({ url }: MortalServer) => callRoll(url, this.#readers, ROOMS, this.tally);
    await Promise.all(this.#deployment.nodes.map(roll));
    const journals = { history: journal, ledger: this.#ledgerJournal };
    judge({ people: this.#people, history, ledger: this.#ledger, journals, tally: this.tally });
  }

  async #read(history: History, since: string): Promise<History> {
    for (const room of [GENERAL, ...ROOMS]) await history.read(room, since);
    return history;
  }

  get #readers(): Reader[] {
    return this.#people.map(({ options }) => options);
  }

  async #end(): Promise<void> {
    for (const person of this.#people) person.leave();
    await this.#deployment.stop();
    await Promise.all(this.#people.map(({ options: { route } }) => route.proxy?.close()));
    for (const { options } of this.#people) options.journal.flush();
  }
}

function readerOf(i: number, random: Random): Reader {
  const rooms = random.shuffle(ROOMS).slice(0, 1 + random.below(3));
  return { name: `p${i}`, userId: `u${i % 9 === 8 ? i - 1 : i}`, rooms };
}
