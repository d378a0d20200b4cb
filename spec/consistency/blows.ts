import type { Deployment } from './deployment.ts';
import type { Ledger } from './ledger.ts';
import type { Random } from './random.ts';
import type { Season } from './season.ts';
import type { MortalServer } from './server.ts';
import type { Event, Tally } from './tally.ts';

export interface BlowsOptions {
  season: Season;
  deployment: Deployment;
  random: Random;
  tally: Tally;
  ledger: Ledger;
  /** How often each node is struck at most. */
  kills: number;
  /** Mean milliseconds between two blows, with several nodes half as much; longest of what passes by itself. */
  killGap: number;
  longest: number;
}

type Blow = 'kill' | 'end' | 'freeze' | 'cut' | 'deafen' | 'strand';

/** Each comes as often as it stands here, in any order, before any comes again. */
const ON_A_DISK: readonly Blow[] = ['kill'];
const ON_REDIS: readonly Blow[] = ['kill', 'kill', 'kill', 'end', 'end', 'freeze', 'freeze', 'cut', 'deafen', 'strand'];
/** How often a server is killed again when its clients are just coming back. */
const TWICE = 0.3;
/** How often one of several stays away until the others count it out, and for how many milliseconds then. */
const LONG = 0.2;
const OUTAGE = 20_000;

/** What befalls the servers of a trial. */
export class Blows {
  readonly #options: BlowsOptions;

  constructor(options: BlowsOptions) {
    this.#options = options;
    const { season, deployment, random } = options;
    for (const node of deployment.nodes) season.follow(this.#befall(node, random.fork()));
  }

  async #befall(node: MortalServer, random: Random): Promise<void> {
    const { season, ledger, deployment, kills, killGap } = this.#options;
    const count = deployment.nodes.length;
    let deck: Blow[] = [];
    for (let blows = 0, again = false; blows < kills; blows += 1) {
      await season.pause(
        again ? random.between(0, killGap / 10) : random.between(0.5, 1.5) * killGap * Math.max(1, count / 2),
      );
      // Whoever acknowledges what is not yet safe is best killed right then.
      await Promise.race([ledger.next, season.pause(killGap / 10)]);
      if (season.over) return;
      if (deck.length === 0) deck = random.shuffle(deployment.redis ? ON_REDIS : ON_A_DISK);
      const blow = deck.pop()!;
      await this.#strike(blow, node, random);
      again = blow === 'kill' && random.chance(TWICE);
    }
  }

  async #strike(blow: Blow, node: MortalServer, random: Random): Promise<void> {
    if (blow === 'kill') return this.#away('kills', node, () => node.kill(), random);
    if (blow === 'end') return this.#away('ends', node, () => node.stop(), random);
    if (blow === 'freeze') return this.#freeze(node, random);
    if (blow === 'strand') return this.#strand(node, random);
    await this.#cut(blow, node);
  }

  /** @param leave ends the process */
  async #away(event: Event, node: MortalServer, leave: () => Promise<void>, random: Random): Promise<void> {
    const { season, tally, deployment, killGap } = this.#options;
    await leave();
    tally.count(event);
    const long = deployment.nodes.length > 1 && random.chance(LONG);
    await season.pause(random.between(0, long ? OUTAGE : killGap / 10));
    // Where it ends at once, that is counted as a crash.
    await node.start().catch(() => {});
  }

  async #freeze(node: MortalServer, random: Random): Promise<void> {
    const { season, tally, longest } = this.#options;
    node.freeze();
    tally.count('freezes');
    await season.pause(random.between(0, 2 * longest));
    node.thaw();
  }

  /** Nothing passes between a node and Redis, and neither is told. */
  async #strand({ line }: MortalServer, random: Random): Promise<void> {
    const { season, tally, longest } = this.#options;
    line?.blackHole();
    tally.count('strandings');
    await season.pause(random.between(0, 2 * longest));
    line?.heal();
    if (random.chance(0.5)) line?.cut();
  }

  async #cut(blow: 'cut' | 'deafen', { line }: MortalServer): Promise<void> {
    const { deployment, tally } = this.#options;
    const cut = await deployment.redis?.cut(line?.ports ?? [], blow === 'deafen');
    if (cut) tally.count(blow === 'cut' ? 'severances' : 'deafenings');
  }
}
