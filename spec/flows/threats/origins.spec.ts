import { expect } from 'chai';
import { connect, DOORS, type Door, refusal } from '../../support/client.ts';
import { json, request, upgrade } from '../../support/http.ts';
import { startServer } from '../../support/server.ts';
import { survives } from './scene.ts';

const EVIL = 'https://evil.example';
const APP = 'https://app.example';

/** Headers of a page that is served by the server itself, or by a proxy before it. */
const own = (url: string) => ({ origin: url });
const behindProxy = { origin: 'https://chat.example', 'x-forwarded-host': 'chat.example' };

/** What a browser looks for in the answer to its question. */
const CORS = ['origin', 'methods', 'headers'];

type Headers = Record<string, string>;

/** What becomes of a page that connects by a way: `in`, or the code of its refusal. */
const WAYS: Record<string, (url: string, headers: Headers) => Promise<string>> = {
  'ws: upgrade': async (url, headers) => outcome(await upgrade(`${url}/ws`, headers)),
  'ws: plain GET': async (url, headers) => outcome(await request(`${url}/ws`, { headers })),
  'ws: history': async (url, headers) => outcome(await request(`${url}/ws/history`, { headers })),
  'socketio by websocket': (url, headers) => byDoor('socketio', url, headers, 'websocket'),
  'socketio by polling': (url, headers) => byDoor('socketio', url, headers, 'polling'),
};

function outcome(answer: { status: number; body: string; headers: object }): string {
  if (answer.status === 101 || answer.status === 200 || answer.status === 426) return 'in';
  return `${answer.status} ${(json({ ...answer, headers: {} }) as { error: { code: string } }).error.code}`;
}

async function byDoor(door: Door, url: string, headers: Headers, transport: 'websocket' | 'polling'): Promise<string> {
  const options = { headers, transports: [transport] };
  try {
    const client = await connect(door as 'ws', url, options);
    await client.close();
    return 'in';
  } catch {
    const { data } = await refusal(door, url, options);
    expect(data).to.include({ retryable: false });
    return `403 ${(data as { code: string }).code}`;
  }
}

