import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { accepted } from '../../conformance/answers.ts';
import { refusal } from '../../support/client.ts';
import { request, upgrade } from '../../support/http.ts';
import { rowsOf, unique } from '../../support/messages.ts';
import { Tcp } from '../../support/tcp.ts';
import { type Scene, survives, survivesByDoor } from './scene.ts';

const WEB = join(import.meta.dirname, '../../../web');
const MARKUP = '<img src=x onerror=alert(1)><script>alert(2)</script>';
const ENCODED = encodeURIComponent(MARKUP);
const EVIL = 'evil.example';

/** What a page could turn text into markup or code with. */
const SINKS =
  /\.(inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\(|srcdoc|javascript:|dangerouslySetInnerHTML|\bv-html\b/;
const INLINE_SCRIPT = /<script(?![^>]*\bsrc=)[^>]*>\s*\S/i;
const INLINE_HANDLER = /<[a-z][^>]*\son[a-z]+\s*=/i;

/** Answers of our own, good and bad. */
const PATHS = ['/ws/test', '/ws/stats', '/ws', '/healthz', '/readyz', '/nope', `/${ENCODED}`, `/ws/${ENCODED}`, '/%'];

describe('threats by pages', () => {
  survives('threat 4: every answer forbids inline code, sniffing and frames', {}, async (scene) => {
    for (const path of PATHS) {
      const { headers } = await request(scene.url + path);
      const csp = String(headers['content-security-policy']);
      expect(csp, path).to.include("default-src 'self'").and.to.include("frame-ancestors 'none'");
      expect(csp, path).not.to.match(/unsafe-inline|unsafe-eval|\*(?!\.)|https?:(?!\/\/)/);
      expect(csp.match(/script-src[^;]*/)?.[0] ?? "'self'", path).to.include("'self'");
      expect(headers['x-content-type-options'], path).to.equal('nosniff');
    }
  });

  survives('threat 4: what is asked for is not said again as HTML', {}, async (scene) => {
    const paths = [
      `/${ENCODED}`,
      `/ws?username=${ENCODED}`,
      `/ws?userId=${ENCODED}`,
      `/ws?room=${ENCODED}`,
      `/ws/stats?${ENCODED}`,
      `/ws/test?username=${ENCODED}`,
      `/socket.io/?EIO=4&transport=${ENCODED}`,
      `/socket.io/?EIO=4&transport=polling&sid=${ENCODED}`,
      `/socket.io/?EIO=4&transport=polling&j=${ENCODED}`,
      `/socket.io/${ENCODED}`,
    ];
    for (const path of paths) {
      const answers = [await request(scene.url + path), await upgrade(scene.url + path)];
      for (const { body } of answers) expect(body, path).not.to.match(/onerror|alert\(/);
    }
  });

  survivesByDoor(
    (door) => `threat 4: ${door}: markup in a name or a content is text, for everybody the same`,
    {},
    async (scene, door) => {
      const mallory = await scene.client(door, { username: MARKUP, userId: 'mallory' });
      const content = scene.expects(`${unique('markup')} ${MARKUP}`);
      mallory.send({ type: 'chat', content, data: { html: MARKUP } });
      expect(await scene.heard(content)).to.deep.include({ from: MARKUP, content, data: { html: MARKUP } });
      await accepted(scene.ana, { type: 'user_list' });
      const rows = rowsOf(await scene.ana.next('user_list'));
      expect(rows).to.deep.include({ id: 'mallory', username: MARKUP, status: 'online' });
    },
  );

  it('threat 4: no page turns text into markup or code', () => {
    for (const { path, text } of pages()) {
      expect(text, path).not.to.match(SINKS);
      if (!path.endsWith('.html')) continue;
      expect(text, path).not.to.match(INLINE_SCRIPT);
      expect(text, path).not.to.match(INLINE_HANDLER);
    }
    expect(pages().map(({ path }) => path)).to.include('ws/test.html');
  });

  survives('threat 34: no answer names a host or leads elsewhere, whatever the headers say', {}, async (scene) => {
    const headers = {
      Host: EVIL,
      'X-Forwarded-Host': EVIL,
      'X-Forwarded-Proto': 'https',
      'X-Original-URL': `https://${EVIL}/`,
      'X-Rewrite-URL': `https://${EVIL}/`,
      Forwarded: `host=${EVIL};proto=https`,
      Referer: `https://${EVIL}/`,
    };
    const paths = [...PATHS, `//${EVIL}`, `//${EVIL}/ws/test`, `/\\${EVIL}`, '/ws/test/', '/ws/', '/lib', '/socket.io'];
    for (const path of paths) {
      const plain = await raw(scene, path, headers);
      expect(plain.answer, path).not.to.match(/^HTTP\/1\.1 3|\r\nlocation:/i);
      expect(`${plain.answer}${plain.body}`, path).not.to.include(EVIL);
    }
  });

  survives('threat 34: endless X-Forwarded headers and hosts cost nothing', {}, async (scene) => {
    const started = performance.now();
    for (const name of ['X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-For', 'Host', 'Accept', 'Origin']) {
      for (const value of [
        `${' '.repeat(7000)},`,
        ','.repeat(15_000),
        `https${' '.repeat(14_000)}x`,
        'a.'.repeat(7000),
      ]) {
        const { answer } = await raw(scene, '/ws/test', { [name]: value });
        expect(answer, name).to.match(/^HTTP\/1\.1 (200|400)/);
      }
    }
    expect(performance.now() - started).to.be.below(1500);
  });

  survives(
    'threat 34: X-Forwarded-For is no way around a limit per address',
    { maxConnectionsPerIp: 4 },
    async (scene) => {
      const guests = [await scene.client('ws'), await scene.client('socketio')];
      const headers = { 'X-Forwarded-For': '203.0.113.7', 'X-Real-IP': '203.0.113.7', Forwarded: 'for=203.0.113.7' };
      expect(await refusal('ws', scene.url, { headers })).to.include({ status: 429, code: 'rate_limited' });
      const polling = await request(`${scene.url}/socket.io/?EIO=4&transport=polling`, { headers });
      expect(polling.status).to.equal(429);
      expect((await upgrade(`${scene.url}/socket.io/?EIO=4&transport=websocket`, headers)).status).to.equal(429);
      expect((await request(`${scene.url}/ws`, { headers })).status).to.equal(429);
      for (const guest of guests) await guest.close();
      expect(JSON.stringify(scene.lines)).not.to.include('203.0.113.7');
    },
  );
});

/** The pages and their scripts, what was built left out. */
function pages(): { path: string; text: string }[] {
  return readdirSync(WEB, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(html|js|css|svg)$/.test(path) && !path.startsWith('vendor'))
    .map((path) => ({ path, text: readFileSync(join(WEB, path), 'utf8') }));
}

/** A request with headers and a path that no client library would send. */
async function raw(scene: Scene, path: string, headers: Record<string, string>): Promise<Tcp> {
  const tcp = new Tcp(scene.url);
  const lines = Object.entries({ Host: 'x', Connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  tcp.socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  await tcp.status();
  return tcp;
}
