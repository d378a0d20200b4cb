import { codeBlock } from '../lib/code-block.js';
import { h } from '../lib/dom.js';
import { DOORS, mark, NAMES } from '../lib/doors.js';
import { clock } from '../lib/format.js';
import { highlight } from '../lib/highlight.js';
import { t } from '../lib/i18n.js';
import { prose } from '../lib/prose.js';

/** @import { Door } from '../lib/types.d.ts' */
/** @import { Example, Scene } from './examples.js' */
/** @import { Stage } from './stage.js' */

const KEPT = 4;

/** A type of message by both doors, each with a button that sends it and a place for what comes. */
export class ExampleCard {
  example;
  #stage;
  #arrivals = { ws: arrivalsOf('ws'), socketio: arrivalsOf('socketio') };

  /** @param {Example} example @param {Stage} stage */
  constructor(example, stage) {
    this.example = example;
    this.#stage = stage;
    const { name, from, words } = example;
    const who = h('span', { class: 'tag' }, t(from === 'both' ? 'from_both' : 'from_server'));
    this.element = h(
      'section',
      { class: 'card example', id: `type-${name.replace(/\W+/g, '-')}` },
      h('h3', {}, h('code', {}, name), who),
      h('p', {}, ...prose(t(words))),
      h('div', { class: 'halves' }, ...DOORS.map((door) => this.#half(door))),
    );
  }

  /** @param {Door} door @param {unknown} what @param {string} [label] */
  arrived(door, what, label) {
    const list = this.#arrivals[door];
    list.append(arrival(what, label));
    if (list.children.length > KEPT) list.firstElementChild?.remove();
  }

  /** @param {Door} door */
  #half(door) {
    const { name, action } = this.example;
    const code = CODE[door](this.example, this.#stage.scene(door));
    const label = t('example_of', { type: name, door: NAMES[door] });
    const button = {
      type: 'button',
      class: door,
      'aria-label': `${t(action)}: ${label}`,
      onclick: () => this.#play(door),
    };
    return h(
      'div',
      { class: `half ${door}` },
      h('h4', {}, mark(door), NAMES[door]),
      codeBlock(code, label),
      h('button', button, t(action)),
      h('div', {}, this.#arrivals[door], h('p', { class: 'empty' }, t('nothing_yet'))),
    );
  }

  /** @param {Door} door */
  #play(door) {
    for (const list of Object.values(this.#arrivals)) list.replaceChildren();
    void this.#stage.play(door, this);
  }
}

/** @type {Record<Door, (example: Example, scene: Scene) => string>} */
const CODE = { ws: asFrame, socketio: asEvent };

/** @param {Example} example @param {Scene} scene */
function asFrame({ request, sample }, scene) {
  return JSON.stringify((request ?? sample)?.(scene), null, 2);
}

/** @param {Example} example @param {Scene} scene */
function asEvent({ request, sample, callback, name }, scene) {
  if (!request)
    return `socket.on('${name}', (message) => {\n  console.log(message);\n});\n\n// message =\n${JSON.stringify(sample?.(scene), null, 2)}`;
  const { type, ...body } = request(scene);
  const last = callback ? ', (receipt) => {\n  console.log(receipt);\n}' : '';
  return `socket.emit('${type}', ${asLiteral(body)}${last});`;
}

/** JSON as people write it in code. @param {object} value */
function asLiteral(value) {
  return JSON.stringify(value, null, 2)
    .replace(/"(\w+)":/g, '$1:')
    .replaceAll('"', "'");
}

/** @param {Door} door */
function arrivalsOf(door) {
  return h('div', { class: 'arrivals', role: 'log', 'aria-label': t('arrived_at', { door: NAMES[door] }) });
}

/** @param {unknown} what @param {string} [label] */
function arrival(what, label) {
  const head = h('span', { class: 'when' }, `↓ ${clock(new Date())}`, label ? ` · ${label}` : '');
  return h('div', {}, head, h('pre', {}, h('code', {}, ...highlight(JSON.stringify(what, null, 1)))));
}
