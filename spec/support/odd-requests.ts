const POLLING = 'EIO=4&transport=polling';
const WEBSOCKET = 'EIO=4&transport=websocket';

/** Targets that are hardly an address, and what an upgrade of them is answered. Each is asked for without an upgrade, too. */
export const TARGETS: Record<string, number> = {
  '//': 404,
  '///': 404,
  '//ws': 404,
  '//evil.example/ws': 404,
  '*': 404,
  'http://[::1': 404,
  '/%': 404,
  '/ws%': 404,
  '/ws%00': 404,
  '/ws%2f': 404,
  '/%2e%2e/ws': 404,
  '/../ws': 404,
  '/ws\\..\\ws': 404,
  '/ws#x': 404,
  '/socket.io//[': 400,
  '/socket.io/..//': 400,
  '/socket.io/%': 400,
  '/ws ?x': 400,
  ws: 400,
  '': 400,
  '/wsé': 400,
  'http://evil.example/ws': 101,
  'http://[::1]:99999/ws': 101,
  'http://a:b@evil.example:x/ws': 101,
  'http:///ws': 101,
  'http://evil.example/nope': 404,
  '/ws?%': 101,
  '/ws?username=%E0%A4%A': 101,
  '/ws?=&&==&username': 101,
  '/ws?room=&room=,,,': 101,
  '/ws???': 101,
  '/socket.io/?EIO=4&transport=websocket&username=%E0%A4%A': 101,
  '/socket.io/[?EIO=4&transport=websocket': 101,
};

export const HOSTS = ['[', '[::1', '', ' ', 'a b', 'evil.example:99999', ':', '@', '/', '?', 'é', undefined];

/** Headers of an upgrade that are wrong. */
export const HEADERS: Record<string, string | undefined>[] = [
  { 'Sec-WebSocket-Key': undefined },
  { 'Sec-WebSocket-Key': 'short' },
  { 'Sec-WebSocket-Version': undefined },
  { 'Sec-WebSocket-Version': '7' },
  { 'Sec-WebSocket-Protocol': 'a,,b' },
  { 'Sec-WebSocket-Protocol': 'a, a' },
  { Upgrade: 'h2c' },
  { Upgrade: 'websocket, h2c' },
];

const MEMBERS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'];

/** Queries that open nothing. */
export const QUERIES = [
  '',
  'EIO=4',
  '%',
  ...MEMBERS.flatMap((name) => [`EIO=4&transport=${name}`, `${POLLING}&sid=${name}`, `${WEBSOCKET}&sid=${name}`]),
  'EIO=4&transport=webtransport',
  'EIO=4&transport[]=polling',
  'EIO=4&transport=POLLING',
  'EIO=4&transport=polling%00',
  `${POLLING}&transport=__proto__`,
  `${POLLING}&transport=websocket&transport=`,
  `${POLLING}&sid=&sid=unknown`,
  `${POLLING}&sid=%00`,
  `${POLLING}&sid=${'x'.repeat(5000)}`,
  `__proto__[sid]=x&EIO=4&__proto__=polling`,
];