describe('threats by pages of other origins', () => {
  const REFUSED = '403 forbidden_origin';
  const cases: [what: string, settings: object, headers: (url: string) => Headers, becomes: string][] = [
    ['by default any page is let in', {}, () => ({ origin: EVIL }), 'in'],
    ['one of the list is let in', { corsOrigins: [APP] }, () => ({ origin: APP }), 'in'],
    ['one that is not in it is refused', { corsOrigins: [APP] }, () => ({ origin: EVIL }), REFUSED],
    ['nor is the own one let in where only others are named', { corsOrigins: [APP] }, own, REFUSED],
    ['a client that is no page is let in', { corsOrigins: [APP] }, () => ({}), 'in'],
    ['same-origin: the own page is let in', { corsOrigins: 'same-origin' }, own, 'in'],
    ['same-origin: another one is refused', { corsOrigins: 'same-origin' }, () => ({ origin: EVIL }), REFUSED],
    ['same-origin: a sandbox is refused', { corsOrigins: 'same-origin' }, () => ({ origin: 'null' }), REFUSED],
    ['same-origin: a client that is no page is let in', { corsOrigins: 'same-origin' }, () => ({}), 'in'],
    ['same-origin: nobody is believed about the host', { corsOrigins: 'same-origin' }, () => behindProxy, REFUSED],
    [
      'same-origin: a trusted proxy is',
      { corsOrigins: 'same-origin', trustProxy: '127.0.0.0/8' },
      () => behindProxy,
      'in',
    ],
    [
      'same-origin: and the page must be of the host that it names',
      { corsOrigins: 'same-origin', trustProxy: '127.0.0.0/8' },
      () => ({ ...behindProxy, origin: EVIL }),
      REFUSED,
    ],
  ];
  for (const [what, settings, headers, becomes] of cases) {
    survives(`threat 29: ${what}`, settings, async (scene) => {
      for (const [way, ask] of Object.entries(WAYS)) {
        expect(await ask(scene.url, headers(scene.url)), way).to.equal(becomes);
      }
      if (becomes !== 'in') await scene.expectNobodyCame();
    });
  }

  it('threat 29: the CORS headers say the same: any, the page itself, or nothing; never with credentials', async () => {
    for (const [corsOrigins, origin, allowed] of [
      ['*', EVIL, '*'],
      [APP, APP, APP],
      [APP, EVIL, undefined],
      ['same-origin', EVIL, undefined],
    ] as const) {
      const server = await startServer({ corsOrigins });
      for (const path of ['/ws', '/ws/stats', '/ws/history', '/socket.io/?EIO=4&transport=polling']) {
        for (const method of path.startsWith('/socket.io/') ? ['GET', 'OPTIONS'] : ['GET']) {
          const answer = await request(server.url + path, { method, headers: { origin } });
          const what = `${corsOrigins} ${method} ${path}`;
          expect(answer.headers['access-control-allow-origin'], what).to.equal(allowed);
          expect(answer.headers['access-control-allow-credentials'], what).to.equal(undefined);
          if (allowed !== '*') expect(String(answer.headers['vary']), what).to.match(/origin/i);
        }
      }
      await server.close();
    }
  });

  it('threat 29: a browser that asks whether a page may send its token as a header is told the same', async () => {
    for (const [corsOrigins, origin, allowed] of [
      ['*', EVIL, '*'],
      [APP, APP, APP],
      [APP, EVIL, undefined],
      ['same-origin', EVIL, undefined],
      ['*', 'null', '*'],
      [APP, 'null', undefined],
    ] as const) {
      const server = await startServer({ corsOrigins, apiKeys: 'the-key-of-a-backend' });
      const question = { origin, 'access-control-request-method': 'GET' };
      const asking = { ...question, 'access-control-request-headers': 'authorization' };
      for (const path of ['/ws', '/ws/stats', '/ws/history']) {
        const what = `${corsOrigins} ${origin} ${path}`;
        const { status, headers, body } = await request(server.url + path, { method: 'OPTIONS', headers: asking });
        const [allow, methods, names] = CORS.map((name) => headers[`access-control-allow-${name}`]);
        const told = { status, allow, methods, names };
        const yes = { status: 204, allow: allowed, methods: 'GET, HEAD', names: 'Authorization' };
        const no = { status: 403, allow: undefined, methods: undefined, names: undefined };
        expect(told, what).to.deep.equal(allowed ? yes : no);
        expect(body, what).to.equal(allowed ? '' : body);
        expect(headers, what).not.to.have.property('access-control-allow-credentials');
        if (allowed !== '*') expect(String(headers['vary']), what).to.match(/origin/i);
      }
      // What only programs may ask says nothing of origins at all.
      for (const path of ['/metrics', '/healthz', '/api/rooms', '/ws/test']) {
        const { headers } = await request(server.url + path, { method: 'OPTIONS', headers: asking });
        expect(Object.keys(headers).join(), path).not.to.include('access-control');
      }
      await server.close();
    }
  });

  survives('threat 29: cookies say nothing of who a client is, and none are given', {}, async (scene) => {
    const headers = { cookie: 'username=Eva; userId=eva; token=abc; session=abc; lastId=20231107132000-1' };
    for (const door of DOORS) {
      const client = await scene.client(door, { headers });
      expect(client.userId).to.match(/^user_/);
      expect(client.welcome).not.to.have.any.keys('session', 'recovered');
      await client.close();
    }
    for (const path of ['/', '/ws', '/ws/test', '/ws/stats', '/socket.io/?EIO=4&transport=polling']) {
      expect((await request(scene.url + path, { headers })).headers['set-cookie'], path).to.equal(undefined);
    }
  });

  it('threat 29: the log warns where every page may connect, and only there', async () => {
    for (const [corsOrigins, warns] of [
      ['*', true],
      [`${APP},*`, true],
      [APP, false],
      ['same-origin', false],
      [[], false],
    ] as const) {
      const warnings: object[] = [];
      const logger = { info() {}, warn: (fields: object) => void warnings.push(fields), error() {} };
      const settings = { logger, corsOrigins: corsOrigins as string | string[] };
      await (await startServer(settings)).close();
      const about = warnings.filter((fields) => 'setting' in fields && fields.setting === 'CORS_ORIGINS');
      expect(about, String(corsOrigins)).to.have.lengthOf(warns ? 1 : 0);
    }
  });
});
