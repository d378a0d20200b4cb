import type { Random } from '../../consistency/random.ts';
import type { Ground } from '../ground.ts';
import type { Line } from '../line.ts';
import { NAMES, oddText, word } from '../random-json.ts';
import { type Input, input, talk } from '../talk.ts';

const WRITTEN = ['chat', 'join', 'leave', 'user_list'];
/** The directory of users is no room, whatever it is called inside. */
const INSIDE = ['~', '\0', ' ', '#', '$', '\u200b'];
const WRONG_NAMES = [
  'system',
  'SYSTEM',
  'ѕystem',
  'ｓｙｓｔｅｍ',
  's\u200bystem',
  'a\nb',
  '\u202ex',
  'a\ufeffb',
  'x'.repeat(5000),
];

export async function rooms(ground: Ground): Promise<void> {
  const { rooms: honest, names } = ground.target;
  if (ground.random.chance(0.3)) return refusedNames(ground);
  const makes: ((random: Random, line: Line) => Input)[] = [
    (random) => {
      const room = random.pick([
        `${random.pick(INSIDE)}${random.pick(names)}`,
        `${word(random)}\n`,
        'é',
        'x'.repeat(129),
        '../general',
        `a b${word(random)}`,
        '%67eneral',
        '',
      ]);
      const type = random.pick(WRITTEN);
      const plain = room === '../general';
      const expected = plain ? /^(?:forbidden|not_in_room)$/ : /^invalid_room$/;
      return input(`${type} of the room ${JSON.stringify(room)}`, { type, room, content: 'x' }, expected);
    },
    (random) => input('a room of the honest', { type: 'join', room: random.pick(honest) }, /^forbidden$/),
    (random) => {
      const room = random.pick([`@${random.pick(names)}`, random.pick(names), ...NAMES, 'General', 'GENERAL']);
      return input(`joining ${room}`, { type: 'join', room }, /^forbidden$|^invalid_room$/);
    },
    (random, { mark }) =>
      input('writing to the honest', { type: 'chat', content: mark, room: random.pick(honest) }, /^forbidden$/),
    (random) => {
      const type = random.pick(['user_list', 'leave']);
      return input(`${type} of the honest`, { type, room: random.pick(honest) }, /^(?:not_in_room|forbidden)$/);
    },
    (random) =>
      input('leaving the default room', { type: 'leave', ...random.pick([{}, { room: 'general' }]) }, /^forbidden$/),
    (random, { mark }) => {
      const type = random.pick(['chat', 'leave', 'user_list']);
      return input('where it is not', { type, room: `yard-${word(random)}`, content: mark }, /^not_in_room$/);
    },
  ];
  await talk(ground, 'rooms', (random, line) => random.pick(makes)(random, line));
}

/** Names and rooms with which nobody is let in. */
async function refusedNames(ground: Ground): Promise<void> {
  const { random, target } = ground;
  const attempts: [what: string, claims: Record<string, unknown>, expected: RegExp][] = [
    ['a wrong name', { username: random.pick(WRONG_NAMES) }, /^(?:http 400|invalid_username)$/],
    ['a wrong userId', { userId: random.pick([...WRONG_NAMES, 'a b']) }, /^(?:http 400|invalid_user_id)$/],
    ['a wrong room', { rooms: [`${oddText(random)}!`] }, /^(?:http 400|invalid_room)$/],
    ['a room of the honest', { rooms: [random.pick(target.rooms)] }, /^(?:http 403|forbidden)$/],
    ['101 rooms', { rooms: Array.from({ length: 101 }, (_, i) => `yard-${i}`) }, /^(?:http 400|room_limit)$/],
    ['another’s names', { username: random.pick(target.names), userId: random.pick(target.names) }, /^accepted$/],
  ];
  for (const [what, claims, expected] of attempts) {
    const way = random.pick(['ws', 'websocket', 'polling'] as const);
    const { line, outcome } = await ground.knock(way, { claims });
    const rows = (line.welcome?.data ?? []) as { id: string }[];
    if (outcome === 'accepted' && rows[0]?.id !== line.villain.userId) {
      ground.tally.fail('spoofed', `${way}: ${what} made ${rows[0]?.id} of ${line.villain.userId}`);
    }
    ground.judge('rooms', `${way}: ${what} ${JSON.stringify(claims).slice(0, 80)}`, outcome, expected);
    line.close();
  }
}
