import { expect } from 'chai';
import type { AdmissionOptions } from '../../src/auth/admission.ts';
import { Origins } from '../../src/auth/origins.ts';
import type { User } from '../../src/hub/ports.ts';
import { Connections } from '../../src/limits/connections.ts';
import { Refusal } from '../../src/protocol/errors.ts';
import { json } from '../support/http.ts';
import { HttpBench } from '../support/http-bench.ts';

let bench: HttpBench;

/** Each case has a house of its own. */
async function start(...options: Parameters<typeof HttpBench.start>): Promise<HttpBench> {
  bench = await HttpBench.start(...options);
  return bench;
}

describe('GET /ws without an upgrade', () => {
  afterEach(() => bench.close());

  it('is upgrade_required where an upgrade would have been fine', async () => {
    const answer = await (await start()).get('/ws?username=Ana&userId=7&room=a,b');
    expect(answer.status).to.equal(426);
    expect(answer.headers['upgrade']).to.equal('websocket');
    expect(json(answer)).to.deep.equal({
      error: {
        code: 'upgrade_required',
        message: 'This address speaks WebSocket: connect with new WebSocket(url)',
      },
    });
  });

  const refused: [query: string, status: number, code: string][] = [
    ['username=system', 400, 'invalid_username'],
    ['username=a%0Ab', 400, 'invalid_username'],
    ['username=%ED%A0%80%00', 400, 'invalid_username'],
    ['userId=a%20b', 400, 'invalid_user_id'],
    ['room=a%20b', 400, 'invalid_room'],
    ['room=a,b&room=c,d', 400, 'room_limit'],
  ];
  for (const [query, status, code] of refused) {
    it(`is ${status} ${code} where the upgrade of ?${query} would be`, async () => {
      const answer = await (await start()).get(`/ws?${query}`);
      expect(answer.status).to.equal(status);
      expect(json(answer)).to.have.nested.property('error.code', code);
      expect(answer.headers).not.to.have.any.keys('upgrade', 'retry-after');
    });
  }

  it('is forbidden_origin to a page that is not allowed', async () => {
    await start({ origins: new Origins(['https://a.example']) });
    const from = async (origin: string) => (await bench.get('/ws', { headers: { origin } })).status;
    expect([await from('https://b.example'), await from('https://a.example')]).to.deep.equal([403, 426]);
    expect((await bench.get('/ws')).status).to.equal(426);
  });

  const full: [what: string, connections: Connections, status: number, code: string][] = [
    ['the server is full', new Connections({ maxConnections: 1, maxConnectionsPerIp: 0 }), 503, 'over_capacity'],
    ['the address has its share', new Connections({ maxConnections: 0, maxConnectionsPerIp: 1 }), 429, 'rate_limited'],
  ];
  for (const [what, connections, status, code] of full) {
    it(`is ${status} ${code} where ${what}, with the time to wait, and takes no place itself`, async () => {
      await start({ connections });
      for (let count = 0; count < 3; count += 1) expect((await bench.get('/ws')).status).to.equal(426);
      connections.open('127.0.0.1');
      const answer = await bench.get('/ws');
      expect([answer.status, answer.headers['retry-after']]).to.deep.equal([status, '5']);
      expect(json(answer)).to.have.nested.property('error.code', code);
    });
  }

  it('is unavailable once the server is closing', async () => {
    await start();
    bench.admission.closed = true;
    const answer = await bench.get('/ws');
    expect([answer.status, answer.headers['retry-after']]).to.deep.equal([503, '1']);
    expect(json(answer)).to.deep.equal({
      error: { code: 'unavailable', message: 'Service unavailable: the server is shutting down' },
    });
  });

  const authenticating = (authenticate: AdmissionOptions['authenticator']['authenticate']) => ({
    admit: { authenticator: { authenticate, renew: async (user: User) => user }, timeout: 1 },
  });

  it('is what the authenticator says', async () => {
    await start(authenticating(() => Promise.reject(new Refusal('unauthorized'))));
    const answer = await bench.get('/ws?token=bad');
    expect(answer.status).to.equal(401);
    expect(json(answer)).to.deep.equal({ error: { code: 'unauthorized', message: 'Invalid token' } });
  });

  it('is unavailable where the authenticator takes too long', async () => {
    await start(authenticating(() => new Promise(() => {})));
    const asked = bench.get('/ws');
    while (bench.clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    bench.clock.advance(60_000);
    const answer = await asked;
    expect([answer.status, answer.headers['retry-after']]).to.deep.equal([503, '1']);
  });

  it('is internal where the authenticator fails, and tells nothing of how', async () => {
    await start(authenticating(() => Promise.reject(new Error('connect ECONNREFUSED /var/run/secret.sock'))));
    const answer = await bench.get('/ws');
    expect(answer.status).to.equal(500);
    expect(answer.body).to.equal('{"error":{"code":"internal","message":"Internal error"}}');
    expect(bench.lines).to.have.lengthOf(1);
  });

  it('is forbidden where the user may not join a room', async () => {
    await start({ admit: { authorize: (_user, _action, { room }) => room !== 'b' } });
    expect((await bench.get('/ws?room=a')).status).to.equal(426);
    expect((await bench.get('/ws?room=a,b')).status).to.equal(403);
  });
});

describe('GET /ws/stats', () => {
  afterEach(() => bench.close());

  it('is JSON that nobody keeps', async () => {
    const answer = await (await start()).get('/ws/stats');
    expect(answer.status).to.equal(200);
    expect(answer.headers).to.include({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    });
    expect(json(answer)).to.deep.include({ success: true, messages_sent: 1, rooms: 5 });
  });

  it('is new each time', async () => {
    await start();
    expect(json(await bench.get('/ws/stats'))['messages_sent']).to.equal(1);
    expect(json(await bench.get('/ws/stats'))['messages_sent']).to.equal(2);
  });

  const readers: [allowed: string[], origin: string | undefined, allow: string | undefined][] = [
    [['*'], undefined, '*'],
    [['*'], 'https://a.example', '*'],
    [['https://a.example'], 'https://a.example', 'https://a.example'],
    [['https://a.example', 'https://b.example'], 'https://b.example', 'https://b.example'],
    [['https://a.example'], 'https://b.example', undefined],
    [['https://a.example'], 'null', undefined],
    [['https://a.example'], undefined, undefined],
    [[], 'https://a.example', undefined],
  ];
  for (const [allowed, origin, allow] of readers) {
    it(`where ${JSON.stringify(allowed)} is allowed, ${origin ?? 'no origin'} reads ${allow ?? 'nothing'}`, async () => {
      await start({ origins: new Origins(allowed) });
      const answer = await bench.get('/ws/stats', { headers: origin === undefined ? {} : { origin } });
      expect(answer.status).to.equal(200);
      expect(answer.headers['access-control-allow-origin']).to.equal(allow);
      expect(answer.headers['vary']).to.equal('Origin');
    });
  }

  for (const [accept, streams] of [
    ['text/event-stream', true],
    ['application/json, text/event-stream;q=0.9', true],
    ['*/*', false],
    ['application/json', false],
    ['', false],
  ] as const) {
    it(`with Accept: ${accept || '(empty)'} is ${streams ? 'a stream' : 'one JSON'}`, async () => {
      await start();
      const { response } = await bench.watch({ accept });
      expect(response.headers['content-type']?.startsWith('text/event-stream')).to.equal(streams);
    });
  }
});

describe('GET /healthz', () => {
  afterEach(() => bench.close());

  it('is ok while the process lives, also where the server is not ready', async () => {
    const answer = await (await start({ notReady: () => ['starting'] })).get('/healthz');
    expect([answer.status, answer.body]).to.deep.equal([200, '{"status":"ok"}']);
    expect(answer.headers['cache-control']).to.equal('no-store');
  });
});

describe('GET /readyz', () => {
  afterEach(() => bench.close());

  const states: [reasons: string[], status: number, body: string][] = [
    [[], 200, '{"ready":true,"reasons":[]}'],
    [['starting'], 503, '{"ready":false,"reasons":["starting"]}'],
    [['shutting_down', 'log'], 503, '{"ready":false,"reasons":["shutting_down","log"]}'],
  ];
  for (const [reasons, status, body] of states) {
    it(`is ${status} with the reasons ${JSON.stringify(reasons)}`, async () => {
      const answer = await (await start({ notReady: () => reasons })).get('/readyz');
      expect([answer.status, answer.body]).to.deep.equal([status, body]);
      expect(answer.headers['cache-control']).to.equal('no-store');
    });
  }

  it('is asked anew each time', async () => {
    const reasons = ['starting'];
    await start({ notReady: () => reasons });
    expect((await bench.get('/readyz')).status).to.equal(503);
    reasons.pop();
    expect((await bench.get('/readyz')).status).to.equal(200);
  });
});
