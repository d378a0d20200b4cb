/** Names in Redis. The braces make one slot of all keys: a script reaches several of them. */
export class Keys {
  /** What every key begins with. */
  readonly prefix: string;
  /** The channel of all nodes. Channels are shared by all databases of a Redis, so its number is a part of the name. */
  readonly bus: string;

  constructor(prefix: string, database: number) {
    this.prefix = `{${prefix}}:`;
    this.bus = `${this.prefix}bus:${database}`;
  }

  /** The channel of one node. */
  node(name: string): string {
    return `${this.bus}:${name}`;
  }
}
