import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import type { TcpProxy } from '../support/proxy.ts';
import type { Ledger } from './ledger.ts';
import type { Participant } from './participant.ts';
import type { Random } from './random.ts';
import type { MortalServer } from './server.ts';
import type { Event, Tally } from './tally.ts';

export interface WeatherOptions {
  people: readonly Participant[];
  server: MortalServer;
  random: Random;
  tally: Tally;
  ledger: Ledger;
  /** How often the server is killed at most. */
  kills: number;
  /** Mean milliseconds between two spells, and between two kills; longest spell. */
  gap: number;
  killGap: number;
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
/** How often a server is killed again when its clients are just coming back. */
const TWICE = 0.3;

/** Bad luck for networks and the server, until it is stopped. */
export class Weather {
  readonly #options: WeatherOptions;
  readonly #end = new AbortController();
  readonly #spells = new Set<Promise<void>>();
  readonly #busy = new Set<TcpProxy>();
  #deck: Spell[] = [];

  constructor(options: WeatherOptions) {
    this.#options = options;
    // One for each spell that lasts.
    setMaxListeners(0, this.#end.signal);
    this.#follow(this.#blow());
    this.#follow(this.#kill(options.kills));
  }

  /** Everything is well again when this resolves. */
  async stop(): Promise<void> {
    this.#end.abort();
    while (this.#spells.size > 0) await Promise.all(this.#spells);
  }

  get #over(): boolean {
    return this.#end.signal.aborted;
  }

  #follow(spell: Promise<void>): void {
    const followed: Promise<void> = spell.finally(() => this.#spells.delete(followed));
    this.#spells.add(followed);
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#end.signal }).catch(() => {});
  }

  async #blow(): Promise<void> {
    const { random, gap } = this.#options;
    for (;;) {
      await this.#pause(random.between(0, 2 * gap));
      if (this.#over) return;
      if (this.#deck.length === 0) this.#deck = random.shuffle(DECK);
      this.#follow(this.#strike(this.#deck.pop()!));
    }
  }

  // --- the network ---

  async #strike(spell: Spell): Promise<void> {
    const { people, random } = this.#options;
    if (spell === 'visit') return this.#visit();
    const victims = people.filter(({ options: { proxy } }) => proxy && !this.#busy.has(proxy));
    const victim = random.pick(victims);
    if (!victim) return;
    const proxy = victim.options.proxy!;
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
    const { tally, random, longest } = this.#options;
    const before = proxy.struck;
    strike();
    await this.#pause(random.between(0, length * longest));
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
    const { server, random, longest, tally } = this.#options;
    const visitor = new WebSocket(`${server.url.replace('http', 'ws')}/ws?username=visitor`);
    visitor.on('error', () => {}); // the server may be dead
    visitor.on('open', () => tally.count('visits'));
    await this.#pause(random.between(0, longest));
    visitor.terminate();
  }

  // --- the server ---

  async #kill(most: number): Promise<void> {
    const { server, random, tally, ledger, killGap } = this.#options;
    for (let kills = 0, again = false; kills < most; kills += 1) {
      await this.#pause(again ? random.between(0, killGap / 10) : random.between(0.5, 1.5) * killGap);
      // Whoever acknowledges what is not yet safe is best killed right then.
      await Promise.race([ledger.next, this.#pause(killGap / 10)]);
      if (this.#over) return;
      await server.kill();
      tally.count('kills');
      await this.#pause(random.between(0, killGap / 10));
      await server.start();
      again = random.chance(TWICE);
    }
  }
}
