import type { Random } from '../../consistency/random.ts';
import { forgeries } from '../../support/forgeries.ts';
import { upgrade } from '../../support/http.ts';
import type { Ground } from '../ground.ts';
import { from, type Outcome } from '../line.ts';
import type { Villain } from '../villain.ts';

const REFUSED = /^(?:http 401|unauthorized)$/;
/** What a token must not open. */
const OPENED = /^(?:accepted|http (?:101|2\d\d|426))$/;

type Use = (ground: Ground, token: string) => Promise<Outcome>;

/** Everywhere a token may be shown. */
const USES: Record<string, Use> = {
  'upgrade, in the query': (ground, token) => ask(ground, `?token=${encodeURIComponent(token)}`),
  'upgrade, in a header': (ground, token) => ask(ground, '', { authorization: `Bearer ${token}` }),
  'upgrade, as a subprotocol': (ground, token) =>
    ask(ground, '', { 'sec-websocket-protocol': `ambos, bearer.${token}` }),
  'GET /ws': async (ground, token) => (await ground.request('/ws', bearing(token))).outcome,
  history: async (ground, token) => (await ground.request(`/ws/history?token=${encodeURIComponent(token)}`)).outcome,
  'Socket.IO by WebSocket': (ground, token) => knock(ground, 'websocket', token),
  'Socket.IO by polling': (ground, token) => knock(ground, 'polling', token),
  renewal: async (ground, token) => {
    const line = await ground.enter(ground.random.pick(['ws', 'websocket'] as const));
    const outcome = await line.ask(() => line.say(JSON.stringify({ type: 'auth', token }), 'auth'));
    line.close();
    return outcome;
  },
};

/** Each kind in each place, once. @returns how many kinds there are, and how many were refused everywhere */
export async function everyForgery(ground: Ground): Promise<{ kinds: number; refused: number }> {
  const kinds = Object.entries(await forgeries());
  let refused = 0;
  for (const [kind, token] of kinds) {
    const outcomes = await Promise.all(usable(token).map((place) => show(ground, kind, place, token)));
    if (outcomes.every((outcome) => REFUSED.test(outcome))) refused += 1;
  }
  return { kinds: kinds.length, refused };
}

/** Good ones that were altered. */
export async function tokens(ground: Ground): Promise<void> {
  const { random } = ground;
  for (let i = 0; i < 10; i += 1) {
    const token = alter(ground.villain(), random);
    await show(ground, 'altered', random.pick(usable(token)), token);
  }
}

async function show(ground: Ground, kind: string, place: string, token: string): Promise<Outcome> {
  const outcome = await USES[place]!(ground, token);
  if (OPENED.test(outcome)) ground.tally.fail('admitted', `${kind}, ${place}: ${outcome}`);
  ground.judge('tokens', `${kind}, ${place}`, outcome, REFUSED);
  return outcome;
}

/** A list of subprotocols would be two of them. */
function usable(token: string): string[] {
  return Object.keys(USES).filter((place) => !token.includes(',') || place !== 'upgrade, as a subprotocol');
}

/** Another letter anywhere but in the last of a part, of which not every bit counts. */
function alter({ token }: Villain, random: Random): string {
  const parts = token.split('.');
  const which = random.below(3);
  const part = parts[which]!;
  const at = random.below(part.length - 1);
  const kind = random.below(4);
  if (kind === 0) parts[which] = part.slice(0, at);
  else if (kind === 1) parts[which] = part.slice(0, at) + part[at] + part.slice(at);
  else parts[which] = `${part.slice(0, at)}${part[at] === 'A' ? 'B' : 'A'}${part.slice(at + 1)}`;
  return parts.join('.');
}

async function ask(ground: Ground, query: string, headers: Record<string, string> = {}): Promise<Outcome> {
  const answer = await upgrade(`${ground.url}/ws${query}`, { ...from(ground.address()), ...headers });
  ground.ears.overhear(JSON.stringify(answer.headers) + answer.body);
  return `http ${answer.status}`;
}

async function knock(ground: Ground, way: 'websocket' | 'polling', token: string): Promise<Outcome> {
  const { line, outcome } = await ground.knock(way, { claims: { token } });
  line.close();
  return outcome;
}

function bearing(token: string) {
  return { headers: { authorization: `Bearer ${token}` } };
}
