import type { Ground } from '../ground.ts';
import { NAMES, oddText, word } from '../random-json.ts';

const IDS = [
  'x',
  '0',
  '-1',
  '20231107132000',
  '20231107132000-',
  '20231107132000-1.',
  '20231107132000--1',
  '1-1',
  '\0',
  '🦆',
  'null',
];
const LIMITS = ['0', '-1', '1.5', '1e3', 'x', '0x10', '١', ' ', '9999999', '00', 'NaN'];

/** Pages of what others said. */
export async function history(ground: Ground): Promise<void> {
  const { random, target } = ground;
  for (let i = 0; i < 10; i += 1) {
    const attempts: [what: Record<string, string>, expected: RegExp][] = [
      [{ limit: random.pick(LIMITS) }, /^http 400$/],
      [{ before: random.pick(IDS) }, /^http 400$/],
      [{ after: random.pick([...IDS, oddText(random)]) }, /^http 400$/],
      [{ before: '20231107132000-1', after: '20231107132000-1' }, /^http 400$/],
      [{ room: `${oddText(random)}!` }, /^http 400$/],
      [{ room: random.pick(target.rooms) }, /^http 403$/],
      [{ room: random.pick([`@${random.pick(target.names)}`, random.pick(target.names), ...NAMES]) }, /^http 403$/],
      [{ room: `~${random.pick(target.names)}` }, /^http 400$/],
      [{ room: `yard-${word(random)}`, after: '20231107132000-999999999999999999999' }, /^http (?:200|400)$/],
      [{ before: '99991231235959-1', limit: '300' }, /^http 200$/],
    ];
    const [what, expected] = random.pick(attempts);
    const { token } = ground.villain();
    const { outcome } = await ground.request(`/ws/history?${new URLSearchParams({ ...what, token })}`);
    ground.judge('history', JSON.stringify(what), outcome, expected);
  }
  const { outcome } = await ground.request(`/ws/history?room=${random.pick(target.rooms)}`);
  ground.judge('history', 'without a token', outcome, /^http 401$/);
}
