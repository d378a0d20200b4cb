import { TcpProxy } from '../support/proxy.ts';
import { PrivateRedis } from './redis.ts';
import { freePort, MortalServer } from './server.ts';

/** What a deployment consists of. */
export interface Site {
  nodes: number;
  redis: boolean;
  /** Of each node. */
  settings: Record<string, string>;
  /** For what is kept on a disk. */
  folder: string;
  /** Is told of a death that nobody has ordered. */
  died: (why: string) => void;
}

/** The servers of a trial: one with its log in a folder, or one or several on a Redis. */
export class Deployment {
  readonly nodes: MortalServer[] = [];
  redis: PrivateRedis | undefined;
  readonly #site: Site;

  constructor(site: Site) {
    this.#site = site;
  }

  async start(): Promise<void> {
    const { nodes, redis, folder } = this.#site;
    if (redis) this.redis = await PrivateRedis.start(await freePort(), folder);
    for (let i = 0; i < nodes; i += 1) this.nodes.push(await this.#node(`node${i}`));
    await Promise.all(this.nodes.map((node) => node.start()));
  }

  /** Any of them listens, as far as is known. */
  get lives(): boolean {
    return this.nodes.some(({ lives }) => lives);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    await Promise.all(this.nodes.map(({ line }) => line?.close()));
    await this.redis?.stop();
  }

  async #node(name: string): Promise<MortalServer> {
    const { settings, folder, died } = this.#site;
    const line = this.redis && (await TcpProxy.before(this.redis.url));
    const log: Record<string, string> = line
      ? { LOG: 'redis', REDIS_URL: line.url.replace('http', 'redis') }
      : { LOG: 'sqlite', DATA_DIR: `${folder}/data` };
    const environment = { ...settings, ...log };
    return new MortalServer({ name, port: await freePort(), environment, folder, line, died });
  }
}
