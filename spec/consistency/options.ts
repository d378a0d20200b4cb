import { parseArgs } from 'node:util';

/** Of a trial. */
export interface Options {
  seed: number;
  /** How long messages are written at least, and how many deliveries there are at least. */
  seconds: number;
  deliveries: number;
  nodes: number;
  /** Their log is in a Redis, not on a disk. */
  redis: boolean;
  clients: number;
  /** Messages written per second, in all. */
  rate: number;
  /** Milliseconds of silence after which a connection is taken for dead. */
  patience: number;
  weather: {
    /** Of each node, at most. */
    kills: number;
    /** Milliseconds: mean between two spells of bad luck, and two kills; longest spell. */
    gap: number;
    killGap: number;
    longest: number;
  };
}

export const HELP = `Proves that nothing is lost: a server or several, many clients of both protocols, and bad luck.

  npm run check:consistency -- [options]

  --seconds S       how long messages are written at least (default 60)
  --deliveries N    goes on until there were so many (default 0)
  --nodes N         so many servers, on a Redis of their own (redis-server has to be installed), each of which has its own
                    bad luck; one, its log on the disk, where this is not given
  --redis           one server has its log in a Redis too
  --clients N       clients, half of which write (default 48)
  --rate N          messages written per second, in all (default 400)
  --no-kills        the server lives on; otherwise it is killed (-9) every six seconds or so; on a Redis
                    one is killed, ended, stopped for a while, or cut off from Redis
  --seed N          the same bad luck again, as far as time allows
  --help

The exit code is 1 where anything was lost, altered, out of order, or there twice.`;

/** @throws Error where a flag is none */
export function readOptions(args: string[]): Options & { help: boolean } {
  const { values } = parseArgs({
    args,
    allowNegative: true,
    options: {
      help: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '60' },
      deliveries: { type: 'string', default: '0' },
      nodes: { type: 'string', default: '1' },
      redis: { type: 'boolean', default: false },
      clients: { type: 'string', default: '48' },
      rate: { type: 'string', default: '400' },
      kills: { type: 'boolean', default: true },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  });
  const number = (key: 'seconds' | 'deliveries' | 'nodes' | 'clients' | 'rate' | 'seed', least: number) => {
    const value = Number(values[key]);
    if (value >= least) return value;
    throw new Error(`--${key}: expected a number of at least ${least}, got ${values[key]}`);
  };
  const clients = number('clients', 4);
  const nodes = number('nodes', 1);
  return {
    help: values.help,
    seed: number('seed', 0),
    seconds: number('seconds', 1),
    deliveries: number('deliveries', 0),
    nodes,
    redis: values.redis || nodes > 1,
    clients,
    rate: number('rate', 1),
    patience: 9000,
    weather: {
      kills: values.kills ? Number.POSITIVE_INFINITY : 0,
      gap: 7200 / clients,
      killGap: 6000,
      longest: 8000,
    },
  };
}
