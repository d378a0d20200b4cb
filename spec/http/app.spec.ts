import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { Refusal } from '../../src/protocol/errors.ts';
import { json } from '../support/http.ts';
import { HttpBench } from '../support/http-bench.ts';

const SECRET = 'ECONNREFUSED at /var/run/secret.sock';

/** The first line of the answer to a request that no client library would send. */
function rawStatus(url: string, head: string): Promise<string> {
  const { port } = new URL(url);
  const socket = connect({ port: Number(port), host: '127.0.0.1' });
  socket.write(`${head}\r\n\r\n`);
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(String(chunk).split('\r\n')[0]!);
    });
  });
}

describe('createApp', () => {
  let bench: HttpBench;
  let thrown: unknown;

  before(async () => {
    const figures = () => {
      throw thrown;
    };
    bench = await HttpBench.start({ figures });
  });
  after(() => bench.close());
  beforeEach(() => {
    bench.lines.length = 0;
  });

  describe('on every answer', () => {
    for (const path of ['/ws', '/ws/stats', '/healthz', '/readyz', '/ws/test', '/nowhere']) {
      it(`${path} forbids sniffing, framing and telling others, and scripts from elsewhere or inline`, async () => {
        thrown = new Error(SECRET);
        const { headers } = await bench.get(path);
        expect(headers).to.include({
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
          'referrer-policy': 'no-referrer',
        });
        const policy = String(headers['content-security-policy']);
        expect(policy.split('; ')).to.include.members([
          "default-src 'self'",
          "object-src 'none'",
          "frame-ancestors 'none'",
        ]);
        expect(policy).not.to.match(/unsafe|script-src|https?:/);
        expect(headers).not.to.have.any.keys('x-powered-by', 'server', 'set-cookie');
      });
    }
  });

  describe('pages', () => {
    it('/ws/test is the test client', async () => {
      const answer = await bench.get('/ws/test');
      expect([answer.status, answer.headers['content-type']]).to.deep.equal([200, 'text/html; charset=utf-8']);
      expect(answer.body).to.equal(readFileSync(join(import.meta.dirname, '../../web/ws/test.html'), 'utf8'));
    });

    const others = {
      'outside their folder': [
        '/../package.json',
        '/..%2fpackage.json',
        '/%2e%2e/package.json',
        '/ws/..%5c..%5cpackage.json',
      ],
      'from the root of the machine': ['//etc/passwd', '/%2fetc%2fpasswd', '/package.json', '/src/main.ts'],
      hidden: ['/.git/config', '/ws/.env', '/.htaccess'],
      malformed: ['/%', '/%00', '/ws/test%00.html', '/%ff', `/${'a'.repeat(5000)}`],
      'merely similar': ['/WS', '/ws/', '/ws/stats/', '/ws/Stats', '/healthz/', '/ws/test/', '//ws'],
    };
    for (const [what, paths] of Object.entries(others)) {
      for (const path of paths) {
        it(`nothing ${what}: ${path.slice(0, 50)} is not_found`, async () => {
          const answer = await bench.get(path);
          expect(answer.status).to.equal(404);
          expect(answer.body).to.equal('{"error":{"code":"not_found","message":"No such address"}}');
          expect(bench.lines).to.deep.equal([]);
        });
      }
    }
  });

  describe('methods', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']) {
      it(`${method} finds nothing anywhere`, async () => {
        for (const path of ['/ws', '/ws/stats', '/healthz', '/ws/test']) {
          const answer = await bench.get(path, { method });
          expect(answer.status, path).to.equal(404);
          expect(json(answer), path).to.have.nested.property('error.code', 'not_found');
        }
      });
    }

    it('HEAD is GET without a body', async () => {
      for (const [path, status] of [
        ['/ws', 426],
        ['/healthz', 200],
        ['/ws/test', 200],
        ['/nowhere', 404],
      ] as const) {
        const answer = await bench.get(path, { method: 'HEAD' });
        expect([answer.status, answer.body], path).to.deep.equal([status, '']);
      }
    });
  });

  describe('errors', () => {
    const faults: [what: string, thrown: unknown][] = [
      ['an error', new Error(SECRET)],
      ['an error of the language', new TypeError(SECRET)],
      [
        'an error that would expose itself',
        Object.assign(new Error(SECRET), { status: 500, expose: true, headers: { 'x-secret': SECRET } }),
      ],
      ['an error with the code of a refusal', Object.assign(new Error(SECRET), { code: 'forbidden', retryAfter: 5 })],
      ['an error with a status that is none', Object.assign(new Error(SECRET), { status: 'teapot' })],
      ['a text', SECRET],
      ['an object', { status: 404, message: SECRET }],
      ['null', null],
      ['undefined', undefined],
    ];
    for (const [what, fault] of faults) {
      it(`${what} that is thrown is internal: nothing of it leaves, and all of it is logged`, async () => {
        thrown = fault;
        const answer = await bench.get('/ws/stats');
        expect(answer.status).to.equal(500);
        expect(answer.headers['content-type']).to.equal('application/json; charset=utf-8');
        expect(answer.body).to.equal('{"error":{"code":"internal","message":"Internal error"}}');
        expect(JSON.stringify(answer.headers)).not.to.include('secret');
        expect(bench.lines).to.deep.equal([{ level: 'error', fields: { err: fault }, text: 'HTTP request failed' }]);
      });
    }

    it('a refusal that is thrown is what the client gets, and no line of the log', async () => {
      thrown = new Refusal('over_capacity', { retryAfter: 7 });
      const answer = await bench.get('/ws/stats');
      expect([answer.status, answer.headers['retry-after']]).to.deep.equal([503, '7']);
      expect(answer.body).to.equal('{"error":{"code":"over_capacity","message":"The server is full"}}');
      expect(bench.lines).to.deep.equal([]);
    });

    for (const status of [400, 404, 414]) {
      it(`what a library calls the client's fault (${status}) is not_found, without its words`, async () => {
        thrown = Object.assign(new Error(SECRET), { status, expose: true });
        const answer = await bench.get('/ws/stats');
        expect([answer.status, answer.body]).to.deep.equal([
          404,
          '{"error":{"code":"not_found","message":"No such address"}}',
        ]);
        expect(bench.lines).to.deep.equal([]);
      });
    }

    it('are said in the language of the server', async () => {
      const spanish = await HttpBench.start({ locale: 'es' });
      const answer = await spanish.get('/nowhere');
      await spanish.close();
      expect(json(answer)).to.deep.equal({ error: { code: 'not_found', message: 'No existe esa dirección' } });
    });
  });

  describe('requests that no client library sends', () => {
    const requests: [head: string, status: string][] = [
      ['GET http://elsewhere.example/healthz HTTP/1.1\r\nHost: a', 'HTTP/1.1 200 OK'],
      ['GET http://[ HTTP/1.1\r\nHost: a', 'HTTP/1.1 404 Not Found'],
      ['OPTIONS * HTTP/1.1\r\nHost: a', 'HTTP/1.1 404 Not Found'],
      ['GET /healthz HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: \xFF', 'HTTP/1.1 200 OK'],
      ['GET /healthz HTTP/1.1\r\nHost: [', 'HTTP/1.1 200 OK'],
      ['GET /ws?username=Ana HTTP/1.1\r\nHost: ]', 'HTTP/1.1 426 Upgrade Required'],
    ];
    for (const [head, status] of requests) {
      it(`${JSON.stringify(head)} is ${status.slice(9)}`, async () => {
        expect(await rawStatus(bench.url, head)).to.equal(status);
        expect(bench.lines).to.deep.equal([]);
      });
    }
  });
});
