import { h } from '../lib/dom.js';
import { bytes, integer, preciseClock, sizeOf } from '../lib/format.js';
import { t } from '../lib/i18n.js';

/** @import { Direction } from '../lib/types.d.ts' */

const KEPT = 200;
const SHOWN = 20_000;
const ARROWS = { out: '↑', in: '↓' };

/** The frames of a connection as they are on the wire, and how many there were. */
export class Frames {
  /** How many there were: for the tab. */
  badge = h('span', { class: 'badge' }, '0');
  counters = h('p', { class: 'counters' });
  #counts = { out: { frames: 0, bytes: 0 }, in: { frames: 0, bytes: 0 } };
  #list = h('ol', { class: 'log', tabindex: 0, 'aria-label': t('frames') });

  constructor() {
    const clear = h(
      'button',
      { type: 'button', class: 'quiet', onclick: () => this.#list.replaceChildren() },
      t('clear'),
    );
    this.element = h('div', { class: 'frames' }, this.#list, h('p', { class: 'empty' }, t('frames_empty')), clear);
    this.#count();
  }

  /** @param {Direction} direction @param {string} text */
  add(direction, text) {
    const size = sizeOf(text);
    this.#counts[direction].frames += 1;
    this.#counts[direction].bytes += size;
    this.#count();
    // The newest first: the list need not follow its own end.
    this.#list.prepend(row(direction, text, size));
    if (this.#list.children.length > KEPT) this.#list.lastElementChild?.remove();
  }

  #count() {
    const { out, in: back } = this.#counts;
    this.badge.replaceChildren(integer(out.frames + back.frames));
    const part = (/** @type {Direction} */ direction) =>
      h(
        'span',
        { class: direction, title: t(direction === 'out' ? 'sent' : 'received') },
        `${ARROWS[direction]} `,
        h('b', {}, integer(this.#counts[direction].frames)),
        h('span', { class: 'offscreen' }, ` ${t(direction === 'out' ? 'sent' : 'received')}`),
        ` · ${bytes(this.#counts[direction].bytes)}`,
      );
    this.counters.replaceChildren(part('out'), part('in'));
  }
}

/** @param {Direction} direction @param {string} text @param {number} size */
function row(direction, text, size) {
  const body = h('pre', {});
  // Written when it is opened: most never are.
  const open = () => body.firstChild ?? body.append(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
  const arrow = h(
    'span',
    { class: 'arrow', 'aria-label': t(direction === 'out' ? 'sent' : 'received'), role: 'img' },
    ARROWS[direction],
  );
  const head = [
    arrow,
    h('time', {}, preciseClock(new Date())),
    h('span', { class: 'size' }, bytes(size)),
    h('code', {}, text.slice(0, 160)),
  ];
  return h('li', { class: direction }, h('details', { ontoggle: open }, h('summary', {}, ...head), body));
}
