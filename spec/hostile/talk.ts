import type { Random } from '../consistency/random.ts';
import { type Ground, isEnd } from './ground.ts';
import { type Line, WAYS, type Way } from './line.ts';
import type { Family } from './tally.ts';

/** One message that is wrong in some way, and what has to come of it. */
export interface Input {
  what: string;
  type: string;
  /** By Socket.IO its type does not count: it is the event’s name. */
  json: string;
  expected: RegExp;
  /** It has a clientMsgId that is none: no echo is enough. */
  receipt?: boolean;
}

/** A room of attackers alone, in which all who talk are. */
export const YARD = 'yard-x';

/** Of one connection, well below what the rate allows. */
const INPUTS = 25;

/** An attacker that comes in and sends one input after another. @param next an input for this line */
export async function talk(
  ground: Ground,
  family: Family,
  next: (random: Random, line: Line) => Input,
  ways: readonly Way[] = WAYS,
): Promise<void> {
  const { random } = ground;
  const line = await ground.enter(random.pick(ways));
  await line.ask(() => line.say(`{"type":"join","room":"${YARD}"}`, 'join'));
  for (let i = 0; i < INPUTS; i += 1) {
    const { what, type, json, expected, receipt } = next(random, line);
    const outcome = await line.ask(() => line.say(json, type), receipt);
    ground.judge(family, `${line.way}: ${what}`, outcome, expected);
    if (isEnd(outcome)) break;
  }
  line.close();
}

/** A message as JSON, with its type in it. */
export function input(what: string, message: { type: unknown; [key: string]: unknown }, expected: RegExp): Input {
  return { what, type: typeof message.type === 'string' ? message.type : '', json: JSON.stringify(message), expected };
}
