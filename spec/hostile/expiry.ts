import { inSeconds } from '../support/tokens.ts';
import type { Ground } from './ground.ts';
import type { Way } from './line.ts';
import { newVillain } from './villain.ts';

const WAYS: readonly Way[] = ['ws', 'websocket', 'polling'];
const ENDED = /^(?:close 4009|token_expired)$/;

/** Clients whose tokens end while they are in, one a second of each way. @returns by how many milliseconds each was closed off its end */
export function outlive(ground: Ground, endings: number, life: number): Promise<number[]> {
  const attempts = WAYS.flatMap((way) => Array.from({ length: endings }, (_, i) => expire(ground, way, life + i)));
  return Promise.all(attempts);
}

async function expire(ground: Ground, way: Way, life: number): Promise<number> {
  const end = inSeconds(life);
  const villain = await newVillain(`e${ground.random.below(1e9)}`, end);
  const { line, outcome: entry } = await ground.knock(way, { villain });
  // The machine was so busy that it came too late.
  if (entry !== 'accepted') return expire(ground, way, 2 * life);
  const outcome = await line.next();
  const off = Math.abs(Date.now() - end * 1000);
  ground.judge('tokens', `${way}: one that has ended`, outcome, ENDED);
  line.close();
  return off;
}
