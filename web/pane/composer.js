import { h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { JsonEditor } from './json-editor.js';
import { GENERAL } from './rooms.js';

/** @import { Door, Message, Person, Request } from '../lib/types.d.ts' */

/** @typedef {'chat' | 'notification' | 'heartbeat' | 'json'} Kind */

/**
 * @typedef {object} ComposerOptions
 * @property {Door} door
 * @property {(request: Request) => void} send
 * @property {(text: string) => void} sendText
 */

const KINDS = /** @type {const} */ (['chat', 'notification', 'heartbeat', 'json']);
let made = 0;

/** Where a pane's user writes: kinds of messages, an addressee, and what the server refused. */
export class Composer {
  /** @type {Kind} */
  #kind = 'chat';
  #room = GENERAL;
  #to = h('select', { 'aria-label': t('to') });
  #text = h('input', { class: 'text', autocomplete: 'off', 'aria-label': t('message'), placeholder: t('message') });
  #send = h('button', { class: 'send' }, t('send'));
  #problem = h('p', { class: 'problem', role: 'alert', dir: 'auto' });
  #editor = new JsonEditor((valid) => this.#judge(valid));
  #line = h('div', { class: 'line' }, this.#to, this.#text);
  #fields = h('fieldset', { class: 'composer-fields' });
  #options;

  /** @param {ComposerOptions} options */
  constructor(options) {
    this.#options = options;
    this.#fields.append(
      h('legend', { class: 'offscreen' }, t('write')),
      kinds((kind) => this.#choose(kind)),
      this.#line,
      this.#editor.element,
      this.#send,
    );
    this.element = h(
      'form',
      { class: 'composer', onsubmit: (/** @type {Event} */ event) => this.#submit(event) },
      this.#fields,
      this.#problem,
    );
    this.#choose('chat');
    this.address('general', []);
  }

  /** @param {boolean} enabled */
  enable(enabled) {
    this.#fields.disabled = !enabled;
  }

  /** Offers a room and its people as addressees. @param {string} room @param {Person[]} people */
  address(room, people) {
    const chosen = this.#to.value;
    this.#room = room;
    const everyone = h('option', { value: '' }, t('everyone_in', { room }));
    this.#to.replaceChildren(
      everyone,
      ...people.map(({ id, username }) => h('option', { value: id }, t('only_to', { name: username }))),
    );
    this.#to.value = people.some(({ id }) => id === chosen) ? chosen : '';
  }

  /** @param {Person} person */
  writeTo(person) {
    this.#to.value = person.id;
    this.#text.focus();
  }

  /** Shows what the server refused. @param {Pick<Message, 'content' | 'data'>} error */
  fail({ content, data }) {
    const { code, retryAfter } = Object(data);
    const wait = retryAfter && ` (${t('retry_after', { seconds: retryAfter })})`;
    this.#problem.replaceChildren(h('code', {}, code ?? 'error'), ' ', content, wait || '');
  }

  clearProblem() {
    this.#problem.replaceChildren();
  }

  /** @param {Kind} kind */
  #choose(kind) {
    this.#kind = kind;
    this.#to.hidden = kind === 'heartbeat';
    this.#line.hidden = kind === 'json';
    this.#editor.element.hidden = kind !== 'json';
    if (kind === 'json') this.#editor.judge();
    else this.#judge(true);
  }

  /** Text that is no JSON can be sent as a frame, to see what the server says; as an event it cannot. @param {boolean} valid */
  #judge(valid) {
    this.#send.disabled = !valid && this.#options.door === 'socketio';
    this.#send.replaceChildren(t(valid ? 'send' : 'send_anyway'));
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    this.clearProblem();
    if (this.#kind === 'json') return this.#sendText();
    this.#options.send(this.#request(this.#kind, this.#text.value));
    this.#text.value = '';
  }

  #sendText() {
    try {
      this.#options.sendText(this.#editor.text);
    } catch (error) {
      this.fail({ content: error instanceof Error ? error.message : String(error), data: { code: t('not_sent') } });
    }
  }

  /** @param {Exclude<Kind, 'json'>} type @param {string} content @returns {Request} */
  #request(type, content) {
    if (type === 'heartbeat') return { type, content };
    const clientMsgId = `${SEED}-${++made}`;
    if (this.#to.value) return { type, content, to: this.#to.value, clientMsgId };
    return this.#room === GENERAL ? { type, content, clientMsgId } : { type, content, room: this.#room, clientMsgId };
  }
}

// The server remembers receipts for a day: another visit must not use the same ones.
const SEED = Math.random().toString(36).slice(2, 10);

/** @param {(kind: Kind) => void} choose */
function kinds(choose) {
  const name = `kind-${++made}`;
  const choice = (/** @type {Kind} */ kind) =>
    h(
      'label',
      {},
      h('input', { type: 'radio', name, value: kind, checked: kind === 'chat', onchange: () => choose(kind) }),
      h('span', {}, kind === 'json' ? 'JSON' : kind),
    );
  return h('div', { class: 'segmented', role: 'radiogroup', 'aria-label': t('kind') }, ...KINDS.map(choice));
}
