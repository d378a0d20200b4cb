import type { Random } from '../../consistency/random.ts';
import { HEADERS, HOSTS, TARGETS } from '../../support/odd-requests.ts';
import { upgradeRequest } from '../../support/tcp.ts';
import type { Ground } from '../ground.ts';
import { word } from '../random-json.ts';

const REFUSED = /^http 4\d\d$/;
/** Many odd requests are none to a parser that looks away; they have to be answered, and that is all. */
const ANSWERED = /^http (?:101|200|304|4\d\d)$/;
const DOORS = ['/ws', '/socket.io/?EIO=4&transport=websocket'];
const SAFE = ['/healthz', '/ws/test', '/ws', '/nope', '/ws/stats'];
const PATHS = [
  '/api',
  '/API/messages',
  '/api//messages',
  '/api/messages/',
  '/api/./messages',
  '/api/../api/users',
  '/api/%2e%2e/ws',
  '/api/..%2fapi/users',
  '/ws/../api/rooms',
  '//api/users',
];
const FILES = [
  '/..%2f..%2fetc%2fpasswd',
  '/.%2e/package.json',
  '/../../etc/passwd',
  '/vendor/..%5c..%5cpackage.json',
  '/.git/config',
  '/.env',
  '/%00',
  '/%',
  `/${'../'.repeat(20)}etc/passwd`,
  '/ws/%2e%2e%2f%2e%2e%2fpackage.json',
];
/** Lines that Node takes for what they nearly are. */
const LOOSE = ['GET  /  HTTP/1.1', 'GET /', 'GET /healthz HTTP/1.0', 'GET /healthz HTTP/1.1 '];
const INJECTED = 'X-Injected';

interface Attempt {
  what: string;
  bytes: string;
  expected: RegExp;
}

const get = (target: string, lines: readonly string[] = []) =>
  `${[`GET ${target} HTTP/1.1`, 'Connection: close', ...lines].join('\r\n')}\r\n\r\n`;

const ATTEMPTS: ((random: Random) => Attempt)[] = [
  (random) => {
    const target = random.pick(Object.keys(TARGETS));
    const bytes = random.chance(0.5) ? upgradeRequest(target) : get(target, ['Host: x']);
    return { what: `the target ${target}`, bytes, expected: ANSWERED };
  },
  (random) => {
    const host = random.pick(HOSTS);
    return { what: `the host ${host}`, bytes: upgradeRequest(random.pick(DOORS), { Host: host }), expected: ANSWERED };
  },
  (random) => {
    const headers = random.pick(HEADERS);
    const bytes = upgradeRequest(random.pick(DOORS), headers);
    return { what: JSON.stringify(headers), bytes, expected: REFUSED };
  },
  (random) => {
    const many = Array.from({ length: 2000 }, () => `${word(random, 3)}:b`).join('\r\n');
    const [first, ...lines] = upgradeRequest(random.pick(DOORS)).trimEnd().split('\r\n');
    const parts = random.chance(0.5) ? [first, many, ...lines] : [first, ...lines, many];
    return { what: '2,000 headers', bytes: `${parts.join('\r\n')}\r\n\r\n`, expected: ANSWERED };
  },
  (random) => {
    const bytes = upgradeRequest(random.pick(DOORS), { 'X-Long': 'x'.repeat(20_000 + random.below(1e5)) });
    return { what: 'an endless header', bytes, expected: REFUSED };
  },
  (random) => {
    const crlf = random.pick(['%0d%0a', '%0D%0A%20', '\\r\\n', '%E5%98%8A%E5%98%8D', '%0a']);
    const target = `${random.pick(SAFE)}?username=${crlf}${INJECTED}:%20x&room=${crlf}${INJECTED}:x`;
    return { what: 'line breaks in the target', bytes: get(target, ['Host: x']), expected: ANSWERED };
  },
  (random) => {
    const line = random.pick([
      'Content-Length: -1',
      'Content-Length: 5, 6',
      'Content-Length: 5\r\nContent-Length: 6',
      'Content-Length: 5\r\nTransfer-Encoding: chunked',
      'Transfer-Encoding: chunked, identity',
      'Transfer-Encoding:\x0bchunked',
      'No-Colon',
      ': no-name',
      'Na me: x',
      'X: a\0b',
      ' Folded: x',
    ]);
    const bytes = `POST ${random.pick(SAFE)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${line}\r\n\r\n0\r\n\r\n`;
    return { what: JSON.stringify(line), bytes, expected: REFUSED };
  },
  (random) => {
    const lines = [
      'PRI * HTTP/2.0',
      `${word(random).toUpperCase()} / HTTP/1.1`,
      'GET / HTTP/9.9',
      '\x16\x03\x01\x02\x00',
      `${word(random)}\0`,
    ];
    const bytes = `${random.pick(lines)}\r\nHost: x\r\nConnection: close\r\n\r\n`;
    return { what: JSON.stringify(bytes.slice(0, 30)), bytes, expected: REFUSED };
  },
  (random) => ({
    what: 'half a request line',
    bytes: `${random.pick(LOOSE)}\r\nHost: x\r\nConnection: close\r\n\r\n`,
    expected: ANSWERED,
  }),
  (random) => {
    const path = random.pick([...PATHS, ...FILES]);
    return { what: `the path ${path.slice(0, 40)}`, bytes: get(path, ['Host: x']), expected: REFUSED };
  },
  (random) => {
    const forwarded = random.pick([
      'x',
      "'",
      '127.0.0.1, 127.0.0.1',
      '::',
      '1.2.3.4:99999',
      `${'1,'.repeat(2000)}1`,
      '\t',
    ]);
    const lines = [
      'Host: x',
      `X-Forwarded-For: ${forwarded}`,
      `Forwarded: for=${forwarded}`,
      `X-Forwarded-Host: ${forwarded}`,
    ];
    return { what: `sent on by ${forwarded.slice(0, 30)}`, bytes: get(random.pick(SAFE), lines), expected: ANSWERED };
  },
];

export async function headers(ground: Ground): Promise<void> {
  const { random } = ground;
  for (let i = 0; i < 10; i += 1) {
    const { what, bytes, expected } = random.pick(ATTEMPTS)(random);
    const { outcome, head } = await ground.write(bytes);
    if (new RegExp(`^${INJECTED}`, 'im').test(head)) ground.tally.fail('spoofed', `a header was injected by ${what}`);
    ground.judge('headers', what, outcome, expected);
  }
}
