import { parseArgs } from 'node:util';

/** Of a siege. */
export interface Options {
  seed: number;
  /** How many are sent, at least. */
  inputs: number;
  /** How long that may take, at most. */
  seconds: number;
  /** Honest clients: half by either protocol. */
  clients: number;
  /** Honest messages per second, in all. */
  rate: number;
  /** Seconds of peace, for what is measured against. */
  peace: number;
  /** Attacks, one behind the other, that share the inputs: what the last adds to memory is what stays. */
  attacks: number;
  /** Attackers that are at work at once. */
  hands: number;
  /** Times are judged, too: not where the machine may be busy with anything else. */
  strict: boolean;
  /** Settings of the server that are not the usual ones of a siege. */
  settings: Record<string, string>;
}

export const HELP = `Proves that hostile clients harm nobody: a server, honest clients of both protocols, and attackers.

  npm run check:hostile -- [options]

  --inputs N        hostile inputs, at least (default 50000)
  --seconds S       how long they may take, at most (default 1200)
  --clients N       honest clients (default 100)
  --rate N          honest messages per second, in all (default 40)
  --peace S         seconds without attackers, to compare with (default 15)
  --hands N         attackers at work at once (default 24)
  --seed N          the same inputs again, as far as time allows
  --help

The exit code is 1 where anybody was harmed, or anything was not answered.`;

const NUMBERS = { inputs: '50000', seconds: '1200', clients: '100', rate: '40', peace: '15', hands: '24' } as const;

/** @throws Error where a flag is none */
export function readOptions(args: string[]): Options & { help: boolean } {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', default: false },
      seed: text(String(Date.now() % 1_000_000)),
      inputs: text(NUMBERS.inputs),
      seconds: text(NUMBERS.seconds),
      clients: text(NUMBERS.clients),
      rate: text(NUMBERS.rate),
      peace: text(NUMBERS.peace),
      hands: text(NUMBERS.hands),
    },
  });
  const number = (key: keyof typeof NUMBERS | 'seed', least: number) => {
    const value = Number(values[key]);
    if (value >= least) return value;
    throw new Error(`--${key}: expected a number of at least ${least}, got ${values[key]}`);
  };
  return {
    help: values.help,
    seed: number('seed', 0),
    inputs: number('inputs', 1),
    seconds: number('seconds', 1),
    clients: number('clients', 4),
    rate: number('rate', 1),
    peace: number('peace', 1),
    hands: number('hands', 1),
    attacks: 2,
    strict: true,
    settings: {},
  };
}
