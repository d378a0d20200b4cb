import type { Sequences } from './sequences.ts';

export type Door = 'raw' | 'socketio';

/** What clients of one kind have in common: their door, and which lanes they hear, each with its place in `sequences`. */
export interface Ear {
  readonly door: Door;
  readonly lanes: ReadonlyMap<number, number>;
}

/**
 * What one connection's stream has come to between two reads. Never changed, only replaced: connections that received
 * the same bytes share one, and sameness is mostly one comparison of references.
 */
export interface State {
  readonly ear: Ear;
  readonly sequences: Sequences;
  /** Bytes of a frame that is already judged, still to come. */
  readonly skip: number;
  /** The beginning of a frame that is not yet judged. */
  readonly carry: Buffer;
}

/** A frame that wants something done: it is answered, or ends or refuses something. */
export interface Control {
  kind: 'ping' | 'close' | 'packet' | 'error';
  payload: Buffer;
}

/** What one read of a connection brought: a function of the state before and the bytes, and of nothing else. */
export class Reading {
  frames = 0;
  /** Frames without a stamp: lists, presence and the like. */
  others = 0;
  late = 0;
  duplicate = 0;
  /** Stamped, but of a lane that this client should not hear. */
  stray = 0;
  /** Lane and number of each message that came for the first time, in turn: lane, number, lane, number … */
  readonly fresh: number[] = [];
  /** Instants and how many messages in a row have each, in turn: instant, times, instant, times … */
  readonly instants: number[] = [];
  /** The instants of the messages that were confirmed. */
  readonly receipts: number[] = [];
  readonly controls: Control[] = [];
  after: State;

  constructor(before: State) {
    this.after = before;
  }

  get messages(): number {
    return this.fresh.length / 2;
  }

  /** Whether all of it is counting, so that it holds for any connection in the same state. */
  get pure(): boolean {
    return this.controls.length === 0;
  }

  get flawless(): boolean {
    return this.late + this.duplicate + this.stray === 0;
  }

  time(instant: number): void {
    const { instants } = this;
    const last = instants.length - 2;
    if (last >= 0 && instants[last] === instant) instants[last + 1]! += 1;
    else instants.push(instant, 1);
  }
}

export const NOTHING = Buffer.alloc(0);

export function sameState(one: State, other: State): boolean {
  if (one === other) return true;
  if (one.ear !== other.ear || one.skip !== other.skip) return false;
  return one.carry.equals(other.carry) && one.sequences.equals(other.sequences);
}
