import { TcpProxy } from '../support/proxy.ts';
import type { Random } from './random.ts';
import type { MortalServer } from './server.ts';

/** A client's way to one of the nodes, and to another one when it comes anew. */
export class Route {
  /** The network that is its own, where it has one. */
  proxy: TcpProxy | undefined;
  readonly #nodes: readonly MortalServer[];
  readonly #random: Random;
  #node: MortalServer;

  private constructor(nodes: readonly MortalServer[], random: Random) {
    this.#nodes = nodes;
    this.#random = random;
    this.#node = random.pick(nodes);
  }

  /** @param shaky over a network that can fail */
  static async to(nodes: readonly MortalServer[], random: Random, shaky: boolean): Promise<Route> {
    const route = new Route(nodes, random);
    if (shaky) route.proxy = await TcpProxy.before(() => route.#node.url);
    return route;
  }

  /** What a client connects to. On its own network it need not know to whom that leads. */
  get url(): string {
    return this.proxy?.url ?? this.#node.url;
  }

  /** Where it leads now. */
  get node(): string {
    return this.#node.name;
  }

  /** Leads to any node from here on, but to none that is known to be dead. */
  turn(): void {
    const living = this.#nodes.filter(({ lives }) => lives);
    if (living.length > 0) this.#node = this.#random.pick(living);
  }
}
