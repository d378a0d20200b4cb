import { h } from '../lib/dom.js';
import { mark } from '../lib/doors.js';
import { clock, decimal } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { GENERAL } from './rooms.js';
import { numberOf } from './tally.js';

/** @import { Message } from '../lib/types.d.ts' */
/** @import { Crew } from './crew.js' */
/** @import { Numbered } from './tally.js' */

const KEPT = 300;
/** So near to the end counts as reading along. */
const NEAR = 60;

/** What was said, as people read it. */
export class Conversation {
  #log = h('div', { class: 'log', role: 'log', tabindex: 0, 'aria-label': t('conversation') });
  #room = GENERAL;
  /** Is its reader at the end? Whoever has scrolled up is left there. */
  #following = true;
  #crew;
  #nameOf;
  /** @type {Map<string, { heard: number, words: HTMLElement }>} the series of numbered messages */
  #series = new Map();

  /** @param {{ crew: Crew, nameOf: (userId: string) => string }} options */
  constructor({ crew, nameOf }) {
    this.#crew = crew;
    this.#nameOf = nameOf;
    const log = this.#log;
    log.addEventListener('scroll', () => {
      this.#following = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
    });
    // What is written below may need more room.
    new ResizeObserver(() => this.#follow()).observe(log);
    this.element = h('div', { class: 'conversation' }, this.#log, h('p', { class: 'empty' }, t('conversation_empty')));
  }

  /** @param {Message} message */
  add(message) {
    const numbered = numberOf(message);
    if (numbered) return this.#count(message, numbered);
    this.#write(message, [
      message.content && h('p', { class: 'said', dir: 'auto' }, message.content),
      message.data !== null && h('pre', { class: 'data' }, textOf(message.data)),
    ]);
  }

  /** Numbered messages are told in one place: there are many. @param {Message} message @param {Numbered} numbered */
  #count(message, { run, n, of }) {
    let series = this.#series.get(run);
    if (!series?.words.isConnected) {
      series = { heard: 0, words: h('p', { class: 'said' }) };
      this.#series.set(run, series);
      this.#write(message, [series.words]);
    }
    series.heard += 1;
    series.words.textContent = t('series_heard', { heard: series.heard, of, n });
  }

  /** @param {Message} message @param {(HTMLElement | string | false)[]} body */
  #write(message, body) {
    const row = h(
      'div',
      { class: `message ${message.type} ${message.to ? 'direct' : ''}` },
      h('p', { class: 'by' }, ...this.#byline(message)),
      ...body,
    );
    row.dataset['id'] = message.id;
    // A direct message belongs to no room: it is seen from all of them.
    this.#append(row, message.to ? undefined : (message.room ?? GENERAL));
  }

  /** Somebody came or went, or the server says something. @param {string} text @param {string} [room] */
  note(text, room) {
    this.#append(h('div', { class: 'note', dir: 'auto' }, text), room);
  }

  /** @param {string} content @param {number} milliseconds */
  pong(content, milliseconds) {
    this.note(`♥ ${content} ${t('heartbeat_took', { ms: decimal(milliseconds) })}`);
  }

  /** The server has it: the message of this id is one's own. @param {string} id @param {boolean} again */
  confirm(id, again) {
    if (again) return this.note(t('duplicate', { id }));
    const row = [...this.#log.children].find((child) => child.getAttribute('data-id') === id);
    row?.classList.add('mine');
    row?.querySelector('.by')?.append(h('span', { class: 'receipt', title: t('receipt') }, '✓'));
  }

  /** @param {string} room */
  show(room) {
    this.#room = room;
    for (const row of this.#log.children) this.#hide(/** @type {HTMLElement} */ (row));
    this.#following = true;
    this.#follow();
  }

  /** @param {Message} message */
  #byline({ type, from, to, timestamp, id }) {
    return [
      mark(this.#crew.doorOfName(from)),
      h('strong', {}, h('bdi', {}, from)),
      to && h('span', { class: 'tag' }, t('direct_to', { name: this.#nameOf(to) })),
      type === 'notification' && h('span', { class: 'tag' }, 'notification'),
      h('time', { title: id }, clock(new Date(timestamp * 1000))),
    ];
  }

  /** @param {HTMLElement} row @param {string} [room] */
  #append(row, room) {
    const log = this.#log;
    if (room !== undefined) row.dataset['room'] = room;
    this.#hide(row);
    log.append(row);
    if (log.children.length > KEPT) log.firstElementChild?.remove();
    this.#follow();
  }

  #follow() {
    if (this.#following) this.#log.scrollTop = this.#log.scrollHeight;
  }

  /** @param {HTMLElement} row */
  #hide(row) {
    const { room } = row.dataset;
    row.hidden = room !== undefined && room !== this.#room;
  }
}

/** On one line where that is short enough to be read. @param {unknown} data */
function textOf(data) {
  const line = JSON.stringify(data);
  return line.length < 80 ? line : JSON.stringify(data, null, 1);
}
