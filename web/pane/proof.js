import { h } from '../lib/dom.js';
import { integer } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { Audit } from './audit.js';
import { GENERAL } from './rooms.js';
import { Series } from './series.js';
import { numberOf, orderOf } from './tally.js';
import { Twice } from './twice.js';

/** @import { Connection, State } from '../lib/connection.js' */
/** @import { End, Message } from '../lib/types.d.ts' */
/** @import { Tally } from './tally.js' */

/** What is going on: the client is put to a test, or it is found out how it has stood it. @typedef {'dead' | 'offline' | 'slow' | 'check'} Trial */

/**
 * @typedef {object} ProofOptions
 * @property {Connection} connection
 * @property {Tally} tally
 * @property {() => string} room where to write
 * @property {() => void} changed whether it is slow
 */

/** Seconds. */
const [DEAD, AWAY, SLOW] = [3, 10, 10];
/** Milliseconds after the last number of a series. */
const QUIET = 1000;
const FEW = 100;
/** Together about twice what fits into the sockets between a server and a browser that does not read. */
const MANY = 200;
const FILLING = 'x'.repeat(60_000);

const FIGURES = /** @type {const} */ (['received', 'replayed', 'duplicated', 'lost', 'outOfOrder']);
const SERIES = new Set(['few', 'many']);
const FAULTS = new Set(['duplicated', 'lost', 'outOfOrder']);

