import { request, upgrade } from '../../support/http.ts';
import type { Ground } from '../ground.ts';
import { from, SocketLine } from '../line.ts';
import { word } from '../random-json.ts';
import { ORIGIN } from '../settings.ts';

const REFUSED = /^(?:http 403|forbidden_origin)$/;

/** Pages of others, whose visitors have good tokens. */
export async function origins(ground: Ground): Promise<void> {
  const { random, url } = ground;
  for (let i = 0; i < 6; i += 1) {
    const origin = random.pick([
      'null',
      'https://evil.example',
      `${ORIGIN}.evil.example`,
      `${ORIGIN}:444`,
      ORIGIN.replace('https', 'http'),
      ORIGIN.replace('//', `//${word(random)}.`),
      ORIGIN.replace('//', '//evil'),
      `${ORIGIN}/`,
      `${ORIGIN}, ${ORIGIN}`,
      `${ORIGIN}%00`,
      url,
      '*',
    ]);
    await visit(ground, origin);
  }
}

async function visit(ground: Ground, origin: string): Promise<void> {
  const { random, url } = ground;
  const villain = ground.villain();
  const headers = { ...from(ground.address()), origin, authorization: `Bearer ${villain.token}` };
  const judge = (what: string, outcome: string) => ground.judge('origins', `${what} from ${origin}`, outcome, REFUSED);
  judge('an upgrade', `http ${(await upgrade(`${url}/ws`, headers)).status}`);
  judge('GET /ws', (await ground.request('/ws', { headers })).outcome);
  judge('history', (await ground.request('/ws/history', { headers })).outcome);
  if (random.chance(0.5)) {
    const line = new SocketLine(url, '40', villain, ground.ears, headers);
    judge('Socket.IO', await line.next());
    line.close();
  }
  const shared = await request(`${url}/ws/stats`, { headers });
  const allowed = shared.headers['access-control-allow-origin'];
  const outcome = allowed === undefined || allowed === ORIGIN ? 'http 403' : 'readable';
  judge('reading the figures', outcome);
}
