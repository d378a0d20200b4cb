import { find, h } from '../lib/dom.js';
import { DOORS, mark, NAMES } from '../lib/doors.js';
import { t } from '../lib/i18n.js';
import { openPage } from '../lib/page.js';
import { Crew } from '../pane/crew.js';
import { Pane } from '../pane/pane.js';

/** @import { Door } from '../lib/types.d.ts' */

const PEOPLE = ['Ana', 'Bruno', 'Carla', 'Diego', 'Elena', 'Fabio', 'Gala', 'Hugo', 'Irene', 'Julio', 'Lola', 'Marcos'];
const NEW = /** @type {const} */ ({ ws: 'add_ws', socketio: 'add_socketio' });

openPage('nav_test');
const panes = find('panes', HTMLElement);
const add = find('add', HTMLElement);
const rooms = new URLSearchParams(location.search).getAll('room').flatMap((names) => names.split(',').filter(Boolean));
const crew = new Crew();
let made = 0;

add.append(...DOORS.map(addButton));
for (const door of DOORS) open(door);

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

/** @param {Door} door */
function open(door) {
  const username = `${PEOPLE[made % PEOPLE.length]}${Math.floor(10 + 90 * Math.random())}`;
  made += 1;
  const pane = new Pane({
    door,
    username,
    userId: newUserId(),
    rooms,
    crew,
    closed: () => add.querySelector('button')?.focus(),
  });
  panes.append(pane.element);
  return pane;
}

/** Unguessable enough for a test; `crypto.randomUUID` exists only on https and localhost. */
function newUserId() {
  const random = crypto.getRandomValues(new Uint32Array(2));
  return `test-${[...random].map((n) => n.toString(36)).join('')}`;
}
