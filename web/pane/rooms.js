import { h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';

/** The room in which everybody is; its messages carry no `room`. */
export const GENERAL = 'general';

/**
 * @typedef {object} RoomActions
 * @property {(room: string) => void} select
 * @property {(room: string) => void} join
 * @property {(room: string) => void} leave
 */

/** The rooms of a pane: one is looked at, others may be joined and left. */
export class Rooms {
  current = GENERAL;
  /** @type {Map<string, number>} the unread messages of each room */
  #unread = new Map([[GENERAL, 0]]);
  #list = h('ul', { class: 'chips' });
  #actions;

  /** @param {RoomActions} actions */
  constructor(actions) {
    this.#actions = actions;
    this.element = this.#list;
    this.form = this.#joinForm();
    this.#render();
  }

  /** @param {string} room */
  add(room) {
    if (this.#unread.has(room)) return;
    this.#unread.set(room, 0);
    this.#render();
  }

  /** @param {string} room */
  remove(room) {
    this.#unread.delete(room);
    if (this.current === room) this.select(GENERAL);
    this.#render();
  }

  /** @param {string} room */
  select(room) {
    this.current = room;
    this.#unread.set(room, 0);
    this.#render();
    this.#actions.select(room);
  }

  /** Something was said there. @param {string} room */
  touch(room) {
    const unread = this.#unread.get(room);
    if (unread === undefined || room === this.current) return;
    this.#unread.set(room, unread + 1);
    this.#render();
  }

  #render() {
    const focused = this.#list.querySelector(':focus')?.getAttribute('data-room');
    this.#list.replaceChildren(...[...this.#unread].map(([room, unread]) => this.#chip(room, unread)));
    if (focused) [...this.#list.querySelectorAll('button')].find(({ dataset }) => dataset['room'] === focused)?.focus();
  }

  /** @param {string} room @param {number} unread */
  #chip(room, unread) {
    const badge = unread > 0 && h('span', { class: 'badge' }, unread, h('span', { class: 'offscreen' }, t('unread')));
    const pressed = String(room === this.current);
    const select = { type: 'button', 'data-room': room, 'aria-pressed': pressed, onclick: () => this.select(room) };
    const leave = {
      type: 'button',
      class: 'leave',
      'aria-label': t('leave_room', { room }),
      title: t('leave_room', { room }),
    };
    return h(
      'li',
      { class: 'chip' },
      h('button', select, h('bdi', {}, room), badge),
      room !== GENERAL && h('button', { ...leave, onclick: () => this.#actions.leave(room) }, '×'),
    );
  }

  #joinForm() {
    const input = h('input', { 'aria-label': t('room_name'), placeholder: t('room_name'), maxlength: 200 });
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const room = input.value.trim();
      if (room) this.#actions.join(room);
      input.value = '';
    };
    return h('form', { class: 'join', onsubmit: submit }, input, h('button', { class: 'quiet' }, t('join')));
  }
}
