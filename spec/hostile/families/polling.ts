import { QUERIES } from '../../support/odd-requests.ts';
import type { Ground } from '../ground.ts';
import type { PollingLine } from '../line.ts';
import { NAMES, oddText, word } from '../random-json.ts';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'];
const PATH = '/socket.io/?EIO=4&transport=polling';
const MIB = 1024 ** 2;
const REFUSED = /^http 4\d\d$/;

export async function polling(ground: Ground): Promise<void> {
  const { random } = ground;
  for (let i = 0; i < 12; i += 1) {
    const method = random.pick(METHODS);
    const query = random.chance(0.5) ? random.pick(QUERIES) : `EIO=4&transport=polling&sid=${sid()}`;
    const { outcome } = await ground.request(`/socket.io/?${query}`, { method });
    ground.judge('polling', `${method} ${query.slice(0, 80)}`, outcome, REFUSED);
  }
  await strangerBody(ground);
  await ownBody(ground);

  function sid(): string {
    return encodeURIComponent(
      random.pick([...NAMES, '__proto__', word(random, 20), oddText(random), 'x'.repeat(4000)]),
    );
  }
}

/** To a session that there is not. */
async function strangerBody(ground: Ground): Promise<void> {
  const { random } = ground;
  const body = 'x'.repeat(random.chance(0.1) ? 2 * MIB : random.below(9000));
  const { outcome } = await ground.request(`${PATH}&sid=${word(random, 20)}`, { method: 'POST', body });
  ground.judge('polling', `${body.length} bytes to nobody`, outcome, /^http (?:400|413)$/);
}

/** To one's own. */
async function ownBody(ground: Ground): Promise<void> {
  const { random, url } = ground;
  const line = (await ground.enter('polling')) as PollingLine;
  const path = line.url.slice(url.length);
  const huge = random.chance(0.25);
  const headers: Record<string, string> = huge ? {} : { 'content-type': 'application/octet-stream' };
  const body = huge ? 'x'.repeat(MIB + 1 + random.below(MIB)) : `4${oddText(random)}`;
  if (!huge || random.chance(0.5)) headers['content-length'] = String(Buffer.byteLength(body));
  else headers['transfer-encoding'] = 'chunked';
  const { outcome } = await ground.request(path, { method: 'POST', headers, body });
  ground.judge('polling', huge ? 'a huge body' : 'a body of bytes', outcome, huge ? /^http 413$/ : /^http 400$/);
  if (!huge)
    for (const method of ['PUT', 'DELETE']) {
      const answer = await ground.request(path, { method });
      ground.judge('polling', `${method} of a session`, answer.outcome, /^http 400$/);
    }
  line.close();
}
