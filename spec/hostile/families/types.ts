import type { Random } from '../../consistency/random.ts';
import { forged } from '../../support/tokens.ts';
import type { Ground } from '../ground.ts';
import type { Line } from '../line.ts';
import { NAMES, noText, oddText, oddValue, word } from '../random-json.ts';
import { type Input, input, talk, YARD } from '../talk.ts';

const SERVER = ['system', 'user_joined', 'user_left', 'ack', 'error'];
const UNKNOWN = ['Chat', 'CHAT', ' chat', 'chat ', 'chat\0', 'SYSTEM', 'System', 'user-joined', 'move', 'ＣＨＡＴ'];
const ACCEPTED = /^accepted$/;
/** So many posts of a thousand go to everybody: the honest have to see that they are strangers'. */
const ALOUD = 30;

export async function types(ground: Ground): Promise<void> {
  const { names, sessions } = ground.target;
  const makes: ((random: Random, line: Line) => Input)[] = [
    (random) => {
      const type = random.pick(SERVER);
      return input('a type of the server’s', { ...claims(random), type, content: oddText(random) }, /^forbidden_type$/);
    },
    (random) => {
      const type = random.chance(0.4)
        ? random.pick(UNKNOWN)
        : random.chance(0.3)
          ? random.pick(NAMES)
          : `${word(random)}_`;
      return input(`the type ${type}`, { type, content: 'x' }, /^unknown_type$/);
    },
    (random, line) => {
      const content = `${line.mark}${oddText(random)}`;
      return input('a forged sender', { ...claims(random), type: 'chat', content, ...placeOf(random, line) }, ACCEPTED);
    },
    (random, { mark }) =>
      input('a notification', { ...claims(random), type: 'notification', content: mark }, /^forbidden$/),
    (random, { mark }) =>
      input('a forged heartbeat', { ...claims(random), type: 'heartbeat', content: mark }, ACCEPTED),
    (random) => {
      const payload = { sub: random.pick(names), exp: 9_999_999_999 };
      return input('another’s token', { type: 'auth', token: forged({ alg: 'none' }, payload) }, /^unauthorized$/);
    },
    (random, { villain }) => {
      const { token } = random.pick(ground.villains.filter(({ userId }) => userId !== villain.userId));
      return input('a good token of another user', { type: 'auth', token }, /^unauthorized$/);
    },
    (random) => input('a token that is none', { type: 'auth', token: noText(random) }, /^invalid_message$/),
    (random, { mark, way }) => {
      const [first, last] = random.chance(0.5) ? ['system', 'chat'] : ['chat', 'system'];
      const json = `{"type":"${first}","content":"${mark}","room":"yard-nobody","from":"system","type":"${last}"}`;
      const refused = way === 'ws' && last === 'system';
      return { what: 'two types', type: 'chat', json, expected: refused ? /^forbidden_type$/ : /^not_in_room$/ };
    },
  ];
  await talk(ground, 'types', (random, line) => random.pick(makes)(random, line));

  /** What the server alone may say of a message. */
  function claims(random: Random): object {
    const all: Record<string, unknown> = {
      from: random.pick(['system', ...names]),
      fromId: random.pick(names),
      id: random.pick(['20231107132000-1', '99991231235959-999999999', 0, null]),
      timestamp: random.pick([0, -1, 1e15, '0', null, {}]),
      userId: random.pick(names),
      username: random.pick(['system', ...names]),
      session: random.pick(sessions),
      recovered: true,
      total: oddValue(random),
      From: random.pick(names),
      Type: 'system',
      data: { code: 'token_expiring', userId: random.pick(names), username: random.pick(names) },
    };
    return Object.fromEntries(Object.entries(all).filter(() => random.chance(0.5)));
  }
}

/** To oneself, to a room of one's own, or aloud. */
function placeOf(random: Random, { villain }: Line): object {
  if (random.below(1000) < ALOUD) return {};
  return random.chance(0.5) ? { to: villain.userId } : { room: YARD };
}
