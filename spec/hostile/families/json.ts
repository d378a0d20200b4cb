import type { Random } from '../../consistency/random.ts';
import { DEPTHS, HUGE, ILL_FORMED, nested, POLLUTING } from '../../support/odd-json.ts';
import type { Ground } from '../ground.ts';
import type { Line } from '../line.ts';
import { noText, oddText, oddValue } from '../random-json.ts';
import { type Input, input, talk } from '../talk.ts';

const INVALID = /^invalid_message$/;
const TEXTS = ['content', 'room', 'to', 'key', 'clientMsgId'];
const MIB = 1024 ** 2;
const PLACEHOLDER = '{"_placeholder":true,"num":0}';

type Make = (random: Random, line: Line) => Input;

const chat = (what: string, members: string, expected: RegExp): Input => ({
  what,
  type: 'chat',
  json: `{"type":"chat",${members}}`,
  expected,
});
const ofTable = (table: Record<string, string>, expected: RegExp) => (random: Random) => {
  const [what, members] = random.pick(Object.entries(table));
  return chat(what, members, expected);
};

/** By every way. */
const COMMON: Make[] = [
  ofTable(ILL_FORMED, INVALID),
  ofTable(POLLUTING, INVALID),
  (random) => {
    const brackets = random.pick(Object.values(DEPTHS));
    const depth = 17 + random.below(random.chance(0.2) ? 9000 : 200);
    return chat(`${depth} levels`, `"content":"x","data":${nested(depth, brackets)}`, INVALID);
  },
  (random) => {
    const key = random.pick(TEXTS);
    const value = noText(random);
    return input(`${key} is ${JSON.stringify(value)}`, { type: 'chat', content: 'x', [key]: value }, INVALID);
  },
  () => input('neither content nor data', { type: 'chat', content: null, data: null }, INVALID),
  (random) => {
    const clientMsgId = random.pick(['', 'x'.repeat(65), 'x'.repeat(9000), 'a\n', 'é', '\0', '😀']);
    return input('a clientMsgId that is none', { type: 'chat', content: 'x', clientMsgId }, INVALID);
  },
  (random, { mark }) => {
    const room = `yard-${oddText(random)}!`;
    return input('a room that is none', { type: 'chat', content: mark, room }, /^invalid_room$/);
  },
  (random, { mark }) => {
    const data = [mark, oddValue(random)];
    return input('odd data', { type: 'heartbeat', content: oddText(random), data }, /^accepted$/);
  },
];

const LARGE: Make = (random) => {
  const [what, members] = random.pick(Object.entries(HUGE));
  return chat(what, members, /^too_large$/);
};

/** Where a message is one text. */
const RAW: Make[] = [
  (random) => {
    const whole = JSON.stringify({ type: 'chat', content: oddText(random), data: oddValue(random) });
    return {
      what: 'half a message',
      type: '',
      json: whole.slice(0, random.below(whole.length)),
      expected: /^invalid_json$/,
    };
  },
  (random) => {
    const text = `${oddText(random)}${random.pick(['{', ']', '\\', '"', 'undefined', 'NaN', "'", ','])}`;
    return { what: JSON.stringify(text), type: '', json: text, expected: isJson(text) ? INVALID : /^invalid_json$/ };
  },
  (random) => {
    const value = random.pick([0, 'chat', true, null, [], ['chat'], [{ type: 'chat' }]]);
    return { what: JSON.stringify(value), type: '', json: JSON.stringify(value), expected: INVALID };
  },
  (random) => input('a type that is no text', { type: noText(random), content: 'x' }, INVALID),
  () => ({ what: 'no type', type: '', json: '{"content":"x"}', expected: INVALID }),
];

/** Where it is an event. */
const EVENTS: Make[] = [
  (random) => ({
    what: 'an argument that is no object',
    type: 'chat',
    json: JSON.stringify(random.pick([1, true, [], [1], ['x', {}]])),
    expected: INVALID,
  }),
  () => ({ what: 'two arguments', type: 'chat', json: '{"content":"x"},{"content":"y"}', expected: INVALID }),
  () => ({ what: 'a placeholder', type: 'chat', json: `{"content":${PLACEHOLDER}}`, expected: INVALID }),
];

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export async function json(ground: Ground): Promise<void> {
  if (ground.random.chance(0.1)) return end(ground);
  await talk(ground, 'json', (random, line) => {
    // Few of those: they are the attackers' own work more than the server's.
    if (random.chance(0.02)) return LARGE(random, line);
    const own = line.way === 'ws' ? RAW : EVENTS;
    return random.pick([...COMMON, ...own])(random, line);
  });
}

/** What ends a connection: bytes where there may be none, and too many. */
async function end(ground: Ground): Promise<void> {
  const line = await ground.enter('ws');
  const huge = ground.random.chance(0.2);
  const payload = huge ? 'x'.repeat(MIB + 1 + ground.random.below(MIB)) : Buffer.from(oddText(ground.random));
  const outcome = await line.ask(() => line.write(payload));
  ground.judge('json', huge ? 'more than a frame may have' : 'binary', outcome, huge ? /^close 1009$/ : /^close 1003$/);
  line.close();
}