/** Does to a connection what networks and devices do to it, and counts what its client receives of what it should. */
export class Proof {
  /** @type {Trial | undefined} */
  #trial;
  /** @type {Series | undefined} */
  #series;
  /** @type {Twice | undefined} */
  #twice;
  /** @type {(() => string) | undefined} what has happened, until a new series begins */
  #story;
  /** The N of the latest numbered message. */
  #lastNumber = 0;
  /** The server has sent a list of its own accord: to one that was behind. */
  #held = false;
  #state = /** @type {State} */ ('cut');
  #seconds = 0;
  /** @type {HTMLButtonElement | undefined} */
  #pressed;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #clock;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #quiet;
  #buttons = this.#makeButtons();
  #figures = {
    received: h('dd', {}),
    replayed: h('dd', {}),
    duplicated: h('dd', {}),
    lost: h('dd', {}),
    outOfOrder: h('dd', {}),
  };
  #told = h('span', { role: 'status' });
  #buried = h('span', { role: 'status' });
  #timer = h('span', { class: 'badge', role: 'timer', hidden: true });
  #audit;
  #options;

  /** @param {ProofOptions} options */
  constructor(options) {
    this.#options = options;
    this.#audit = new Audit(options.connection, options.tally);
    const figures = FIGURES.map((name) => h('div', {}, h('dt', {}, t(`count_${name}`)), this.#figures[name]));
    this.element = h(
      'div',
      { class: 'proof', role: 'group', 'aria-label': t('proof') },
      h('dl', { class: 'tally' }, ...figures),
      h('div', { class: 'trials' }, ...this.#buttons.values()),
      h('p', { class: 'told' }, this.#timer, this.#told, ' ', this.#buried),
    );
    this.#told.append(t('told_nothing'));
    this.#showFigures();
    this.#refresh();
  }

  /** Its connection does not read what comes, and sends nothing. */
  get slow() {
    return this.#trial === 'slow';
  }

  close() {
    clearInterval(this.#clock);
    clearTimeout(this.#quiet);
    this.#series?.stop();
  }

  #makeButtons() {
    const button = (/** @type {import('../lib/i18n.js').Key} */ label, /** @type {() => unknown} */ act) =>
      h('button', { type: 'button', class: 'quiet', onclick: (event) => this.#press(event.target, act) }, t(label));
    return new Map([
      ['dead', button('trial_dead', () => this.#die())],
      ['offline', button('trial_offline', () => this.#goOffline())],
      ['slow', button('trial_slow', () => this.#slowDown())],
      ['twice', button('trial_twice', () => this.#sendTwice())],
      ['few', button('trial_few', () => this.#send(FEW))],
      ['many', button('trial_many', () => this.#send(MANY, FILLING))],
    ]);
  }

  /** @param {HTMLButtonElement} button @param {() => unknown} act */
  #press(button, act) {
    this.#pressed = button;
    void act();
  }

  // --- trials ---

  #die() {
    this.#begin('dead', DEAD, () => this.#options.connection.connect());
    this.#options.connection.desert();
  }

  #goOffline() {
    this.#begin('offline', AWAY, () => this.#options.connection.connect());
    this.#options.connection.vanish();
  }

  async #slowDown() {
    this.#held = false;
    this.#begin('slow', SLOW, () => {});
    await this.#options.connection.stall(SLOW * 1000);
    if (this.#trial === 'slow') await this.#settle(() => t(this.#held ? 'told_held' : 'told_fitted'));
  }

  #sendTwice() {
    this.#tell(t('told_twice_sent'));
    const request = { type: 'chat', content: t('twice_words'), ...this.#address };
    this.#twice = new Twice(request, (message) => this.#options.connection.send(message));
  }

  /** @param {number} of @param {string} [filling] */
  #send(of, filling) {
    const { connection } = this.#options;
    this.#series = new Series({
      of,
      ...this.#address,
      send: (request) => connection.send(request),
      ...(filling && { filling }),
    });
    this.#series.go();
    this.#refresh();
  }

  get #address() {
    const room = this.#options.room();
    return room === GENERAL ? {} : { room };
  }

  /** @param {Exclude<Trial, 'check'>} trial @param {number} seconds @param {() => void} then */
  #begin(trial, seconds, then) {
    this.#buried.replaceChildren();
    this.#enter(trial);
    this.#tell(t(`told_${trial}`, { seconds }));
    this.#countDown(seconds, then);
  }

  /** @param {Trial | undefined} trial */
  #enter(trial) {
    this.#trial = trial;
    this.#refresh();
    this.#options.changed();
  }

  /** @param {number} seconds @param {() => void} then */
  #countDown(seconds, then) {
    clearInterval(this.#clock);
    this.#seconds = seconds;
    this.#clock = setInterval(() => {
      this.#seconds -= 1;
      this.#refresh();
      if (this.#seconds > 0) return;
      clearInterval(this.#clock);
      then();
    }, 1000);
    this.#refresh();
  }

  // --- what happens to the connection ---

  /** @param {State} state */
  enterState(state) {
    this.#state = state;
    if (state !== 'away' && this.#trial !== 'slow') this.#stopClock();
    if (state !== 'open') this.#audit.interrupt();
    const over = state === 'cut' || state === 'refused' || (state === 'lost' && this.#trial !== undefined);
    if (over) {
      this.#stopClock();
      this.#tell(t('told_nothing'));
      this.#enter(undefined);
    }
    this.#refresh();
  }

  #stopClock() {
    clearInterval(this.#clock);
    this.#seconds = 0;
  }

  /** How the server has ended the connection that was left behind. @param {End} end */
  bury({ code, reason }) {
    this.#buried.replaceChildren(t('told_buried', { how: [code, reason].filter(Boolean).join(' ') }));
  }

  // --- what the server says ---

  /** @param {Message} message @returns {boolean} whether it was only meant for this */
  take(message) {
    const { tally } = this.#options;
    tally.take(message);
    this.#showFigures();
    if (this.#audit.take(message)) return true;
    if (message.type === 'user_list') this.#listed(message);
    if (message.type === 'user_left' && message.room && this.#isSelf(message)) tally.leave(message.room);
    if (message.type === 'chat') this.#said(message);
    const twice = this.#twice?.take(message);
    if (twice) this.#tell(t('told_twice', twice));
    if (this.#series?.take(message)) this.#refresh();
    return false;
  }

  /** @param {Message} message */
  #isSelf({ data }) {
    return Object(data).userId === this.#options.connection.userId;
  }

  /** @param {Message} message */
  #listed(message) {
    const { room = GENERAL, id, recovered, replayed = 0, reason = '' } = message;
    this.#options.tally.enter(room, id);
    if (room === GENERAL) this.#held = true;
    if (recovered === undefined) return;
    this.#options.tally.welcome(message);
    this.#series?.go();
    const told = recovered ? t('told_recovered', { n: integer(replayed) }) : t('told_gap', { reason });
    void this.#settle(() => told);
  }

  /** @param {Message} message */
  #said(message) {
    const numbered = numberOf(message);
    if (!numbered) return;
    if (numbered.n === 1 && !this.#trial) this.#story = undefined;
    this.#lastNumber = orderOf(message.id);
    this.#awaitQuiet();
  }

  #awaitQuiet() {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#hush(), QUIET);
  }

  /** No more numbers come. */
  #hush() {
    if (this.#state !== 'open' || this.#trial || this.#lastNumber <= this.#audit.upTo) return;
    void this.#settle(this.#story ?? (() => t('told_series')));
  }

  // --- how it has stood it ---

  /** Finds out whether all is here, and tells. @param {() => string} story what has happened */
  async #settle(story) {
    this.#story = story;
    this.#enter('check');
    this.#tell(t('told_check'));
    const verdict = await this.#verdict();
    this.#showFigures();
    if (verdict === undefined || this.#trial !== 'check') return;
    this.#enter(undefined);
    this.#tell(`${story()} ${verdict}`);
    // It may go on.
    this.#awaitQuiet();
  }

  async #verdict() {
    try {
      if (!(await this.#audit.run())) return;
      const { lost } = this.#options.tally;
      const values = { n: integer(this.#audit.compared), lost: integer(lost) };
      return t(lost === 0 ? 'verdict_whole' : 'verdict_lost', values);
    } catch (error) {
      // Not again and again by itself.
      this.#lastNumber = 0;
      return t('verdict_unknown', { problem: error instanceof Error ? error.message : String(error) });
    }
  }

  // --- what it looks like ---

  /** @param {string} words */
  #tell(words) {
    this.#told.replaceChildren(words);
  }

  #showFigures() {
    for (const name of FIGURES) {
      const n = this.#options.tally[name];
      const value = this.#figures[name];
      value.textContent = integer(n);
      if (FAULTS.has(name)) value.className = n === 0 ? 'good' : 'bad';
    }
  }

  #refresh() {
    const ready = this.#state === 'open' && (!this.#trial || this.#trial === 'check');
    const sending = this.#series !== undefined && !this.#series.over;
    for (const [name, button] of this.#buttons) button.disabled = !ready || (sending && SERIES.has(name));
    this.#giveFocusBack();
    this.#showTimer(sending);
  }

  /** What is disabled loses the focus, and with it whoever goes by keyboard loses the place. */
  #giveFocusBack() {
    const pressed = this.#pressed;
    if (!pressed || pressed.disabled) return;
    this.#pressed = undefined;
    if (document.activeElement === document.body) pressed.focus({ preventScroll: true });
  }

  /** Beside the words that are read out: a countdown would not let them be heard. @param {boolean} sending */
  #showTimer(sending) {
    const parts = [
      this.#seconds > 0 && `${this.#seconds} s`,
      sending && t('sending', { n: this.#series?.sent ?? 0 }),
    ].filter(Boolean);
    this.#timer.hidden = parts.length === 0;
    this.#timer.textContent = parts.join(' · ');
  }
}
