import type { Random } from '../../consistency/random.ts';
import type { Ground } from '../ground.ts';
import type { Line } from '../line.ts';
import { NAMES, noText, oddText, word } from '../random-json.ts';
import { type Input, input, talk, YARD } from '../talk.ts';

const NOWHERE = /^user_not_found$/;
const INVALID = /^invalid_message$/;

export async function direct(ground: Ground): Promise<void> {
  const { names } = ground.target;
  const makes: ((random: Random, line: Line) => Input)[] = [
    (random, { mark }) => {
      const to = random.pick([
        ...NAMES,
        'system',
        'general',
        YARD,
        word(random),
        oddText(random),
        '',
        ' ',
        '__proto__',
      ]);
      return input(`to ${JSON.stringify(to)}`, { type: 'chat', content: mark, to }, NOWHERE);
    },
    (random, { mark }) => {
      const room = random.pick(['general', YARD, ...ground.target.rooms]);
      return input('to a user and a room', { type: 'chat', content: mark, to: random.pick(names), room }, INVALID);
    },
    (random, { mark }) => input('to no text', { type: 'chat', content: mark, to: noText(random) }, INVALID),
    (random, { mark }) => {
      const to = `${random.pick(['', '@', ' '])}${random.pick(names)}${random.pick([' ', '\0', '/', ','])}`;
      return input('nearly to somebody', { type: 'chat', content: mark, to }, NOWHERE);
    },
    (random, { mark }) => {
      const aside = { fromId: random.pick(names), from: random.pick(names) };
      return input('to somebody', { type: 'chat', content: mark, to: random.pick(names), ...aside }, /^accepted$/);
    },
    (random, { mark }) =>
      input('a notification', { type: 'notification', content: mark, to: random.pick(names) }, /^forbidden$/),
  ];
  await talk(ground, 'direct', (random, line) => random.pick(makes)(random, line));
}
