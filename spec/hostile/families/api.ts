import type { Random } from '../../consistency/random.ts';
import type { Asked } from '../../support/http.ts';
import { ILL_FORMED, nested, POLLUTING } from '../../support/odd-json.ts';
import type { Ground } from '../ground.ts';
import { noText, oddText, word } from '../random-json.ts';

const MESSAGES = '/api/messages';
const PATHS = [MESSAGES, '/api/users', '/api/rooms', '/api/users/h1/disconnect', '/api/users/h1/bar'];
const JSON_TYPE = { 'content-type': 'application/json' };
const MIB = 1024 ** 2;

interface Attempt extends Asked {
  what: string;
  path: string;
  expected: RegExp;
}

const post = (what: string, body: string, expected = /^http 400$/): Attempt => {
  return { what, path: MESSAGES, method: 'POST', headers: JSON_TYPE, body, expected };
};

/** Whoever has no key. */
const OUTSIDE: ((random: Random) => Attempt)[] = [
  (random) => ({
    what: 'no key',
    path: random.pick(PATHS),
    method: random.pick(['GET', 'POST']),
    expected: /^http 401$/,
  }),
  (random) => {
    const key = random.pick([word(random, 32), 'x'.repeat(9000), `${word(random)}:${word(random)}`]);
    const headers = { authorization: `Bearer ${key}` };
    return { what: 'a wrong key', path: random.pick(PATHS), headers, method: 'POST', expected: /^http 401$/ };
  },
];

/** A backend whose key is good, and whose requests are not. */
const INSIDE: ((random: Random) => Attempt)[] = [
  (random) => post('no JSON', random.pick(['', '{', '[', 'x', '\xff\xfe', '{"type":"chat"']), /^http 400$/),
  (random) => post('no message', JSON.stringify(random.pick([1, 'x', true, null, []]))),
  (random) =>
    post(
      'a type',
      JSON.stringify({ type: random.pick(['user_joined', 'ack', 'error', 'join', 'heartbeat']), content: 'x' }),
      /^http 403$/,
    ),
  (random) =>
    post(
      'no type',
      JSON.stringify({ type: random.pick([1, {}, 'Chat', '__proto__', word(random, 70)]), content: 'x' }),
    ),
  (random) =>
    post('a sender', JSON.stringify({ content: 'x', from: random.pick([1, {}, 'a\nb', 'SYSTEM', 'x'.repeat(65)]) })),
  (random) =>
    post(
      'an endless clientMsgId',
      JSON.stringify({ content: 'x', clientMsgId: 'x'.repeat(65 + random.below(60_000)) }),
    ),
  (random) => post('a room', JSON.stringify({ content: 'x', room: `${oddText(random)}!` })),
  (random) => post('nobody', JSON.stringify({ content: 'x', to: word(random, 20) }), /^http 404$/),
  (random) => post('no texts', JSON.stringify({ content: noText(random) })),
  (random) => post('depth', `{"content":"x","data":${nested(17 + random.below(5000), ['[', ']'])}}`),
  (random) =>
    post('members', `{"type":"chat",${random.pick(Object.values(random.chance(0.5) ? ILL_FORMED : POLLUTING))}}`),
  (random) =>
    post('too many', JSON.stringify(Array.from({ length: 101 + random.below(300) }, () => ({ content: 'x' })))),
  () => post('too large', JSON.stringify({ content: 'x'.repeat(70_000) }), /^http 413$/),
  () => post('far too large', 'x'.repeat(MIB + 1), /^http 413$/),
  (random) => ({
    ...post('another kind', '{"content":"x"}', /^http 415$/),
    headers: {
      'content-type': random.pick([
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/json; charset=utf-16',
        '',
      ]),
    },
  }),
  () => ({ ...post('packed', '{"content":"x"}', /^http 415$/), headers: { ...JSON_TYPE, 'content-encoding': 'gzip' } }),
  (random) => ({
    what: 'a method',
    path: random.pick(PATHS),
    method: random.pick(['PUT', 'PATCH', 'TRACE']),
    expected: /^http 405$/,
  }),
  (random) => ({
    what: 'a limit',
    path: `/api/${random.pick(['users', 'rooms'])}?limit=${random.pick(['0', '-1', 'x', '1e3', '1.5', '%00'])}`,
    expected: /^http 400$/,
  }),
  (random) => ({
    what: 'a room',
    path: `/api/users?room=${encodeURIComponent(`${oddText(random)}!`)}`,
    expected: /^http 400$/,
  }),
  (random) => {
    const body = JSON.stringify(
      random.pick([
        1,
        [],
        { reason: 1 },
        { reason: '' },
        { barFor: 0 },
        { barFor: -1 },
        { barFor: 1e12 },
        { barFor: '1' },
      ]),
    );
    const path = `/api/users/${random.pick(['mallory-nobody', '__proto__', word(random)])}/disconnect`;
    return { ...post('a dismissal', body), path };
  },
  (random) => ({
    what: 'a userId',
    path: `/api/users/${random.pick(['%00', 'a%20b', 'x'.repeat(129)])}/bar`,
    method: 'DELETE',
    expected: /^http 40[04]$/,
  }),
];

export async function api(ground: Ground): Promise<void> {
  const { random, target } = ground;
  for (let i = 0; i < 10; i += 1) {
    const inside = random.chance(0.6);
    const { what, path, expected, headers, ...asked } = random.pick(inside ? INSIDE : OUTSIDE)(random);
    const key = inside ? { authorization: `Bearer ${target.apiKey}` } : {};
    const { outcome } = await ground.request(path, { ...asked, headers: { ...key, ...headers } });
    ground.judge(
      'api',
      `${asked.method ?? 'GET'} ${path.slice(0, 60)}: ${what} ${String(asked.body ?? '').slice(0, 60)}`,
      outcome,
      expected,
    );
  }
  if (random.chance(0.1)) await guess(ground);
  if (random.chance(0.2)) await batch(ground);
}

/** One address that tries one key after another. */
async function guess(ground: Ground): Promise<void> {
  const { random, target } = ground;
  // Nobody else's: whoever has it is not listened to for a minute.
  const address = `198.19.${random.below(256)}.${random.below(256)}`;
  const ask = (key: string) => {
    const headers = { authorization: `Bearer ${key}`, 'x-forwarded-for': address };
    return ground.request('/api/users', { headers });
  };
  for (let i = 0; i < 10; i += 1) ground.judge('api', 'a guess', (await ask(word(random, 32))).outcome, /^http 401$/);
  for (let i = 0; i < 5; i += 1)
    ground.judge('api', 'one too many', (await ask(word(random, 32))).outcome, /^http 429$/);
  ground.judge('api', 'the right one, too late', (await ask(target.apiKey)).outcome, /^http 429$/);
}

/** Each message of a batch is answered for itself. */
async function batch(ground: Ground): Promise<void> {
  const { random, target } = ground;
  const items = Array.from({ length: 1 + random.below(100) }, () => ({
    type: random.pick(['ack', 'Chat', 7]),
    content: 'x',
  }));
  const headers = { ...JSON_TYPE, authorization: `Bearer ${target.apiKey}` };
  const { outcome, body } = await ground.request(MESSAGES, { method: 'POST', headers, body: JSON.stringify(items) });
  const results =
    outcome === 'http 200' ? (JSON.parse(body) as { results: { error?: { code: string } }[] }).results : [];
  for (const [index] of items.entries()) {
    const answer = results[index]?.error?.code ?? (results[index] ? 'accepted' : 'nothing');
    ground.judge('api', 'one of a batch', answer, /^(?:forbidden_type|unknown_type|invalid_message)$/);
  }
}
