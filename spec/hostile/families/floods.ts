import { request } from '../../support/http.ts';
import type { Ground } from '../ground.ts';
import { from, type Line, NOTHING, PATIENCE, type Way } from '../line.ts';
import { CONNECTIONS } from '../settings.ts';

/** Refusals that a connection may collect, in bursts (PROTOCOL.md 3.4). */
const PATIENT = 4;

/** More than anybody may say, or more than may come. */
export async function floods(ground: Ground): Promise<void> {
  const { random } = ground;
  await talkative(ground, random.pick(['ws', 'websocket'] as const));
  if (random.chance(0.5)) await crowd(ground);
}

/** Each message is answered, until its connection is closed as a flood. */
async function talkative(ground: Ground, way: Exclude<Way, 'polling'>): Promise<void> {
  const villain = await ground.stranger();
  const line = await ground.enter(way, { villain });
  const { burst } = ground.target;
  const answers: Record<string, number> = {};
  let sent = 0;
  let outcome = '';
  while (!isFlooded(outcome)) {
    // By hundreds, so that what is answered is read meanwhile.
    for (let i = 0; i < 100; i += 1) line.say('{"type":"heartbeat"}', 'heartbeat');
    sent += 100;
    for (let i = 0; i < 100 && !isFlooded(outcome); i += 1) {
      outcome = await line.next();
      answers[outcome] = (answers[outcome] ?? 0) + 1;
    }
  }
  const refused = answers['rate_limited'] ?? 0;
  const count = Math.min(sent, (answers['accepted'] ?? 0) + refused + 1);
  for (let i = 1; i < count; i += 1) ground.judge('floods', way, i <= refused ? 'rate_limited' : 'accepted', /./);
  ground.judge('floods', `${way}: ${refused} times too much`, outcome, way === 'ws' ? /^close 4029$/ : /^flood$/);
  if (refused < PATIENT * burst) ground.tally.fail('wrong', `${way}: a flood was closed after ${refused} refusals`);
  line.close();
}

function isFlooded(outcome: string): boolean {
  return outcome === 'flood' || outcome === NOTHING || outcome.startsWith('close');
}

/** More connections than an address may have. */
async function crowd(ground: Ground): Promise<void> {
  const address = ground.address();
  const way = ground.random.pick(['ws', 'websocket'] as const);
  const knocks = Array.from({ length: CONNECTIONS + 40 }, () => ground.knock(way, { address }));
  const crowd = await Promise.all(knocks);
  // A refusal after Engine.IO has shaken hands is a close.
  const expected = way === 'ws' ? /^(?:accepted|http 429)$/ : /^(?:accepted|http 429|close 1005)$/;
  for (const { outcome } of crowd) ground.judge('floods', `${way}: one of a crowd`, outcome, expected);
  const inside = crowd.filter(({ outcome }) => outcome === 'accepted').length;
  if (inside > CONNECTIONS) ground.tally.fail('wrong', `${inside} connections of one address were let in`);
  const { status } = await request(`${ground.url}/ws`, { headers: from(address) });
  ground.judge('floods', 'one more', `http ${status}`, /^http 429$/);
  await leave(crowd.map(({ line }) => line));
}

/** Places are free again when they have gone. */
async function leave(lines: Line[]): Promise<void> {
  for (const line of lines) line.close();
  await Promise.race(lines.map((line) => line.next(PATIENCE)));
}
