import { h } from './dom.js';

/** @typedef {{ name: string, panel: HTMLElement, extra?: Node }} Tab */

let made = 0;

/** Tabs as the ARIA practices describe them: one stop for the Tab key, arrows move between them. */
export class Tabs {
  #buttons;
  #tabs;

  /** @param {string} label @param {Tab[]} tabs */
  constructor(label, tabs) {
    this.#tabs = tabs;
    this.#buttons = tabs.map((tab, i) => this.#button(tab, i));
    const move = (/** @type {KeyboardEvent} */ event) => this.#move(event);
    this.row = h('div', { class: 'tabs', role: 'tablist', 'aria-label': label, onkeydown: move }, ...this.#buttons);
    this.#show(0);
  }

  get panels() {
    return this.#tabs.map(({ panel }) => panel);
  }

  /** @param {Tab} tab @param {number} i */
  #button({ name, extra, panel }, i) {
    made += 1;
    const id = `tab-${made}`;
    panel.id = `${id}-panel`;
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', id);
    const attributes = { type: 'button', role: 'tab', id, 'aria-controls': panel.id };
    return h('button', { ...attributes, onclick: () => this.#show(i) }, name, extra);
  }

  /** @param {number} chosen */
  #show(chosen) {
    for (const [i, button] of this.#buttons.entries()) {
      button.setAttribute('aria-selected', String(i === chosen));
      button.tabIndex = i === chosen ? 0 : -1;
    }
    for (const [i, panel] of this.panels.entries()) panel.hidden = i !== chosen;
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const now = this.#buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const next = target(event.key, now, this.#buttons.length);
    if (next === undefined) return;
    event.preventDefault();
    this.#show(next);
    this.#buttons[next]?.focus();
  }
}

/** @param {string} key @param {number} now @param {number} count */
function target(key, now, count) {
  if (key === 'ArrowRight') return (now + 1) % count;
  if (key === 'ArrowLeft') return (now + count - 1) % count;
  if (key === 'Home') return 0;
  return key === 'End' ? count - 1 : undefined;
}
