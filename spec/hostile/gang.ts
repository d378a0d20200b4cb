/** The attackers, in a process of their own: what they do must not hold up the clocks of the honest. */
import { constants, setPriority } from 'node:os';
import { Random } from '../consistency/random.ts';
import { outlive } from './expiry.ts';
import { api } from './families/api.ts';
import { direct } from './families/direct.ts';
import { floods } from './families/floods.ts';
import { frames } from './families/frames.ts';
import { headers } from './families/headers.ts';
import { history } from './families/history.ts';
import { json } from './families/json.ts';
import { origins } from './families/origins.ts';
import { packets } from './families/packets.ts';
import { polling } from './families/polling.ts';
import { rooms } from './families/rooms.ts';
import { sessions } from './families/sessions.ts';
import { slow } from './families/slow.ts';
import { everyForgery, tokens } from './families/tokens.ts';
import { types } from './families/types.ts';
import { vanishing } from './families/vanishing.ts';
import { Ground } from './ground.ts';
import type { Order, Report } from './order.ts';
import { type Family, Tally } from './tally.ts';

type Attack = (ground: Ground) => Promise<void>;

const ATTACKS: Record<Family, Attack> = {
  frames,
  json,
  types,
  rooms,
  direct,
  packets,
  polling,
  tokens,
  headers,
  origins,
  slow,
  vanishing,
  floods,
  api,
  history,
  sessions,
};

/** Of a hundred inputs, how many are of each. */
const SHARES: Record<Family, number> = {
  frames: 8,
  json: 14,
  types: 13,
  rooms: 8,
  direct: 5,
  packets: 8,
  polling: 6,
  tokens: 6,
  headers: 6,
  origins: 4,
  slow: 1,
  vanishing: 2,
  floods: 8,
  api: 5,
  history: 3,
  sessions: 3,
};

/** Inputs of one go, about: of most, of some, and of a flood in bursts. */
const SIZE = 12;
const SIZES: Partial<Record<Family, number>> = { frames: 1, json: 22, types: 25, direct: 25, slow: 1, vanishing: 1 };
const FLOOD = 4;
/** Milliseconds between two words about how far it is. */
const INTERVAL = 500;

process.on('message', (order: Order) => void attack(order));
process.once('disconnect', () => process.exit(1));

async function attack({ target, seed, inputs, seconds, hands, low, endings, life }: Order): Promise<void> {
  if (low) setPriority(constants.priority.PRIORITY_LOW);
  const tally = new Tally();
  const random = new Random(seed);
  const until = performance.now() + seconds * 1000;
  const isEnough = () => tally.inputs >= inputs || performance.now() > until;
  const plan = new Plan(random, target.burst);
  const ground = await Ground.of(target, random, tally);
  const progress = setInterval(() => report({ inputs: tally.inputs }), INTERVAL);
  const trials = Promise.all([everyForgery(ground), outlive(ground, endings, life)]);
  await Promise.all(Array.from({ length: hands }, () => work(ground, plan, isEnough)));
  const [forgeries, ends] = await trials;
  await ground.settle();
  clearInterval(progress);
  const { events, failures, complaints } = tally;
  report({ inputs: tally.inputs, done: { numbers: { events, failures, complaints }, forgeries, ends } });
}

/** Hands out work: whatever family is furthest from its share, by what was begun and not by what is done. */
class Plan {
  readonly #begun: [family: Family, inputs: number][];
  readonly #burst: number;

  constructor(random: Random, burst: number) {
    this.#begun = random.shuffle(Object.keys(ATTACKS) as Family[]).map((family) => [family, 0]);
    this.#burst = burst;
  }

  next(): Family {
    const done = ([family, inputs]: [Family, number]) => inputs / SHARES[family];
    const next = this.#begun.reduce((least, entry) => (done(entry) < done(least) ? entry : least));
    const [family] = next;
    next[1] += family === 'floods' ? FLOOD * this.#burst : (SIZES[family] ?? SIZE);
    return family;
  }
}

/** One hand. */
async function work(ground: Ground, plan: Plan, isEnough: () => boolean): Promise<void> {
  while (!isEnough()) {
    const family = plan.next();
    await ATTACKS[family](ground).catch((error: Error) => ground.tally.fail('wrong', `${family}: ${error.message}`));
  }
}

function report(report: Report): void {
  process.send!(report);
}
