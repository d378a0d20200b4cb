import type { Ground } from '../ground.ts';
import type { Way } from '../line.ts';
import { noText, oddText, word } from '../random-json.ts';

const WAYS: readonly Way[] = ['ws', 'websocket', 'polling'];
const ILL = ['x'.repeat(65), 'a b', '../..', '%', 'é', '\0', '{}', "' OR 1=1 --"];
const IDS = [
  '20231107132000-1',
  '99991231235959-1',
  '20231107132000-99999999999999999999',
  'x',
  '-',
  '0',
  '20231107132000-1.1',
];

/** Sessions and positions that are guessed, or stolen: worth nothing, and their owners do not notice. */
export async function sessions(ground: Ground): Promise<void> {
  const { random, target } = ground;
  for (let i = 0; i < 6; i += 1) {
    const way = random.pick(WAYS);
    const stolen = random.pick(target.sessions);
    await useless(ground, way, { session: stolen, lastId: random.pick(IDS) });
    await useless(ground, way, { session: random.chance(0.5) ? stolen : word(random, 22), rooms: [] });
    await useless(ground, way, { lastId: random.pick([...IDS, oddText(random)]), session: '' });
    const session = way === 'ws' || random.chance(0.5) ? random.pick(ILL) : noText(random);
    const { line, outcome } = await ground.knock(way, { claims: { session } });
    ground.judge('sessions', `${way}: ${JSON.stringify(session)}`, outcome, /^(?:http 400|invalid_session)$/);
    line.close();
  }
}

/** It comes in as anybody else, and is told that there is nothing for it. */
async function useless(ground: Ground, way: Way, claims: Record<string, unknown>): Promise<void> {
  const { line, outcome } = await ground.knock(way, { claims });
  const { recovered } = line.welcome ?? {};
  if (outcome === 'accepted' && recovered !== false) {
    ground.tally.fail('spoofed', `${way}: ${JSON.stringify(claims)} was worth something: ${recovered}`);
  }
  ground.judge('sessions', `${way}: ${JSON.stringify(claims)}`, outcome, /^accepted$/);
  line.close();
}
