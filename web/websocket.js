import { ExampleCard } from './integration/example-card.js';
import { EXAMPLES } from './integration/examples.js';
import { showSnippets } from './integration/snippets.js';
import { Stage } from './integration/stage.js';
import { codeBlock } from './lib/code-block.js';
import { find, h } from './lib/dom.js';
import { DOORS, mark, NAMES } from './lib/doors.js';
import { showFigures } from './lib/figures.js';
import { localHref, t } from './lib/i18n.js';
import { openPage } from './lib/page.js';
import { prose } from './lib/prose.js';
import { rawUrl } from './lib/raw-client.js';

/** @import { Door } from './lib/types.d.ts' */
/** @import { State } from './lib/connection.js' */
/** @typedef {import('./lib/i18n.js').Key} Key */

/** @type {[string, Key][]} */
const CHAPTERS = [
  ['endpoints', 'endpoints'],
  ['identity', 'identity'],
  ['shape', 'shape'],
  ['types', 'types'],
  ['snippets', 'snippets'],
  ['errors', 'errors'],
  ['stats', 'stats'],
];

/** @type {[string, Key][]} */
const LINKS = [
  ['/ws/test', 'nav_test'],
  ['/ws/dashboard', 'nav_dashboard'],
  ['/ws/stats', 'nav_stats'],
];

const HTTP = location.origin;
const WS = HTTP.replace('http', 'ws');

/** Where it leads, what it is for, the door it belongs to, and whether a browser can open it. @type {[string, Key, Door | '', boolean][]} */
const ENDPOINTS = [
  [`${WS}/ws`, 'at_ws', 'ws', false],
  [`${HTTP}/socket.io/`, 'at_socketio', 'socketio', false],
  [`${HTTP}/ws/test`, 'at_test', '', true],
  [`${HTTP}/ws/stats`, 'at_stats', '', true],
  [`${HTTP}/ws/dashboard`, 'at_dashboard', '', true],
  [`${HTTP}/websocket`, 'at_websocket', '', true],
  [`${HTTP}/healthz`, 'at_healthz', '', true],
  [`${HTTP}/readyz`, 'at_readyz', '', true],
];

const KEYS = /** @type {const} */ (['type', 'content', 'from', 'timestamp', 'id', 'data', 'room', 'to']);
const CODES = /** @type {const} */ ([
  'invalid_json',
  'invalid_message',
  'invalid_room',
  'unknown_type',
  'forbidden_type',
  'forbidden',
  'not_in_room',
  'room_limit',
  'user_not_found',
  'too_large',
  'rate_limited',
  'unavailable',
]);

openPage('nav_integration');
fill('contents', [h('ol', {}, ...CHAPTERS.map(([id, key]) => h('li', {}, h('a', { href: `#${id}` }, t(key)))))]);
fill(
  'links',
  LINKS.map(([path, key]) => h('li', {}, h('a', { href: localHref(path) }, t(key)))),
);
fill('endpoint-list', ENDPOINTS.map(endpoint));
fill('identity-code', DOORS.map(identity));
fill(
  'shape-list',
  KEYS.flatMap((key) => row(key, t(`key_${key}`))),
);
fill(
  'error-list',
  CODES.flatMap((code) => row(code, t(`error_${code}`))),
);
showExamples();
showFigures(find('figures', HTMLElement));
await showSnippets(find('snippet-list', HTMLElement));
// The chapters have their height only now.
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();

function showExamples() {
  const states = { ws: h('span', { class: 'ws' }), socketio: h('span', { class: 'socketio' }) };
  const onState = (/** @type {Door} */ door, /** @type {State} */ state) =>
    states[door].replaceChildren(mark(door), `${NAMES[door]}: ${t(`state_${state}`)}`);
  const stage = new Stage(onState);
  for (const door of DOORS) states[door].replaceChildren(mark(door), `${NAMES[door]}: ${t('stage_idle')}`);
  fill('stage', [states.ws, states.socketio, h('span', {}, t('stage_room'), ' ', h('code', {}, stage.room))]);
  fill(
    'examples',
    EXAMPLES.map((example) => new ExampleCard(example, stage).element),
  );
}

/** @param {[string, Key, Door | '', boolean]} endpoint */
function endpoint([url, key, door, browsable]) {
  const path = url.replace(HTTP, '');
  const address = browsable ? h('a', { href: localHref(path) }, path) : url;
  return h(
    'div',
    { class: `endpoint ${door}` },
    h('code', {}, door && mark(door), address),
    h('p', {}, ...prose(t(key))),
  );
}

/** @param {Door} door */
function identity(door) {
  const code = {
    ws: `new WebSocket(\n  '${rawUrl({ username: 'Ana', userId: '123', rooms: ['sala-1'] })}',\n);`,
    socketio: `io('${HTTP}', {\n  auth: {\n    username: 'Ana',\n    userId: '123',\n    rooms: ['sala-1'],\n  },\n});`,
  };
  return h('div', { class: `half ${door}` }, h('h3', {}, mark(door), NAMES[door]), codeBlock(code[door], NAMES[door]));
}

/** @param {string} name @param {string} words */
function row(name, words) {
  return [h('dt', {}, h('code', {}, name)), h('dd', {}, ...prose(words))];
}

/** @param {string} id @param {(Node | string)[]} nodes */
function fill(id, nodes) {
  find(id, HTMLElement).append(...nodes);
}
