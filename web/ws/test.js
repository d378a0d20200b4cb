import { find, h } from '../lib/dom.js';
import { DOORS, mark, NAMES } from '../lib/doors.js';
import { t } from '../lib/i18n.js';
import { openPage } from '../lib/page.js';
import { Crew } from '../pane/crew.js';
import { Pane } from '../pane/pane.js';

/** @import { Door } from '../lib/types.d.ts' */
/** @import { PaneOptions } from '../pane/pane.js' */

/** Where a page leaves its panes to the next one, as when it is loaded anew. */
const KEY = 'ambos.panes.1';

const PEOPLE = ['Ana', 'Bruno', 'Carla', 'Diego', 'Elena', 'Fabio', 'Gala', 'Hugo', 'Irene', 'Julio', 'Lola', 'Marcos'];
const NEW = /** @type {const} */ ({ ws: 'add_ws', socketio: 'add_socketio' });

openPage('nav_test');
const panes = find('panes', HTMLElement);
const add = find('add', HTMLElement);
const rooms = new URLSearchParams(location.search).getAll('room').flatMap((names) => names.split(',').filter(Boolean));
const crew = new Crew();
/** @type {Set<Pane>} */
const opened = new Set();
let made = 0;

add.append(...DOORS.map(addButton));
for (const former of takeOver()) open(former.door, former);
addEventListener('pagehide', leave);
// A page that comes back as it was has lost nothing, and a tab that is duplicated is not to go on as this one.
addEventListener('pageshow', forget);

/** @param {Door} door */
function addButton(door) {
  const focus = () => open(door).element.querySelector('input')?.focus();
  return h(
    'button',
    { type: 'button', class: `plain ${door}`, onclick: focus },
    mark(door),
    t(NEW[door], { name: NAMES[door] }),
  );
}

/** @param {Door} door @param {Partial<PaneOptions>} [former] as it was in the page before this one */
function open(door, former = {}) {
  const username = `${PEOPLE[made % PEOPLE.length]}${Math.floor(10 + 90 * Math.random())}`;
  made += 1;
  const pane = new Pane({
    door,
    username,
    userId: newUserId(),
    ...former,
    rooms: [...new Set([...(former.rooms ?? []), ...rooms])],
    crew,
    closed: () => {
      opened.delete(pane);
      add.querySelector('button')?.focus();
    },
  });
  opened.add(pane);
  panes.append(pane.element);
  return pane;
}

/** Unguessable enough for a test; `crypto.randomUUID` exists only on https and localhost. */
function newUserId() {
  const random = crypto.getRandomValues(new Uint32Array(2));
  return `test-${[...random].map((n) => n.toString(36)).join('')}`;
}

function leave() {
  try {
    sessionStorage.setItem(KEY, JSON.stringify([...opened]));
  } catch {
    // A storage may be denied or full: then a reload begins anew.
  }
}

function forget() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {}
}

/** @returns {(Partial<PaneOptions> & { door: Door })[]} */
function takeOver() {
  try {
    const left = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    if (left.length > 0) return left;
  } catch {
    // Denied, or not what we have left there.
  } finally {
    forget();
  }
  return DOORS.map((door) => ({ door }));
}
