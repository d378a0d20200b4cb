import type { Target } from './ground.ts';
import type { Numbers } from './tally.ts';

/** What the gang is told to do. */
export interface Order {
  target: Target;
  seed: number;
  inputs: number;
  /** At most. */
  seconds: number;
  hands: number;
  /** Attackers have machines of their own. Here they must not take from the honest the cores that they read with. */
  low: boolean;
  /** Tokens that end while their clients are in, of each way; and the seconds that the first of them has. */
  endings: number;
  life: number;
}

/** How far it is, and in the end what came of it. */
export interface Report {
  inputs: number;
  done?: Deeds;
}

export interface Deeds {
  numbers: Numbers;
  forgeries: { kinds: number; refused: number };
  /** By how many milliseconds clients were closed off the ends of their tokens. */
  ends: number[];
}
