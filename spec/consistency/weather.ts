import WebSocket from 'ws';
import type { TcpProxy } from '../support/proxy.ts';
import type { Participant } from './participant.ts';
import type { Random } from './random.ts';
import type { Season } from './season.ts';
import type { MortalServer } from './server.ts';
import type { Event, Tally } from './tally.ts';

export interface WeatherOptions {
  season: Season;
  people: readonly Participant[];
  nodes: readonly MortalServer[];
  random: Random;
  tally: Tally;
  /** Mean milliseconds between two spells; longest spell. */
  gap: number;
  longest: number;
}

type Spell = 'cut' | 'reset' | 'hole' | 'stall' | 'move' | 'visit';

/** Each comes as often as it stands here, in any order, before any comes again. */
const DECK: readonly Spell[] = [
  'cut',
  'cut',
  'reset',
  'reset',
  'hole',
  'hole',
  'stall',
  'stall',
  'stall',
  'move',
  'visit',
];
/** Bytes that pass before a connection is cut or stalled: in the midst of a message. */
const MOST_BYTES = 60_000;

/** Bad luck for the networks of clients. */
export class Weather {
  readonly #options: WeatherOptions;
  readonly #busy = new Set<TcpProxy>();
  #deck: Spell[] = [];

  constructor(options: WeatherOptions) {
    this.#options = options;
    options.season.follow(this.#blow());
  }

  async #blow(): Promise<void> {
    const { season, random, gap } = this.#options;
    for (;;) {
      await season.pause(random.between(0, 2 * gap));
      if (season.over) return;
      if (this.#deck.length === 0) this.#deck = random.shuffle(DECK);
      season.follow(this.#strike(this.#deck.pop()!));
    }
  }

  // --- the network ---

  async #strike(spell: Spell): Promise<void> {
    const { people, random } = this.#options;
    if (spell === 'visit') return this.#visit();
    const victims = people.filter(({ options: { route } }) => route.proxy && !this.#busy.has(route.proxy));
    const victim = random.pick(victims);
    if (!victim) return;
    const proxy = victim.options.route.proxy!;
    this.#busy.add(proxy);
    victim.options.journal.remark(`weather: ${spell}`);
    await this.#spell(spell, victim, proxy);
    proxy.heal();
    this.#busy.delete(proxy);
  }

  async #spell(spell: Exclude<Spell, 'visit'>, victim: Participant, proxy: TcpProxy): Promise<void> {
    const { random } = this.#options;
    const bytes = random.below(MOST_BYTES);
    if (spell === 'cut') return this.#counted('cuts', proxy, () => proxy.cutAfter(bytes), 0.2);
    if (spell === 'stall') return this.#counted('stalls', proxy, () => proxy.stallAfter(bytes), 1);
    if (spell === 'reset') return this.#counted('resets', proxy, () => proxy.cut(), 0);
    if (spell === 'hole') return this.#hole(victim, proxy);
    victim.move();
  }

  /** @param length as a part of the longest */
  async #counted(event: Event, proxy: TcpProxy, strike: () => void, length: number): Promise<void> {
    const { season, tally, random, longest } = this.#options;
    const before = proxy.struck;
    strike();
    await season.pause(random.between(0, length * longest));
    tally.count(event, proxy.struck - before);
  }

  /** Half of the clients notice at once and come anew; in the end the old network is there again, or gone. */
  async #hole(victim: Participant, proxy: TcpProxy): Promise<void> {
    const { random } = this.#options;
    const strike = () => {
      proxy.blackHole();
      if (random.chance(0.5)) victim.move();
    };
    await this.#counted('holes', proxy, strike, 1);
    if (random.chance(0.5)) proxy.cut();
  }

  /** Somebody comes who can't come back, and goes: what takes an N and is not kept. */
  async #visit(): Promise<void> {
    const { season, nodes, random, longest, tally } = this.#options;
    const visitor = new WebSocket(`${random.pick(nodes).url.replace('http', 'ws')}/ws?username=visitor`);
    visitor.on('error', () => {}); // the server may be dead
    visitor.on('open', () => tally.count('visits'));
    await season.pause(random.between(0, longest));
    visitor.terminate();
  }
}
