import { h } from '../lib/dom.js';
import { mark } from '../lib/doors.js';
import { integer } from '../lib/format.js';
import { t } from '../lib/i18n.js';

/** @import { Message, Person } from '../lib/types.d.ts' */
/** @import { Crew } from './crew.js' */

/** Who is in each room, as told by `user_list`, `user_joined` and `user_left`. */
export class People {
  /** @type {Map<string, Map<string, Person>>} */
  #rooms = new Map();
  /** @type {Map<string, number>} where the list was capped: how many there are in all */
  #totals = new Map();
  #title = h('h3', {});
  #list = h('ul', {});
  #room = '';
  #options;

  /** @param {{ crew: Crew, self: () => string, write: (person: Person) => void, changed: () => void }} options */
  constructor(options) {
    this.#options = options;
    this.element = h('div', { class: 'people' }, this.#title, this.#list);
  }

  /** Those who can be written to. @returns {Person[]} */
  get others() {
    return this.#here.filter(({ id }) => id !== this.#options.self());
  }

  get #here() {
    return [...(this.#rooms.get(this.#room)?.values() ?? [])];
  }

  /** @param {string} userId */
  nameOf(userId) {
    for (const people of this.#rooms.values()) {
      const person = people.get(userId);
      if (person) return person.username;
    }
    return userId;
  }

  /** @param {string} room @param {Message} list */
  list(room, { data, total }) {
    const rows = /** @type {Person[]} */ (data);
    this.#rooms.set(room, new Map(rows.map((person) => [person.id, person])));
    if (total === undefined) this.#totals.delete(room);
    else this.#totals.set(room, total);
    this.#render(room);
  }

  /** @param {string} room @param {Person} person */
  joined(room, person) {
    this.#rooms.get(room)?.set(person.id, person);
    this.#render(room);
  }

  /** @param {string} room @param {string} userId */
  left(room, userId) {
    this.#rooms.get(room)?.delete(userId);
    this.#render(room);
  }

  /** @param {string} room */
  show(room) {
    this.#room = room;
    this.#render(room);
  }

  /** @param {string} room */
  #render(room) {
    if (room !== this.#room) return;
    const here = this.#here;
    this.#title.replaceChildren(
      t('people'),
      ' ',
      h('span', { class: 'badge' }, integer(this.#totals.get(room) ?? here.length)),
    );
    this.#list.replaceChildren(...here.map((person) => h('li', {}, this.#row(person))));
    this.#options.changed();
  }

  /** @param {Person} person */
  #row(person) {
    const { crew, self, write } = this.#options;
    const name = h('bdi', {}, person.username);
    const sign = mark(crew.doorOfId(person.id));
    if (person.id === self()) return h('span', { class: 'person self' }, sign, name, h('small', {}, t('you')));
    const label = t('write_to', { name: person.username });
    const attributes = { type: 'button', class: 'person', 'aria-label': label, title: `${label} (${person.id})` };
    return h('button', { ...attributes, onclick: () => write(person) }, sign, name);
  }
}
